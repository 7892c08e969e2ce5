/**
 * Writes to a file descriptor or a stream without ever blocking the event loop: Node.js writes to
 * files and terminals synchronously, so a stalled one would stall us.
 */
import fs from "node:fs";

/**
 * Where bytes go: a descriptor, written to by the thread pool, or something that writes in the
 * background and calls back once the bytes are out.
 */
export type Target =
  | number
  | { write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown };

/** A sink holds this much before it asks its writers to wait. */
const HIGH_WATER = 1024 * 1024;
/** How much one system call is given. */
const BATCH = 256 * 1024;
/** Another process made the shared description non-blocking, and it is full: look again. */
const FULL_RETRY_MS = 5;

export class Sink {
  readonly #target: Target;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #writing = false;
  #broken = false;
  #waiting: (() => void)[] = [];
  #flushing: (() => void)[] = [];
  /** Grows with every byte that is out; whoever waits can see progress. */
  written = 0;
  readonly #onBroken: (error: Error) => void;

  /** @param onBroken called once when nothing can be written any more; the rest is discarded */
  constructor(target: Target, onBroken: (error: Error) => void = () => {}) {
    this.#target = target;
    this.#onBroken = onBroken;
  }

  /** Queues bytes, which must not change afterwards. Returns false when the writer should wait. */
  write(bytes: Uint8Array): boolean {
    if (this.#broken || bytes.length === 0) return true;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (!this.#writing) this.#next();
    return this.#queued < HIGH_WATER;
  }

  get isFull(): boolean {
    return this.#queued >= HIGH_WATER;
  }

  /** Bytes that are not out yet. */
  get queued(): number {
    return this.#queued;
  }

  get isIdle(): boolean {
    return this.#queued === 0;
  }

  /** Calls back once everything is out, or never can be. */
  whenIdle(callback: () => void): void {
    if (this.#queued === 0) callback();
    else this.#flushing.push(callback);
  }

  /** Calls back once the sink has room again. */
  whenDrained(callback: () => void): void {
    if (this.#queued < HIGH_WATER) callback();
    else this.#waiting.push(callback);
  }

  #next(): void {
    const batch = this.#batch();
    if (batch.length === 0) return;
    this.#writing = true;
    const done = (error: NodeJS.ErrnoException | null | undefined, count: number): void => {
      this.#writing = false;
      if (error?.code === "EAGAIN") return this.#retry(batch);
      if (error) return this.#break(error);
      this.#wrote(batch, count);
    };
    if (typeof this.#target === "number")
      fs.write(this.#target, batch, 0, batch.length, null, done);
    else this.#target.write(batch, (error) => done(error, batch.length));
  }

  #wrote(batch: Uint8Array, count: number): void {
    this.written += count;
    this.#queued -= count;
    if (count < batch.length) this.#queue.unshift(batch.subarray(count));
    this.#release();
    if (!this.#writing) this.#next();
  }

  #retry(batch: Uint8Array): void {
    this.#queue.unshift(batch);
    this.#writing = true;
    setTimeout(() => {
      this.#writing = false;
      this.#next();
    }, FULL_RETRY_MS);
  }

  #break(error: Error): void {
    this.#broken = true;
    this.#queue = [];
    this.#queued = 0;
    this.#release();
    this.#onBroken(error);
  }

  #release(): void {
    if (this.#queued < HIGH_WATER) for (const callback of this.#waiting.splice(0)) callback();
    if (this.#queued === 0) for (const callback of this.#flushing.splice(0)) callback();
  }

  /** The next bytes to write, joined up to one batch so that small lines cost few calls. */
  #batch(): Uint8Array {
    let size = 0;
    let count = 0;
    for (const bytes of this.#queue) {
      if (count > 0 && size + bytes.length > BATCH) break;
      size += bytes.length;
      count++;
    }
    const taken = this.#queue.splice(0, count);
    const [only] = taken;
    return taken.length === 1 && only !== undefined ? only : Buffer.concat(taken, size);
  }
}
