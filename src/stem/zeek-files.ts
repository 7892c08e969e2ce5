/** What lies on disk for a Zeek before it starts: generated scripts, a clean status, a queue for logs. */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import { makeDirectories, writePrivateFile } from "../os/files.ts";
import { errnoText } from "../os/tools.ts";
import { searchDirectoryProblem } from "../zeek/environment.ts";
import { generatedScripts } from "../zeek/generated.ts";
import { logQueueOf } from "../zeek/node-logs.ts";
import { STATUS_FILE } from "../zeek/status-file.ts";
import { giveAway, lend } from "./admission.ts";
import { StartFailure } from "./start.ts";

export interface ZeekPlaces {
  /** Where it works: absolute. */
  directory: string;
  /** Where generated scripts go: absolute, this node's alone. */
  generated: string;
  /** What relative names are relative to: absolute. */
  base: string;
  /** Who reads the scripts, and writes the logs, if not we. */
  owner?: { uid: number; gid: number } | undefined;
}

/** @throws StartFailure */
export function prepareZeekFiles(config: NodeConfig, places: ZeekPlaces): void {
  const { name } = config;
  const { directory, generated, owner } = places;
  const problem = searchDirectoryProblem(generated);
  if (problem !== undefined)
    throw new StartFailure(`node '${name}' failed to start: no place for its scripts: ${problem}`);
  const scripts = generatedScripts(config, givenLayout(config, places));
  attempt(name, `write its scripts in ${generated}`, () => {
    writeScripts(scripts, generated);
    if (owner !== undefined) lend(generated, owner);
  });
  // One that was killed has left its last word, which must not be taken for this one's.
  const status = path.join(directory, STATUS_FILE);
  attempt(name, `remove ${status}`, () => fs.rmSync(status, { force: true }));
  const queue = logQueueOf(config);
  if (queue === undefined) return;
  const place = path.resolve(directory, queue);
  attempt(name, `create the log queue ${place}`, () => {
    const isNew = !fs.existsSync(place);
    makeDirectories(place);
    if (isNew && owner !== undefined) giveAway(place, owner);
  });
}

/** The text of a layout of the user's own, if there is one. */
function givenLayout({ name, zeek }: NodeConfig, { base }: ZeekPlaces): string | undefined {
  if (zeek?.layout === undefined) return undefined;
  const file = path.resolve(base, zeek.layout);
  return attempt(name, `read its layout ${file}`, () => fs.readFileSync(file, "utf8"));
}

/** Every file whole or not at all, though nobody should be reading them now. */
function writeScripts(files: ReadonlyMap<string, string>, generated: string): void {
  makeDirectories(generated, 0o700);
  for (const name of fs.readdirSync(generated))
    if (!files.has(name)) fs.rmSync(path.join(generated, name), { recursive: true, force: true });
  for (const [name, text] of files) writePrivateFile(path.join(generated, name), text);
}

function attempt<Result>(name: string, what: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    throw new StartFailure(`node '${name}' failed to ${what}: ${reason}`);
  }
}
