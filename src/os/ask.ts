/** Asks a program something: runs it, and takes what it prints. */
import type { Readable } from "node:stream";
import type { Exit } from "../core/revival.ts";
import { signalGroup } from "./signals.ts";
import { type SpawnRequest, startProcess } from "./spawn.ts";

export interface Answer extends Exit {
  /** What it printed, on both streams; the end of a long text is left out. */
  output: string;
}

export interface Question {
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Aborted: the program is killed, and its end is a rejection with the signal's reason. */
  signal: AbortSignal;
}

/**
 * Resolves when the program has ended, with everything that it started. It has no input.
 * @throws the system's error, or the signal's reason (a rejection)
 */
export function ask(command: readonly string[], question: Question): Promise<Answer> {
  return run(command, question).ended;
}

/**
 * Asks a program that answers on a descriptor of its own, `ANSWER_FD`, and may take its time to end after
 * that. `said` is all that came there before it was closed, "" if nothing did; it never rejects.
 */
export function askAside(
  command: readonly string[],
  question: Question,
): { said: Promise<string>; ended: Promise<Answer> } {
  const { aside, ended } = run(command, question, new Map([[ANSWER_FD, "pipe"]]));
  return { said: aside === null ? Promise.resolve("") : textOf(aside, Infinity), ended };
}

/** Where a program that is asked so answers. */
export const ANSWER_FD = 3;

function run(
  [file = "", ...args]: readonly string[],
  { env, cwd, signal }: Question,
  others: SpawnRequest["others"] = new Map(),
): { aside: Readable | null; ended: Promise<Answer> } {
  const { promise: ended, resolve, reject } = Promise.withResolvers<Answer>();
  const texts: Promise<string>[] = [];
  let group = 0;
  const end = (): void => {
    if (group > 0) signalGroup(group, "SIGKILL");
    reject(signal.reason as Error);
  };
  if (signal.aborted) {
    end();
    return { aside: null, ended };
  }
  const where = cwd === undefined ? {} : { cwd };
  const child = startProcess(
    { file, args, env, stdout: "pipe", stderr: "pipe", others, ...where },
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
  // Where descriptors are used up there are no streams, whatever Node.js' types say.
  if (group === 0) return { aside: null, ended };
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) texts.push(textOf(stream, MAX_BYTES));
  return { aside: child.other(ANSWER_FD), ended };
}

function textOf(stream: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((done) => {
    stream.on("data", (bytes: Buffer) => {
      if (length < maxBytes) chunks.push(bytes);
      length += bytes.length;
    });
    stream.on("error", () => {});
    stream.once("close", () => done(Buffer.concat(chunks).toString()));
  });
}

const MAX_BYTES = 64 * 1024;
