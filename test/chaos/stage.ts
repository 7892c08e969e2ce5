/** Where a run takes place: its directory, its file systems, and nothing of it left at the end. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ownCgroup } from "../../src/os/cgroup-fs.ts";
import { installZeek } from "../fixtures/zeek/install.ts";
import { toolOf } from "./nodes/kinds.ts";

const NODES = path.join(import.meta.dirname, "nodes");

export class Stage {
  /** Everybody may enter it, as one of the nodes is nobody. */
  readonly directory: string;
  /** 1 MB, for a node's output; undefined where none can be made. */
  readonly cramped: string | undefined;
  /** What stands in for a Zeek. */
  readonly zeek: string;
  /** A little more than is needed, for the state directory. */
  readonly crampedState: string | undefined;
  readonly #mounts: string[] = [];

  constructor() {
    this.directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "coppice-chaos-")));
    fs.chmodSync(this.directory, 0o755);
    for (const name of ["locks", "progress", "house", "files"]) this.#makeDirectory(name);
    for (const name of ["locks", "progress"]) fs.chmodSync(this.file(name), 0o1777);
    this.cramped = this.#mount("cramped", "1m");
    this.crampedState = this.#mount("state", "64m");
    for (const name of ["node.sh", "clock.cjs"])
      fs.copyFileSync(path.join(NODES, name), this.file(name));
    fs.copyFileSync(path.join(NODES, "script.mjs"), this.file("tree.mjs"));
    this.zeek = installZeek(this.file("opt")).executable;
    fs.writeFileSync(this.file("tool"), toolOf(this.directory), { mode: 0o755 });
    fs.writeFileSync(this.file("twice"), "");
    fs.chmodSync(this.file("twice"), 0o666);
    fs.writeFileSync(this.file("clock"), "0");
  }

  file(name: string): string {
    return path.join(this.directory, name);
  }

  /** @param isKept what was written stays, but for the file systems */
  clear(isKept: boolean): void {
    for (const mount of this.#mounts.splice(0)) {
      // What is in it goes with it.
      if (isKept) fs.cpSync(mount, `${mount}.kept`, { recursive: true, filter: isPlain });
      spawnSync("umount", ["--lazy", mount]);
    }
    if (!isKept) fs.rmSync(this.directory, { recursive: true, force: true });
  }

  #makeDirectory(name: string): void {
    fs.mkdirSync(this.file(name));
  }

  #mount(name: string, size: string): string | undefined {
    this.#makeDirectory(name);
    const directory = this.file(name);
    const options = ["-t", "tmpfs", "-o", `size=${size},mode=0755`, "tmpfs", directory];
    if (process.getuid?.() !== 0 || spawnSync("mount", options).status !== 0) return undefined;
    this.#mounts.push(directory);
    return directory;
  }
}

/** Whether nodes can have control groups here: then nothing escapes. */
export function hasCgroups(): boolean {
  try {
    const read = (file: string) => fs.readFileSync(file, "utf8");
    const own = ownCgroup(read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
    if (own === undefined) return false;
    const probe = path.join(own, `coppice-probe-${process.pid}`);
    fs.mkdirSync(probe);
    fs.rmdirSync(probe);
    return true;
  } catch {
    return false;
  }
}

function isPlain(file: string): boolean {
  const stat = fs.lstatSync(file);
  return stat.isDirectory() || stat.isFile();
}
