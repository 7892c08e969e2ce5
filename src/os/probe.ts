/** Looks from outside whether a process is ready. Each look ends within a time, and never throws. */
import fs from "node:fs/promises";
import path from "node:path";
import type { PortTarget } from "../core/port-target.ts";
import { connectUntil } from "./connecting.ts";
import { signalGroup } from "./signals.ts";
import { shortPath } from "./socket-path.ts";
import { type SpawnEvents, type SpawnRequest, type Started, startProcess } from "./spawn.ts";

/** How long a look may take (ms). */
const LOOK_MS = 10_000;

/** Whether something accepts connections there. @param directory where relative paths start */
export async function accepts(
  target: PortTarget,
  directory: string,
  signal: AbortSignal,
): Promise<boolean> {
  const limit = AbortSignal.any([signal, timeLimit()]);
  return connectionProblem(target, directory, limit).then(
    (problem) => problem === undefined,
    () => false,
  );
}

/**
 * Connects, and says why that failed if it did. Resolves when nothing of the attempt is left.
 * @throws an error that no other end has to do with: there is no such directory, no such host can be (a rejection)
 */
export async function connectionProblem(
  target: PortTarget,
  directory: string,
  signal: AbortSignal,
): Promise<NodeJS.ErrnoException | undefined> {
  if (!("path" in target)) return connect(target, signal);
  const short = shortPath(path.resolve(directory, target.path));
  return connect({ path: short.path }, signal).finally(() => short.release());
}

function connect(
  target: PortTarget,
  signal: AbortSignal,
): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((seen) => {
    let problem: NodeJS.ErrnoException | undefined;
    const socket = connectUntil(signal, target);
    socket.once("connect", () => socket.destroy());
    socket.on("error", (error) => {
      problem = error;
    });
    socket.once("close", () => seen(problem));
  });
}

export async function exists(file: string): Promise<boolean> {
  try {
    await fs.access(file);
    return true;
  } catch {
    return false;
  }
}

/** What is in a small file; "" if there is none. */
export async function textOf(file: string): Promise<string> {
  try {
    return await fs.readFile(file, "latin1");
  } catch {
    return "";
  }
}

/** Whether a command ends with status 0. What it prints goes nowhere. */
export function succeeds(
  command: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd: string; signal: AbortSignal },
): Promise<boolean> {
  const limit = AbortSignal.any([options.signal, timeLimit()]);
  return new Promise((seen) => {
    runUntil(
      limit,
      { ...options, command, stderr: "ignore" },
      { started: () => {}, failed: () => seen(false), exited: ({ code }) => seen(code === 0) },
    );
  });
}

/**
 * Runs a command that is killed when `signal` is aborted. What it has left of its process group when it
 * ends is killed too. Never throws.
 */
export function runUntil(
  signal: AbortSignal,
  request: { command: readonly string[] } & Pick<SpawnRequest, "env" | "cwd" | "stderr">,
  events: SpawnEvents,
): Started {
  const { command, ...rest } = request;
  const [file = "", ...args] = command;
  let group = 0;
  const end = (): void => {
    if (group > 0) signalGroup(group, "SIGKILL");
  };
  return startProcess(
    { file, args, stdout: "ignore", ...rest },
    {
      ...events,
      started: (pid) => {
        group = pid;
        if (signal.aborted) end();
        else signal.addEventListener("abort", end, { once: true });
        events.started(pid);
      },
      exited: (exit) => {
        end();
        signal.removeEventListener("abort", end);
        events.exited(exit);
      },
    },
  );
}

function timeLimit(): AbortSignal {
  return AbortSignal.timeout(LOOK_MS);
}
