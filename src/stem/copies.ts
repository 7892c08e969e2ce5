/**
 * Lines that go to a file of the Stem's, for the Supervisor too: it keeps the last of them for whoever
 * asks. No node waits for that. What there is no room for is kept here, the newest of it, and what was
 * left out is told. Floods get some room in each second and no more: copying all of one that nobody may
 * look at would slow down the one that is written.
 */
import { lastLines } from "../output/last-lines.ts";
import type { Output } from "../wire/stem-messages.ts";
import type { StreamName } from "./streams.ts";

/** Sends lines if there is room for them. @returns false if there is none */
export type SendCopy = (output: Omit<Output, "bytes">, bytes: Uint8Array) => boolean;

/** Of one process, as much as the Supervisor keeps of a node; of all of them. Bytes. */
const MOST_OF_ONE = 64 * 1024;
const MOST_OF_ALL = 1024 * 1024;
/** Of one piece, if it is not sent whole: beside it there has to be room for the line that tells of the rest. */
const MOST_OF_PIECE = MOST_OF_ONE - 1024;
/** Of all floods together, in how many ms. */
const MOST_OF_FLOODS = 4 * 1024 * 1024;
const FLOODS_MS = 1_000;

/** Calls back after some ms. */
export type After = (ms: number, act: () => void) => void;

interface Copy {
  stream: StreamName;
  bytes: Uint8Array;
  /** It must arrive. */
  taken: (() => void) | undefined;
}

interface Waiting {
  node: string;
  copies: Copy[];
  length: number;
  /** Bytes that were left out before these. */
  omitted: number;
  /** They wait for the next turn of the floods, and not for room. */
  isFlood: boolean;
}

export class Copies {
  readonly #send: SendCopy;
  /** By pid, the one that waits longest first. */
  readonly #waiting = new Map<number, Waiting>();
  #length = 0;
  readonly #after: After;
  /** What floods may still send in this turn; undefined: there are none. */
  #roomForFloods: number | undefined;

  constructor(send: SendCopy, after: After = (ms, act) => void setTimeout(act, ms)) {
    this.#send = send;
    this.#after = after;
  }

  /** @param taken has it arrive for certain; called once it is on its way, or nobody waits for it any more */
  add(node: string, pid: number, stream: StreamName, bytes: Uint8Array, taken?: () => void): void {
    const waiting = this.#waiting.get(pid);
    if (waiting === undefined && this.#send({ node, pid, stream, isFiled: true }, bytes))
      return taken?.();
    const last = taken === undefined ? lastLines(bytes, MOST_OF_PIECE) : bytes;
    this.#keep(waiting ?? this.#wait(node, pid), { stream, bytes: last, taken }, bytes.length);
  }

  /** The same of a stream of which much comes. @param bytes they may change afterwards */
  addOfFlood(node: string, pid: number, stream: StreamName, bytes: Uint8Array): void {
    this.#roomForFloods ??= this.#beginTurn();
    if (bytes.length <= this.#roomForFloods) {
      this.#roomForFloods -= bytes.length;
      return this.add(node, pid, stream, new Uint8Array(bytes));
    }
    const waiting = this.#waiting.get(pid) ?? this.#wait(node, pid);
    waiting.isFlood = true;
    const last = new Uint8Array(lastLines(bytes, MOST_OF_PIECE));
    this.#keep(waiting, { stream, bytes: last, taken: undefined }, bytes.length);
  }

  /** There is room. */
  flush(): void {
    for (const [pid, waiting] of this.#waiting) {
      if (waiting.isFlood) continue;
      if (!this.#flushOne(pid, waiting)) return;
      this.#waiting.delete(pid);
    }
  }

  /** Nobody will take any of it. */
  discard(): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#length = 0;
    for (const { copies } of all) for (const { taken } of copies) taken?.();
  }

  #beginTurn(): number {
    this.#after(FLOODS_MS, () => {
      this.#roomForFloods = undefined;
      for (const waiting of this.#waiting.values()) waiting.isFlood = false;
      this.flush();
    });
    return MOST_OF_FLOODS;
  }

  #wait(node: string, pid: number): Waiting {
    const waiting = { node, copies: [], length: 0, omitted: 0, isFlood: false };
    this.#waiting.set(pid, waiting);
    return waiting;
  }

  /** @param length of what the copy is the end of */
  #keep(waiting: Waiting, copy: Copy, length: number): void {
    if (copy.bytes.length < length) {
      while (this.#omit(waiting));
      waiting.omitted += length - copy.bytes.length;
    }
    waiting.copies.push(copy);
    this.#count(waiting, copy.bytes.length);
    while (waiting.length > MOST_OF_ONE && waiting.copies.length > 1 && this.#omit(waiting));
    while (this.#length > MOST_OF_ALL && this.#omit(waiting));
  }

  #flushOne(pid: number, waiting: Waiting): boolean {
    const { node, copies, omitted } = waiting;
    const send = (stream: StreamName, bytes: Uint8Array) =>
      this.#send({ node, pid, stream, isFiled: true }, bytes);
    if (omitted > 0) {
      if (!send("stderr", encoder.encode(omission(omitted)))) return false;
      waiting.omitted = 0;
    }
    for (let copy = copies[0]; copy !== undefined; copy = copies[0]) {
      if (!send(copy.stream, copy.bytes)) return false;
      copies.shift();
      this.#count(waiting, -copy.bytes.length);
      copy.taken?.();
    }
    return true;
  }

  /** Leaves the oldest copy of these out. @returns false if all of them must arrive */
  #omit(waiting: Waiting): boolean {
    const oldest = waiting.copies.findIndex((copy) => copy.taken === undefined);
    const [omitted] = oldest < 0 ? [] : waiting.copies.splice(oldest, 1);
    if (omitted === undefined) return false;
    this.#count(waiting, -omitted.bytes.length);
    waiting.omitted += omitted.bytes.length;
    return true;
  }

  #count(waiting: Waiting, bytes: number): void {
    waiting.length += bytes;
    this.#length += bytes;
  }
}

function omission(bytes: number): string {
  return `[coppice: ${bytes} bytes of output here are in its file alone]\n`;
}

const encoder = new TextEncoder();
