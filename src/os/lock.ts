/** One holder at a time for a directory; the kernel lets go of the lock when its holder is gone. */
import fs from "node:fs";
import { isRunning, processId } from "./process-table.ts";
import { runTool } from "./spawn.ts";
import { findTool } from "./tools.ts";

export type Lock = { held: true } | { held: false; pid: number | undefined };

/**
 * Takes the lock `file` for as long as this process lives. The lock belongs to the descriptor,
 * which util-linux's `flock` shares for a moment; Node.js itself has no call for it.
 * @throws the system's error if the file cannot be opened
 */
export function takeLock(file: string): Lock {
  const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
  const holder = readHolder(file);
  const flock = findTool("flock");
  const self = processId(process.pid);
  const isOurs = holder?.pid === self.pid && holder.startTime === self.startTime;
  // While it replaces its own image its holder has let go for a moment, and comes back.
  const isHeld = !isOurs && holder !== undefined && isRunning(holder.pid, holder.startTime);
  if (isHeld || !(flock === undefined || lockWith(flock, fd, isOurs))) {
    fs.closeSync(fd);
    return { held: false, pid: holder?.pid };
  }
  fs.ftruncateSync(fd);
  fs.writeSync(fd, JSON.stringify(self), 0);
  return { held: true };
}

/** @param isOurs whoever has it now has only looked whether it is free, and is about to let go */
function lockWith(flock: string, fd: number, isOurs: boolean): boolean {
  const until = performance.now() + (isOurs ? LOOKERS_MS : 0);
  while (!runTool(flock, ["--nonblock", "3"], fd).ok) if (performance.now() >= until) return false;
  return true;
}

/** How long somebody who only looks may have the lock, in milliseconds. */
const LOOKERS_MS = 5_000;

/** Who most likely has the lock, as the file says; it is not touched. */
export function lockHolder(file: string): number | undefined {
  const holder = readHolder(file);
  if (holder === undefined || !isRunning(holder.pid, holder.startTime)) return undefined;
  return holder.pid;
}

function readHolder(file: string): { pid: number; startTime?: number } | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as { pid: number; startTime?: number };
  } catch {
    return undefined;
  }
}
