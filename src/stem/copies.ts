/**
 * Lines that go to a file of the Stem's, for the Supervisor too: it keeps the last of them for whoever
 * asks. No node waits for that. What there is no room for is kept here, the newest of it, and what was
 * left out is told.
 */
import type { Output } from "../wire/stem-messages.ts";
import type { StreamName } from "./streams.ts";

/** Sends lines if there is room for them. @returns false if there is none */
export type SendCopy = (output: Omit<Output, "bytes">, bytes: Uint8Array) => boolean;

/** Of one process, as much as the Supervisor keeps of a node; of all of them. Bytes. */
const MOST_OF_ONE = 64 * 1024;
const MOST_OF_ALL = 1024 * 1024;

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
}

export class Copies {
  readonly #send: SendCopy;
  /** By pid, the one that waits longest first. */
  readonly #waiting = new Map<number, Waiting>();
  #length = 0;

  constructor(send: SendCopy) {
    this.#send = send;
  }

  /** @param taken has it arrive for certain; called once it is on its way, or nobody waits for it any more */
  add(node: string, pid: number, stream: StreamName, bytes: Uint8Array, taken?: () => void): void {
    const isFirst = this.#waiting.size === 0;
    if (isFirst && this.#send({ node, pid, stream, isFiled: true }, bytes)) return taken?.();
    const waiting = this.#waiting.get(pid) ?? { node, copies: [], length: 0, omitted: 0 };
    this.#waiting.set(pid, waiting);
    waiting.copies.push({ stream, bytes, taken });
    this.#count(waiting, bytes.length);
    while (waiting.length > MOST_OF_ONE && waiting.copies.length > 1 && this.#omit(waiting));
    while (this.#length > MOST_OF_ALL && this.#omit(waiting));
  }

  /** There is room. */
  flush(): void {
    for (const [pid, waiting] of this.#waiting) {
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
