/** One holder at a time for a directory; the kernel lets go of the lock when its holder is gone. */
import fs from "node:fs";
import { isRunning, processId } from "./process-table.ts";
import { runProgram, runTool } from "./spawn.ts";
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
  // While it replaces its own image its holder has let go for a moment, and comes back.
  const isHeld = holder !== undefined && isRunning(holder.pid, holder.startTime);
  const flock = findTool("flock");
  if (isHeld || !(flock === undefined || runTool(flock, ["--nonblock", "3"], fd).ok)) {
    fs.closeSync(fd);
    return { held: false, pid: holder?.pid };
  }
  fs.ftruncateSync(fd);
  fs.writeSync(fd, JSON.stringify(processId(process.pid)), 0);
  return { held: true };
}

/**
 * Takes the lock again that this very process had before its image was replaced. It is ours all the while,
 * since the file says so; whoever has it for a moment has only looked whether it is free.
 * @returns whether it is ours
 */
export function keepLock(file: string): boolean {
  const holder = readHolder(file);
  const self = processId(process.pid);
  if (holder?.pid !== self.pid || holder.startTime !== self.startTime) return false;
  setTimeout(() => {
    try {
      const fd = fs.openSync(file, fs.constants.O_RDWR);
      const flock = findTool("flock");
      if (flock !== undefined) void runProgram(flock, ["3"], fd);
    } catch {
      // The directory has gone: there is nothing to keep anybody from.
    }
  }, CALM_MS).unref();
  return true;
}

/** What a Supervisor has to do first takes less than that (ms). */
const CALM_MS = 1_000;

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
