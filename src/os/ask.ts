/** Asks a program something: runs it, and takes what it prints. */
import type { Readable } from "node:stream";
import type { Exit } from "../core/revival.ts";
import { signalGroup } from "./signals.ts";
import { startProcess } from "./spawn.ts";

export interface Answer extends Exit {
  /** What it printed, on both streams; the end of a long text is left out. */
  output: string;
}

/**
 * Resolves when the program has ended, with everything that it started. It has no input.
 * @param signal aborted: the program is killed
 * @throws the system's error, or the signal's reason (a rejection)
 */
export function ask(
  command: readonly string[],
  { env, signal, cwd }: { env: NodeJS.ProcessEnv; signal: AbortSignal; cwd?: string },
): Promise<Answer> {
  const [file = "", ...args] = command;
  return new Promise((resolve, reject) => {
    let group = 0;
    const end = (): void => {
      if (group > 0) signalGroup(group, "SIGKILL");
      reject(signal.reason as Error);
    };
    if (signal.aborted) return end();
    const texts: Promise<string>[] = [];
    const child = startProcess(
      {
        file,
        args,
        env,
        stdout: "pipe",
        stderr: "pipe",
        ...(cwd === undefined ? {} : { cwd }),
      },
      {
        started: (pid) => {
          group = pid;
          signal.addEventListener("abort", end, { once: true });
        },
        failed: reject,
        exited: (exit) => {
          // What it has left in the background would hold the pipes open.
          signalGroup(group, "SIGKILL");
          signal.removeEventListener("abort", end);
          void Promise.all(texts).then((all) => resolve({ ...exit, output: all.join("") }));
        },
      },
    );
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) texts.push(textOf(stream));
  });
}

function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((done) => {
    stream.on("data", (bytes: Buffer) => {
      if (length < MAX_BYTES) chunks.push(bytes);
      length += bytes.length;
    });
    stream.on("error", () => {});
    stream.once("close", () => done(Buffer.concat(chunks).toString()));
  });
}

const MAX_BYTES = 64 * 1024;
