/** What the kernel tells of processes, read from /proc. */
import fs from "node:fs";
import { environmentEntries } from "./environ.ts";
import { statFields } from "./proc-stat.ts";

export interface ProcessStat {
  pid: number;
  /** The state's letter; Z is a zombie. */
  state: string;
  parent: number;
  group: number;
  /** Clock ticks since boot: with the pid it names a process for good. */
  startTime: number;
}

/** A process by its number, or undefined if there is none (or no /proc). */
export function processStat(pid: number): ProcessStat | undefined {
  const fields = statFields(pid);
  if (fields === undefined) return undefined;
  return {
    pid,
    state: fields[0] ?? "",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    startTime: Number(fields[19]),
  };
}

/**
 * Whether the process that `pid` named at `startTime` still runs. A zombie does not. Where nothing can
 * be read of it (no /proc, or no descriptor is left) its number alone has to do: to take one that runs
 * for dead would have another started in its place.
 */
export function isRunning(pid: number, startTime: number | undefined): boolean {
  const stat = processStat(pid);
  if (stat === undefined) return exists(pid);
  return stat.state !== "Z" && (startTime === undefined || stat.startTime === startTime);
}

/** A process by its number, and by when it was started: it keeps both when it replaces its image. */
export function processId(pid: number): { pid: number; startTime?: number } {
  const startTime = processStat(pid)?.startTime;
  return startTime === undefined ? { pid } : { pid, startTime };
}

/** Every process there is. */
export function allPids(): number[] {
  try {
    return fs
      .readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * The groups that have a member which is not a zombie; undefined where that cannot be seen (no /proc, or
 * no descriptor is left).
 */
export function livingGroups(): Set<number> | undefined {
  const pids = allPids();
  // At the least there is this process itself.
  if (pids.length === 0) return undefined;
  const groups = new Set<number>();
  for (const pid of pids) {
    const stat = processStat(pid);
    if (stat === undefined && exists(pid)) return undefined;
    if (stat !== undefined && stat.state !== "Z") groups.add(stat.group);
  }
  return groups;
}

/**
 * Process groups of which a member's environment says `name=value`, where `value` starts with
 * `start`. The leader may be gone; its children inherited what it was given. Undefined where that cannot
 * be seen, since no descriptor is left.
 */
export function groupsWithVariable(
  name: string,
  start: string,
): { group: number; value: string }[] | undefined {
  const pids = allPids();
  if (pids.length === 0 && fs.existsSync("/proc/self")) return undefined;
  const wanted = `${name}=${start}`;
  const found = new Map<number, string>();
  for (const pid of pids) {
    const entry = environmentEntries(pid)?.find((line) => line.startsWith(wanted));
    const stat = processStat(pid);
    if (stat === undefined && exists(pid)) return undefined;
    const group = entry === undefined ? undefined : stat?.group;
    if (entry !== undefined && group !== undefined) found.set(group, entry.slice(name.length + 1));
  }
  return [...found].map(([group, value]) => ({ group, value }));
}

/**
 * The Stem of a Supervisor, if both can be seen here.
 * @param last the one that it had when it was last looked for: looking for another one takes time
 */
export function stemOf(supervisor: number | undefined, last?: number): number | undefined {
  if (supervisor === undefined) return undefined;
  const isStem = (pid: number): boolean =>
    processStat(pid)?.parent === supervisor && titleOf(pid).startsWith("coppice: stem");
  return last !== undefined && isStem(last) ? last : allPids().find(isStem);
}

function titleOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
