/**
 * Lets a process of another user's reach what is its own in the state directory, and no more: that
 * can then be searched by everybody and listed by nobody, and what is in it is closed first.
 */
import fs from "node:fs";
import path from "node:path";
import type { Identity } from "../core/identity.ts";
import { ask } from "../os/ask.ts";
import { errnoText, type LaunchTools } from "../os/tools.ts";
import { places } from "../wire/stem-setup.ts";
import { orphanPrefix } from "./prefix.ts";
import { StartFailure } from "./start.ts";

export interface AdmissionOptions {
  stateDirectory: string;
  tools: LaunchTools;
}

export class Admission {
  readonly #options: AdmissionOptions;
  /** Those of whom it was seen that they can read what they need. */
  readonly #admitted = new Set<string>();
  #isClosed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Opens what leads to a node's own files. @throws StartFailure */
  open(name: string): void {
    const { stateDirectory } = this.#options;
    try {
      if (!this.#isClosed) for (const name of OURS) close(path.join(stateDirectory, name));
      this.#isClosed = true;
      // Compiled scripts, which go there later: nobody else's concern.
      fs.mkdirSync(path.join(stateDirectory, "cache"), { recursive: true, mode: 0o700 });
      for (const place of ["", places.nodes, places.zeek])
        openDirectory(path.join(stateDirectory, place));
    } catch (error) {
      const reason = errnoText(error as NodeJS.ErrnoException);
      throw new StartFailure(
        `node '${name}' failed to open ${stateDirectory} to its user: ${reason}`,
      );
    }
  }

  /**
   * Opens what a script node reads too: this runtime's code, and what is handed down to scripts.
   * @param main the script that runs a script node
   * @returns this user's copy of what is handed down; @throws StartFailure (a rejection)
   */
  async openScripts(name: string, identity: Identity, main: string): Promise<string> {
    this.open(name);
    const { stateDirectory, tools } = this.#options;
    const image = path.join(stateDirectory, "image");
    const args = path.join(stateDirectory, places.nodes, `args.${identity.uid}`);
    const key = `${identity.uid}:${identity.gid}`;
    // Each time, for a Supervisor that was replaced may hand down something else; whole, for another
    // node of this user's may be reading it.
    fs.copyFileSync(path.join(stateDirectory, places.args), `${args}.new`);
    giveAway(`${args}.new`, identity);
    fs.renameSync(`${args}.new`, args);
    if (this.#admitted.has(key)) return args;
    if (main.startsWith(`${image}/`)) {
      const runtime = path.join(image, path.relative(image, main).split("/")[0] ?? "");
      openDirectory(image);
      openTree(runtime);
    }
    const command = [...orphanPrefix(tools, identity), "/bin/sh", "-c", CAN_READ, "sh", main, args];
    const { code } = await ask(command, { env: {}, signal: AbortSignal.timeout(CHECK_MS) });
    if (code !== 0)
      throw new StartFailure(
        `node '${name}' failed to start: its user cannot reach ${path.dirname(main)}: give the tree a --state-dir, or an installation, below directories that everybody may search`,
      );
    this.#admitted.add(key);
    return args;
  }
}

/** Makes a file or a directory somebody else's. Never follows a link. */
export function giveAway(file: string, { uid, gid }: { uid: number; gid: number }): void {
  fs.lchownSync(file, uid, gid);
}

/**
 * Lets somebody read a directory of ours with its files, by its group. It stays ours: where another
 * could write, what we write there later could be led anywhere by a link.
 */
export function lend(directory: string, { gid }: { gid: number }): void {
  fs.chownSync(directory, -1, gid);
  fs.chmodSync(directory, 0o750);
  for (const name of fs.readdirSync(directory)) {
    const file = path.join(directory, name);
    fs.chownSync(file, -1, gid);
    fs.chmodSync(file, 0o640);
  }
}

/** What may have been made with the umask alone is this user's from now on. */
function close(file: string): void {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isSymbolicLink()) fs.chmodSync(file, stat.mode & 0o700);
}

/** A directory that everybody may search already stays as it is. */
function openDirectory(directory: string): void {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { mode } = fs.statSync(directory);
  if ((mode & SEARCH) !== SEARCH) fs.chmodSync(directory, (mode & 0o7777) | SEARCH);
}

/** Nothing of it is secret: it is what is installed. */
function openTree(directory: string): void {
  fs.chmodSync(directory, 0o755);
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) openTree(file);
    else fs.chmodSync(file, 0o644);
  }
}

const SEARCH = 0o011;
/** What is in a state directory. */
const OURS = [...Object.values(places), "cache", "image"];
const CAN_READ = 'test -r "$1" && test -r "$2"';
const CHECK_MS = 10_000;
