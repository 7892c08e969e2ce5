/** Which processes belong to whom, and whether they live. */
import fs from "node:fs";
import { environmentEntries } from "../../src/os/environ.ts";
import { allPids, processStat } from "../../src/os/process-table.ts";
import { pause } from "../until.ts";

/** All that is started by the bench carries this variable. (Coppice keeps its own from nodes.) */
export const MARK = "BENCH_PEER_MARK";

const LOOK_MS = 2;

/** A process and all that came of it, without those that were born as programs, and theirs. */
export function supervisingPids(root: number, programs: ReadonlySet<number>): number[] {
  const children = new Map<number, number[]>();
  for (const pid of allPids()) {
    const stat = processStat(pid);
    if (stat === undefined || stat.state === "Z") continue;
    const siblings = children.get(stat.parent);
    if (siblings === undefined) children.set(stat.parent, [pid]);
    else siblings.push(pid);
  }
  const found = [root];
  for (const pid of found) {
    found.push(...(children.get(pid) ?? []).filter((child) => !programs.has(child)));
  }
  return found;
}

/** Resolves with the time at which none of them lives; undefined: not in time. */
export async function allGone(pids: readonly number[], limit: number): Promise<number | undefined> {
  const end = performance.now() + limit;
  let next = 0;
  for (;;) {
    while (next < pids.length && !lives(pids[next] ?? 0)) next++;
    if (next === pids.length) return performance.now();
    if (performance.now() > end) return undefined;
    await pause(LOOK_MS);
  }
}

/** Kills whatever carries the mark, until nothing does. */
export async function killMarked(mark: string): Promise<void> {
  const entry = `${MARK}=${mark}`;
  for (;;) {
    const marked = allPids().filter(
      (pid) => lives(pid) && environmentEntries(pid)?.includes(entry) === true,
    );
    if (marked.length === 0) return;
    for (const pid of marked) kill(pid, "SIGKILL");
    await pause(20);
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone already.
  }
}

/** A zombie that nobody has looked at yet does not live. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = fs.existsSync(`/proc/${pid}`) ? processStat(pid) : undefined;
  return stat !== undefined && stat.state !== "Z";
}
