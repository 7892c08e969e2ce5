/**
 * Reading many pipes that mostly say nothing. A `net.Socket` for each, with what a stream can do besides,
 * holds 4.5 KB; what is below it, Node.js' own handle of a pipe, holds a tenth of that.
 */
import fs from "node:fs";
import net from "node:net";
import type { Readable } from "node:stream";

/** What can be made to wait. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** Where bytes come from. It is paused at first. */
export interface ByteSource extends Flow {
  /** For `readNow`; undefined where it cannot be read but by the source, or not any more. */
  readonly fd?: number | undefined;
  /** No more bytes come. Its sink is told once it is closed. */
  destroy(): void;
}

/** Where they go. Neither is called before the source is there. */
export interface ByteSink {
  data(bytes: Uint8Array): void;
  /**
   * The source holds no descriptor any more. Called once.
   * @param isEnded it was read to its end, and not destroyed
   */
  closed(isEnded: boolean): void;
}

/**
 * Reads what there is by now, as much as fits.
 * @param fd of a source, which is paused meanwhile
 * @returns how many bytes; 0: none for now, or for good
 */
export function readNow(fd: number, into: Uint8Array): number {
  try {
    return fs.readSync(fd, into);
  } catch {
    // There is nothing; or the source itself will hear what is wrong.
    return 0;
  }
}

/** Reads a pipe to its end. @param fd our end of it: it does not wait, and is closed with the source */
export function readPipe(fd: number, sink: ByteSink): ByteSource {
  Handle ??= findHandle(fd);
  if (Handle !== undefined) return new PipeReader(new Handle(ANY_PIPE), fd, sink);
  return readStream(new net.Socket({ fd, readable: true, writable: false }), sink);
}

/** The same of a stream that is there already. */
export function readStream(stream: Readable, sink: ByteSink): ByteSource {
  stream.pause();
  stream.on("data", (bytes: Uint8Array) => sink.data(bytes));
  stream.on("error", () => {});
  let isEnded = false;
  stream.once("end", () => {
    isEnded = true;
  });
  stream.once("close", () => sink.closed(isEnded));
  return stream;
}

/** What Node.js has below a stream of a pipe. It has been so since Node.js 12, and nobody promises it. */
interface PipeHandle {
  open(fd: number): void;
  readStart(): number;
  readStop(): number;
  close(closed: () => void): void;
  /** Called with the handle as `this`; no bytes: it has ended or failed. */
  onread: (this: PipeHandle, bytes?: ArrayBuffer) => void;
  reader?: PipeReader;
}
type PipeHandleClass = new (kind: number) => PipeHandle;

/** Neither one that listens nor one that descriptors are sent through. */
const ANY_PIPE = 0;
/** Unknown where Node.js has changed. */
let Handle: PipeHandleClass | undefined;

/** By a stream of the same pipe, opened for a moment. */
function findHandle(fd: number): PipeHandleClass | undefined {
  try {
    const again = fs.openSync(
      `/proc/self/fd/${fd}`,
      fs.constants.O_RDONLY | fs.constants.O_NONBLOCK,
    );
    const socket = new net.Socket({ fd: again, readable: true, writable: false });
    const found = handleOf(socket);
    // Before it reads anything, for which the loop would have to go on.
    socket.destroy();
    return found;
  } catch {
    return undefined;
  }
}

function handleOf(socket: net.Socket): PipeHandleClass | undefined {
  const { _handle: handle } = socket as unknown as { _handle?: PipeHandle };
  const methods = ["open", "readStart", "readStop", "close"] as const;
  if (!handle || !methods.every((name) => typeof handle[name] === "function")) return undefined;
  return handle.constructor as PipeHandleClass;
}

class PipeReader implements ByteSource {
  readonly #handle: PipeHandle;
  readonly #fd: number;
  readonly #sink: ByteSink;
  #isDone = false;

  constructor(handle: PipeHandle, fd: number, sink: ByteSink) {
    this.#handle = handle;
    this.#fd = fd;
    this.#sink = sink;
    handle.reader = this;
    handle.onread = hear;
    handle.open(fd);
  }

  get fd(): number | undefined {
    return this.#isDone ? undefined : this.#fd;
  }

  pause(): void {
    if (!this.#isDone) this.#handle.readStop();
  }

  resume(): void {
    if (!this.#isDone) this.#handle.readStart();
  }

  destroy(): void {
    this.#close(false);
  }

  hear(bytes: ArrayBuffer | undefined): void {
    if (bytes === undefined) this.#close(true);
    else if (!this.#isDone) this.#sink.data(new Uint8Array(bytes));
  }

  #close(isEnded: boolean): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#handle.readStop();
    this.#handle.close(() => this.#sink.closed(isEnded));
  }
}

/** One for all of them. */
function hear(this: PipeHandle, bytes?: ArrayBuffer): void {
  this.reader?.hear(bytes);
}
