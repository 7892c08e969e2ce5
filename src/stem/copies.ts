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
/** In one turn each process has MOST_OF_ONE sent, and this is what there is for all who want more. */
const MOST_OF_FLOODS = 4 * 1024 * 1024;
const TURN_MS = 1_000;

/** Calls back after some ms. */
export type After = (ms: number, act: () => void) => void;

export interface CopyOf {
  node: string;
  pid: number;
  stream: StreamName;
  /** The bytes may change afterwards. */
  isLent?: boolean;
  /** Has them arrive for certain; called once they are on their way, or nobody waits for them any more. */
  taken?: (() => void) | undefined;
}

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
  /** They wait for the next turn, and not for room. */
  isFlood: boolean;
  /** Where the only one of them is, if it was lent. */
  memory?: Uint8Array;
}

export class Copies {
  readonly #send: SendCopy;
  /** By pid, the one that waits longest first. */
  readonly #waiting = new Map<number, Waiting>();
  #length = 0;
  readonly #after: After;
  /** How much has been sent in this turn, by pid. */
  readonly #sent = new Map<number, number>();
  #roomForFloods = MOST_OF_FLOODS;

  constructor(send: SendCopy, after: After = (ms, act) => void setTimeout(act, ms)) {
    this.#send = send;
    this.#after = after;
  }

  add({ node, pid, stream, isLent, taken }: CopyOf, bytes: Uint8Array): void {
    const own = (part: Uint8Array) => (isLent === true ? new Uint8Array(part) : part);
    const known = this.#waiting.get(pid);
    const isInTurn = known === undefined && (taken !== undefined || this.#hasTurn(pid, bytes));
    if (isInTurn && this.#send({ node, pid, stream, isFiled: true }, own(bytes))) return taken?.();
    const waiting = known ?? this.#wait(node, pid);
    if (known === undefined) waiting.isFlood = !isInTurn;
    const last = taken === undefined ? lastLines(bytes, MOST_OF_PIECE) : bytes;
    if (last.length < bytes.length) {
      while (this.#omit(waiting));
      waiting.omitted += bytes.length - last.length;
    }
    waiting.copies.push({
      stream,
      bytes: isLent === true ? this.#store(waiting, last) : last,
      taken,
    });
    this.#count(waiting, last.length);
    while (waiting.length > MOST_OF_ONE && waiting.copies.length > 1 && this.#omit(waiting));
    while (this.#length > MOST_OF_ALL && this.#omit(waiting));
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

  /** Whether a process may have that sent in this turn. */
  #hasTurn(pid: number, { length }: Uint8Array): boolean {
    if (this.#sent.size === 0) this.#after(TURN_MS, () => this.#endTurn());
    const sent = (this.#sent.get(pid) ?? 0) + length;
    this.#sent.set(pid, sent);
    if (sent <= MOST_OF_ONE) return true;
    if (length > this.#roomForFloods) return false;
    this.#roomForFloods -= length;
    return true;
  }

  #endTurn(): void {
    this.#sent.clear();
    this.#roomForFloods = MOST_OF_FLOODS;
    for (const waiting of this.#waiting.values()) waiting.isFlood = false;
    this.flush();
  }

  /** What waits for its turn is replaced again and again: in the same memory, as long as nobody else has it. */
  #store(waiting: Waiting, bytes: Uint8Array): Uint8Array {
    if (waiting.copies.length > 0) return new Uint8Array(bytes);
    waiting.memory ??= new Uint8Array(MOST_OF_PIECE);
    waiting.memory.set(bytes);
    return waiting.memory.subarray(0, bytes.length);
  }

  #wait(node: string, pid: number): Waiting {
    const waiting: Waiting = { node, copies: [], length: 0, omitted: 0, isFlood: false };
    this.#waiting.set(pid, waiting);
    return waiting;
  }

  #flushOne(pid: number, waiting: Waiting): boolean {
    const { node, copies, omitted } = waiting;
    const send = (stream: StreamName, bytes: Uint8Array) =>
      this.#send({ node, pid, stream, isFiled: true }, bytes);
    if (omitted > 0) {
      if (!send("stderr", encoder.encode(omission(omitted)))) return false;
      waiting.omitted = 0;
    }
    // From here on it is the socket's.
    delete waiting.memory;
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
