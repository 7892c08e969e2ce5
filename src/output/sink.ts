/**
 * Writes to a file descriptor or a stream without ever blocking the event loop: Node.js writes to
 * files and terminals synchronously, so a stalled one would stall us.
 */
import fs from "node:fs";
import { Batch } from "./batches.ts";

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
const MOST_AT_ONCE = 256 * 1024;
/** How much memory a sink that has nothing to write keeps of each of its two batches: floods come in waves. */
const KEPT = HIGH_WATER;
/** Another process made the shared description non-blocking, and it is full: look again. */
const FULL_RETRY_MS = 5;

export class Sink {
  readonly #target: Target;
  /** What is being written: what is out of it already is its first `#out` bytes. */
  #current = new Batch();
  #out = 0;
  /** What comes after it. */
  #next = new Batch();
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

  /** Queues bytes, which may change afterwards. Returns false when the writer should wait. */
  write(bytes: Uint8Array): boolean {
    this.#next.add(bytes);
    return this.flush();
  }

  /** What is added to it is queued, in place: `flush` is to be called then. Another one after each flush. */
  get batch(): Batch {
    return this.#next;
  }

  /** Writes what was added to the batch. Returns false when the writer should wait. */
  flush(): boolean {
    if (this.#broken) this.#next.clear(KEPT);
    else if (!this.#writing) this.#write();
    return !this.isFull;
  }

  get isFull(): boolean {
    return this.queued >= HIGH_WATER;
  }

  /** Bytes that are not out yet. */
  get queued(): number {
    return this.#current.length - this.#out + this.#next.length;
  }

  get isIdle(): boolean {
    return this.queued === 0;
  }

  /** Calls back once everything is out, or never can be. */
  whenIdle(callback: () => void): void {
    if (this.isIdle) callback();
    else this.#flushing.push(callback);
  }

  /** Calls back once the sink has room again. */
  whenDrained(callback: () => void): void {
    if (!this.isFull) callback();
    else this.#waiting.push(callback);
  }

  #write(): void {
    if (this.#out === this.#current.length && !this.#turn()) return;
    this.#writing = true;
    const end = Math.min(this.#current.length, this.#out + MOST_AT_ONCE);
    const bytes = this.#current.bytes(this.#out, end);
    const done = (error: NodeJS.ErrnoException | null | undefined, count: number): void => {
      if (error?.code === "EAGAIN") return this.#retry();
      this.#writing = false;
      if (error) return this.#break(error);
      this.#wrote(count);
    };
    if (typeof this.#target === "number")
      fs.write(this.#target, bytes, 0, bytes.length, null, done);
    else this.#target.write(bytes, (error) => done(error, bytes.length));
  }

  /** The current batch is out: the next one takes its place. @returns false if there is nothing in it */
  #turn(): boolean {
    this.#current.clear();
    this.#out = 0;
    [this.#current, this.#next] = [this.#next, this.#current];
    if (this.#current.length > 0) return true;
    for (const batch of [this.#current, this.#next]) batch.clear(KEPT);
    return false;
  }

  #wrote(count: number): void {
    this.written += count;
    this.#out += count;
    this.#release();
    if (!this.#writing) this.#write();
  }

  #retry(): void {
    setTimeout(() => this.#write(), FULL_RETRY_MS);
  }

  #break(error: Error): void {
    this.#broken = true;
    this.#out = 0;
    for (const batch of [this.#current, this.#next]) batch.clear(KEPT);
    this.#release();
    this.#onBroken(error);
  }

  #release(): void {
    if (!this.isFull) for (const callback of this.#waiting.splice(0)) callback();
    if (this.isIdle) for (const callback of this.#flushing.splice(0)) callback();
  }
}
