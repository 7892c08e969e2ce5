/** What the kernel tells of the processes that are measured. */
import fs from "node:fs";
import { allPids, type ProcessStat, processStat } from "../src/os/process-table.ts";

export function childrenOf(parent: number): ProcessStat[] {
  return allPids()
    .map(processStat)
    .filter((stat) => stat !== undefined)
    .filter((stat) => stat.parent === parent && stat.state !== "Z");
}

/** With a NUL after each word; undefined if there is no such process. */
export function commandLine(pid: number): string | undefined {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return undefined;
  }
}

/** How often the threads of these processes were put to work, and for how many milliseconds. */
export function activityOf(pids: readonly number[]): { switches: number; cpu: number } {
  let switches = 0;
  let cpu = 0;
  for (const pid of pids) {
    for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
      const status = fs.readFileSync(`/proc/${pid}/task/${task}/status`, "latin1");
      for (const [, count] of status.matchAll(/voluntary_ctxt_switches:\s*(\d+)/g)) {
        switches += Number(count);
      }
      const schedule = fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1");
      cpu += Number(schedule.split(" ")[0]) / 1e6;
    }
  }
  return { switches, cpu };
}

/** Memory of these processes together, in MB: their own, and with their share of what is shared. */
export function memoryOf(pids: readonly number[]): { own: number; pss: number } {
  const sum = { own: 0, pss: 0 };
  for (const pid of pids) {
    const rollup = fs.readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
    const field = (name: string) =>
      (Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(rollup)?.[1] ?? 0) * 1024) / 1e6;
    sum.own += field("Private_Clean") + field("Private_Dirty");
    sum.pss += field("Pss");
  }
  return sum;
}
