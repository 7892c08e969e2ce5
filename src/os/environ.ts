/** What a process was started with, as the kernel tells it. */
import fs from "node:fs";
import { statFields } from "./proc-stat.ts";

/** Where `statFields` has these. */
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
 * One that is seen then is looked at again, for a second at the most: what belongs to a tree must
 * not be taken for a stranger.
 */
export function environmentEntries(pid: number): string[] | undefined {
  for (let looks = 1; ; looks++) {
    const text = read(pid);
    if (text === undefined) return undefined;
    if (text !== "") return text.replace(/\0$/, "").split("\0");
    if (looks === MOST_LOOKS || hasNone(pid)) return [];
    if (looks > QUICK_LOOKS) pause();
  }
}

/** Whether it stays without: it has ended, is the kernel's own, or was given an empty one. */
function hasNone(pid: number): boolean {
  const fields = statFields(pid);
  if (fields === undefined) return true;
  const [start, end] = [fields[ENVIRONMENT_START], fields[ENVIRONMENT_END]];
  return fields[STATE] === "Z" || fields[GROUP] === "0" || (end !== "0" && start === end);
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function read(pid: number): string | undefined {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return undefined;
  }
}
