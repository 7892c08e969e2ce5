/** One stream of a process on its way to its file, which gives no more while what it gave is not written. */
import type { WidenPipe } from "../os/native/pipe-size.ts";
import type { Flow } from "../os/pipe-reader.ts";
import { type Run, WholeLines } from "../output/whole-lines.ts";
import type { Copies } from "./copies.ts";
import type { OutputFile, StreamFlow } from "./file-sink.ts";
import type { LargeBuffers } from "./large-buffers.ts";
import type { RotatingFile } from "./rotating-file.ts";
import type { StreamName } from "./streams.ts";

/** A process whose streams go to a file. */
export interface Writer {
  node: string;
  pid: number;
  /** Whether the Supervisor looks for a line among its lines by which it is ready. */
  isAwaited: boolean;
}

export interface FileStreamOptions {
  file: RotatingFile;
  writer: Writer;
  stream: StreamName;
  copies: Copies;
  buffers: LargeBuffers;
  widenPipe: WidenPipe;
}

/** What of a stream may be on its way before it gives no more: reading and writing take turns otherwise. */
const AHEAD = 128 * 1024;
/** Half a pipeful: what comes at once of a stream whose pipe is too small. Bytes. */
const MUCH = 32 * 1024;

export class FileStream implements OutputFile {
  readonly #to: FileStreamOptions;
  readonly #left: () => void;
  readonly #lines = new WholeLines();
  /** Bytes that are on their way. */
  #pending = 0;
  #isFlooded = false;
  #narrow: (() => void) | undefined;
  #onIdle: (() => void) | undefined;

  constructor(to: FileStreamOptions, left: () => void) {
    this.#to = to;
    this.#left = left;
  }

  get isIdle(): boolean {
    return this.#pending === 0 && !this.#isFlooded;
  }

  take(bytes: Uint8Array, from: StreamFlow): void {
    const isFlood = bytes.length >= MUCH || this.#pending > 0;
    if (isFlood && from.fd !== undefined && !this.#to.writer.isAwaited)
      return this.#takeFlood(bytes, from);
    const run = this.#lines.push(bytes);
    if (run !== undefined) this.#pass(run, from);
  }

  end(done: () => void): void {
    if (this.#isFlooded) {
      this.#onIdle = () => this.end(done);
      return;
    }
    const leave = (): void => {
      this.#narrow?.();
      this.#left();
      done();
    };
    const rest = this.#lines.end();
    if (rest !== undefined) this.#pass(rest);
    if (this.isIdle) leave();
    else this.#onIdle = leave;
  }

  /**
   * More comes than is written meanwhile: from here on all that there is is read by one call, into a large
   * buffer, and written by another, in turn, until there is nothing. Nothing else is done for each piece.
   */
  #takeFlood(first: Uint8Array, from: StreamFlow): void {
    this.#isFlooded = true;
    from.pause();
    this.#to.buffers.take((buffer) => this.#takeMuch(buffer, from, first));
  }

  #takeMuch(buffer: Uint8Array, from: StreamFlow, first: Uint8Array = NOTHING): void {
    const { buffers } = this.#to;
    const held = this.#lines.moveTo(buffer);
    buffer.set(first, held);
    const begun = held + first.length;
    const more = from.readNow(buffer.subarray(begun));
    if (first.length + more >= MUCH) this.#widen(from);
    const run = this.#lines.push(buffer.subarray(0, begun + more));
    const goOn = (): void => {
      buffers.giveBack(buffer);
      if (more > 0) return buffers.take((next) => this.#takeMuch(next, from));
      this.#isFlooded = false;
      from.resume();
      if (this.isIdle) this.#onIdle?.();
    };
    if (run === undefined) goOn();
    else this.#writeFlood(run, goOn);
  }

  #widen({ fd }: StreamFlow): void {
    if (fd !== undefined) this.#narrow ??= this.#to.widenPipe(fd);
  }

  #writeFlood(run: Run, done: () => void): void {
    const { file, writer, stream, copies } = this.#to;
    const { node, pid } = writer;
    copies.add({ node, pid, stream, isLent: true }, run.bytes);
    file.write(this, run, done);
  }

  #pass(run: Run, from?: Flow): void {
    const { file, writer, stream, copies } = this.#to;
    const { node, pid, isAwaited } = writer;
    const { length } = run.bytes;
    let left = isAwaited ? 2 : 1;
    const done = (): void => {
      left--;
      if (left > 0) return;
      this.#pending -= length;
      if (this.#pending < AHEAD && !this.#isFlooded) from?.resume();
      if (this.isIdle) this.#onIdle?.();
    };
    this.#pending += length;
    if (this.#pending >= AHEAD) from?.pause();
    copies.add({ node, pid, stream, taken: isAwaited ? done : undefined }, run.bytes);
    file.write(this, run, done);
  }
}

const NOTHING = new Uint8Array(0);
