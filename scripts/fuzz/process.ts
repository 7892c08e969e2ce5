/** What a process holds and has used, as the kernel knows it. */
import fs from "node:fs";
import { cpuTimeOf, statFields } from "../../src/os/proc-stat.ts";

/** The memory that is this process's alone, in bytes. */
export function privateMemory(pid: number): number {
  const text = read(`/proc/${pid}/smaps_rollup`);
  const lines = [...text.matchAll(/^(?:Private_\w+|Swap): +(\d+) kB$/gm)];
  return lines.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}

/** How long it has been at work so far, in milliseconds of CPU time. */
export function cpuTime(pid: number): number {
  const fields = statFields(pid);
  return fields === undefined ? 0 : cpuTimeOf(fields);
}

/** How many descriptors are open. */
export function openDescriptors(pid: number): number {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return ""; // It has gone meanwhile.
  }
}
