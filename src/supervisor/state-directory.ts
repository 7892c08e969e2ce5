/** The state directory: one Supervisor at a time, and nothing left over from the last one. */
import fs from "node:fs";
import path from "node:path";
import { AlreadyRunningError, CoppiceError, StateDirectoryError } from "../errors.ts";
import { makeDirectories } from "../os/files.ts";
import { keepLock, takeLock } from "../os/lock.ts";
import { makeMemoryDirectory } from "../os/memory-directory.ts";
import { groupsWithVariable, processId, processStat } from "../os/process-table.ts";
import { groupHasMembers, signalGroup, signalProcess } from "../os/signals.ts";
import { errnoText } from "../os/tools.ts";
import { places } from "../wire/stem-setup.ts";
import { endCgroup } from "./cgroup-remains.ts";
import { inheritance, readStemRecord, runs, type StemRecord } from "./link/stem-record.ts";
import type { Stray } from "./roster/reconcile.ts";

const LOOK_MS = 50;
/** What an earlier tree left gets SIGTERM, and after this time SIGKILL. */
const PATIENCE_MS = 2_000;

export class StateDirectory {
  readonly path: string;

  private constructor(directory: string) {
    this.path = directory;
  }

  /**
   * Makes the directory and takes it for this process.
   * @throws AlreadyRunningError, StateDirectoryError
   */
  static take(directory: string): StateDirectory {
    try {
      makeDirectories(directory, 0o700);
      const lock = takeLock(path.join(directory, places.lock));
      if (!lock.held) throw new AlreadyRunningError(lock.pid, directory);
    } catch (error) {
      if (error instanceof CoppiceError) throw error;
      throw new StateDirectoryError(directory, errnoText(error as NodeJS.ErrnoException));
    }
    return new StateDirectory(directory);
  }

  /**
   * The directory of the Supervisor that this process was before its image was replaced.
   * @throws AlreadyRunningError, StateDirectoryError
   */
  static keep(directory: string): StateDirectory {
    try {
      if (!keepLock(path.join(directory, places.lock))) return StateDirectory.take(directory);
    } catch (error) {
      if (error instanceof CoppiceError) throw error;
      throw new StateDirectoryError(directory, errnoText(error as NodeJS.ErrnoException));
    }
    return new StateDirectory(directory);
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  /** Whether a file is there, with that content. */
  has(name: string, text: string): boolean {
    try {
      return fs.readFileSync(this.file(name), "utf8") === text;
    } catch {
      return false;
    }
  }

  /**
   * Finds the Stem that waits for this Supervisor. One that does not is waited for until it has
   * ended; then what even that Stem left is ended.
   */
  async earlierStem(say: (text: string) => void): Promise<StemRecord | undefined> {
    const record = readStemRecord(this.file(places.stem));
    if (record === undefined) return undefined;
    const { stem } = record;
    if (runs(stem)) {
      const what = inheritance(record, processId(process.pid));
      if (what === "take over") return record;
      if (what === "end it") signalProcess(stem.pid, "SIGTERM");
      say(
        what === "end it"
          ? `the Stem (PID ${stem.pid}) of the last Supervisor is of a version that this one cannot take over: ending it and its nodes`
          : `the last Supervisor was killed, and its Stem (PID ${stem.pid}) is still ending its nodes: waiting for it`,
      );
      while (runs(stem)) await pause();
    }
    await this.endStrays(say);
    return undefined;
  }

  /** Process groups of nodes of this state directory, whoever started them; undefined if they cannot be seen. */
  strays(): Stray[] | undefined {
    return groupsWithVariable("COPPICE_NODE", `${this.file(places.nodes)}/`)?.map(
      ({ group, value }) => {
        const startTime = processStat(group)?.startTime;
        const name = path.basename(value, ".json");
        return { name, pid: group, ...(startTime === undefined ? {} : { startTime }) };
      },
    );
  }

  /** Ends every process that a tree in this place has left. */
  async endStrays(say: (text: string) => void): Promise<void> {
    await this.#endNamed(say);
    await endCgroup(this.file(places.cgroup), PATIENCE_MS, say);
  }

  /** Those whose environment still says whose they are. */
  async #endNamed(say: (text: string) => void): Promise<void> {
    let strays = this.strays() ?? [];
    if (strays.length === 0) return;
    say(
      `ending what an earlier tree left here: ${strays.map(({ name, pid }) => `${name} (PID ${pid})`).join(", ")}`,
    );
    const groups = new Set(strays.map(({ pid }) => pid));
    for (const group of groups) signalGroup(group, "SIGTERM");
    const until = performance.now() + PATIENCE_MS;
    while ([...groups].some(groupHasMembers) && performance.now() < until) await pause();
    for (strays = this.strays() ?? []; strays.length > 0; strays = this.strays() ?? []) {
      for (const { pid } of strays) signalGroup(pid, "SIGKILL");
      await pause();
    }
    for (const group of groups) signalGroup(group, "SIGKILL");
  }

  /**
   * Where nodes' pipes are made: in memory where the system has a place for that, since making
   * one on a disk costs half a millisecond.
   */
  makePipeDirectory(): void {
    const memory = makeMemoryDirectory("coppice-");
    if (memory === undefined) fs.mkdirSync(this.file(places.pipes), { mode: 0o700 });
    else fs.symlinkSync(memory, this.file(places.pipes));
  }

  /** Makes the place ready for another Stem, after one that was to be taken over has ended instead. */
  renew(): void {
    this.#remove([places.stem, places.nodes, places.pipes, places.zeek]);
    this.makePipeDirectory();
  }

  /** Leaves the place as it was found, but for what makes the next start quicker. */
  clear(): void {
    this.#remove([
      places.stem,
      places.handover,
      places.successor,
      places.socket,
      places.control,
      places.nodes,
      places.pipes,
      places.args,
      places.cgroup,
      places.zeek,
    ]);
  }

  #remove(names: readonly string[]): void {
    const memory = linkTarget(this.file(places.pipes));
    if (memory !== undefined) fs.rmSync(memory, { recursive: true, force: true });
    for (const name of names) fs.rmSync(this.file(name), { recursive: true, force: true });
  }
}

function linkTarget(file: string): string | undefined {
  try {
    return fs.readlinkSync(file);
  } catch {
    return undefined;
  }
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, LOOK_MS));
}
