/** Looks from outside whether a process is ready. Each look ends within a time, and never throws. */
import fs from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import type { PortTarget } from "../core/port-target.ts";
import { signalGroup } from "./signals.ts";
import { shortPath } from "./socket-path.ts";
import { startProcess } from "./spawn.ts";

/** How long a look may take (ms). */
const LOOK_MS = 10_000;

/** Whether something accepts connections there. @param directory where relative paths start */
export async function accepts(
  target: PortTarget,
  directory: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    if (!("path" in target)) return await connects(target, signal);
    const short = shortPath(path.resolve(directory, target.path));
    return await connects({ path: short.path }, signal).finally(() => short.release());
  } catch {
    // There is no such directory, or no such host can be.
    return false;
  }
}

/** Resolves when nothing of the attempt is left. */
function connects(target: PortTarget, signal: AbortSignal): Promise<boolean> {
  return new Promise((seen) => {
    let isConnected = false;
    const socket = net.connect({ ...target, signal: AbortSignal.any([signal, timeLimit()]) });
    socket.once("connect", () => {
      isConnected = true;
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.once("close", () => seen(isConnected));
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
  const { env, cwd, signal } = options;
  const limit = AbortSignal.any([signal, timeLimit()]);
  const [file = "", ...args] = command;
  return new Promise((seen) => {
    let group = 0;
    const end = (): void => {
      if (group > 0) signalGroup(group, "SIGKILL");
    };
    startProcess(
      { file, args, env, cwd, stdout: "ignore", stderr: "ignore" },
      {
        started: (pid) => {
          group = pid;
          if (limit.aborted) end();
          else limit.addEventListener("abort", end, { once: true });
        },
        failed: () => seen(false),
        exited: ({ code }) => {
          // What it has left in the background goes with it.
          end();
          limit.removeEventListener("abort", end);
          seen(code === 0);
        },
      },
    );
  });
}

function timeLimit(): AbortSignal {
  return AbortSignal.timeout(LOOK_MS);
}
