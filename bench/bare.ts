/** Processes started by nobody but Node.js: what Coppice is compared with. */
import { type ChildProcess, spawn } from "node:child_process";
import { undoLater } from "./undo.ts";

export interface Bare {
  pid: number;
  /** Kills it and all its group, and resolves when it has gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a program as the Stem does: in a group of its own, with its output to be read.
 * @param stdout where its output goes instead
 */
export function spawnBare(command: readonly string[], stdout: number | "pipe" = "pipe"): Bare {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { detached: true, stdio: ["ignore", stdout, "pipe"] });
  child.stdout?.resume();
  child.stderr?.resume();
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const kill = (signal: NodeJS.Signals = "SIGKILL") => {
    signalGroup(child, signal);
    return exited;
  };
  const undo = undoLater(kill);
  void exited.then(undo);
  return { pid: child.pid ?? 0, kill };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has gone already.
  }
}
