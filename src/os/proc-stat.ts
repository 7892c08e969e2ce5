/** What the kernel tells of a process in one line, its numbers only; see proc(5). */
import fs from "node:fs";

/** The kernel's unit for CPU time in /proc, the same on all of Linux' architectures. */
export const TICKS_PER_SECOND = 100;

/** The fields of /proc/PID/stat from the state on, which is the first; undefined if there is none. */
export function statFields(pid: number): string[] | undefined {
  try {
    // In any other encoding Node.js takes 64 KiB for each file of a size that it cannot know.
    const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may itself hold spaces and parentheses: the fields follow the last one.
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** How long a process with these fields has been at work, in milliseconds of CPU time. */
export function cpuTimeOf(fields: readonly string[]): number {
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}
