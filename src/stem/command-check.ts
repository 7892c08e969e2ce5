/** A command that checks a node's health, and what it says if it fails. */
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { PipePool } from "../os/pipes.ts";
import { runUntil } from "../os/probe.ts";
import { Opened } from "./start.ts";
import { openPipe } from "./streams.ts";

/** How much of what a command printed last is looked at, and how much of its last line is told. */
const TAIL_BYTES = 1024;
const LINE_LENGTH = 200;

type ProblemOf = (error: NodeJS.ErrnoException) => string | undefined;

/**
 * Resolves when nothing of the command is left, with the reason if it did not end with status 0: that,
 * and the last line of its stderr. @throws an error, if no pipe can be made (a rejection)
 */
export async function commandProblem(
  command: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd: string; signal: AbortSignal; pipes: PipePool },
  problemOf: ProblemOf,
): Promise<string | undefined> {
  const { pipes, signal, ...rest } = options;
  const { promise: ended, resolve: end } = Promise.withResolvers<string | undefined>();
  const opened = new Opened();
  let stderr: Readable | null = null;
  try {
    const { give, pipe } = openPipe(pipes, opened);
    let isBegun = false;
    const child = runUntil(
      signal,
      { command, ...rest, stderr: give },
      {
        started: () => {
          isBegun = true;
          opened.handedOver();
        },
        failed: (error) => end(problemOf(error)),
        exited: ({ code, signal: by }) =>
          end(by === undefined ? (code === 0 ? undefined : `status ${code}`) : `ended by ${by}`),
      },
    );
    if (isBegun) stderr = pipe?.open() ?? child.stderr;
    else opened.discard();
  } finally {
    opened.close();
  }
  const line = stderr === null ? Promise.resolve("") : lastLine(stderr, signal);
  const problem = await ended;
  const said = await line;
  return problem === undefined || said === "" ? problem : `${problem}: ${said}`;
}

/** Reads a stream to its end, which somebody outside the command's group may keep from coming, or to `signal`. */
async function lastLine(stream: Readable, signal: AbortSignal): Promise<string> {
  let tail = Buffer.alloc(0);
  stream.on("error", () => {});
  stream.on("data", (bytes: Buffer) => {
    tail = Buffer.concat([tail, bytes]).subarray(-TAIL_BYTES);
  });
  // Aborted before, `once` does not wait at all: the command has been killed, and its pipe ends soon or never.
  await once(stream, "close", { signal }).catch(() => stream.destroy());
  return (
    tail
      .toString()
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1)
      ?.slice(0, LINE_LENGTH) ?? ""
  );
}
