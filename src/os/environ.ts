/** What a process was started with, as the kernel tells it. */
import fs from "node:fs";

/** Where /proc/PID/stat has these, counted from the state; see proc(5). */
const STATE = 0;
const GROUP = 2;
const ENVIRONMENT_START = 47;
const ENVIRONMENT_END = 48;

const QUICK_LOOKS = 10;
const MOST_LOOKS = 1_000;

/**
 * A process's environment, as `NAME=value` entries; undefined if it cannot be seen.
 *
 * Between taking on a new program and laying out its stack a process has no environment at all.
 * One that is seen then is looked at again, for a second at the most: what belongs to a
 * tree must not be taken for a stranger.
 */
export function environmentEntries(pid: number): string[] | undefined {
  for (let looks = 1; ; looks++) {
    const text = read(`/proc/${pid}/environ`);
    if (text === undefined) return undefined;
    if (text !== "") return text.replace(/\0$/, "").split("\0");
    if (looks === MOST_LOOKS || hasNone(pid)) return [];
    if (looks > QUICK_LOOKS) pause();
  }
}

/** Whether it stays without: it has ended, is the kernel's own, or was given an empty one. */
function hasNone(pid: number): boolean {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return true;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [start, end] = [fields[ENVIRONMENT_START], fields[ENVIRONMENT_END]];
  return fields[STATE] === "Z" || fields[GROUP] === "0" || (end !== "0" && start === end);
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
