/** What a verb prints. */
import fs from "node:fs";
import { OutputError } from "../errors.ts";
import { errnoText } from "../os/tools.ts";
import { Sink } from "../output/sink.ts";

export interface Output {
  /**
   * Writes at once, and waits for the reader: nothing is lost when the process exits.
   * @throws ReaderGone, CoppiceError
   */
  write(data: string | Uint8Array): void;
  /**
   * Writes in the background, for what goes on and on: signals and news are heard meanwhile.
   * @returns what to wait for where the reader is slow. @throws ReaderGone, CoppiceError
   */
  send(data: Uint8Array): Promise<void> | undefined;
  /** Resolves when everything that was sent is out. @throws ReaderGone, CoppiceError (rejections) */
  sent(): Promise<void>;
  /** Whether a person sees it, who knows colours and cursors. */
  readonly isTerminal: boolean;
  /** The terminal's size. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
}

/** Whoever read our output has seen enough (`| head`). That is no error. */
export class ReaderGone extends Error {}

/** One of this process's own streams. */
export function descriptorOutput(fd: 1 | 2, isTerminal: boolean): Output {
  // Only of a terminal: to a pipe, Node.js's own stream would say not to wait for its reader.
  const size = (): { columns?: number; rows?: number } =>
    isTerminal ? (fd === 1 ? process.stdout : process.stderr) : {};
  let failure: Error | undefined;
  const sink = new Sink(fd, (error) => {
    failure = failureOf(fd, error);
  });
  return {
    isTerminal,
    get columns() {
      return size().columns;
    },
    get rows() {
      return size().rows;
    },
    write(data) {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      for (let at = 0; at < bytes.length; ) at += writeSome(fd, bytes, at);
    },
    send(bytes) {
      if (failure !== undefined) throw failure;
      return sink.write(bytes) ? undefined : new Promise((room) => sink.whenDrained(room));
    },
    async sent() {
      await new Promise<void>((idle) => sink.whenIdle(idle));
      if (failure !== undefined) throw failure;
    },
  };
}

function writeSome(fd: 1 | 2, bytes: Uint8Array, at: number): number {
  try {
    return fs.writeSync(fd, bytes, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return waitForRoom();
    throw failureOf(fd, error as NodeJS.ErrnoException);
  }
}

function failureOf(fd: 1 | 2, error: NodeJS.ErrnoException): Error {
  if (error.code === "EPIPE" || fd === 2) return new ReaderGone();
  return new OutputError(errnoText(error));
}

/** Another process made the shared description non-blocking, and it is full: look again. */
function waitForRoom(): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_RETRY_MS);
  return 0;
}

const FULL_RETRY_MS = 5;
