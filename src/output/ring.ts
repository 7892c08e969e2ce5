/** The last bytes of one node's output, in a buffer that grows up to a limit and then goes round. */

import { lastLines } from "./last-lines.ts";

export type Stream = "stdout" | "stderr";

/** Bytes of one stream that arrived together. */
export interface Run {
  stream: Stream;
  /** Unix time in milliseconds. */
  at: number;
  bytes: Uint8Array;
}

/** Where a run begins; it ends where the next one does. */
interface Mark {
  position: number;
  stream: Stream;
  at: number;
}

/** What a ring holds. */
export interface RingDump {
  first: number;
  bytes: Uint8Array;
  marks: Mark[];
}

/** What comes so soon after is the same run. */
const TOGETHER_MS = 20;
const SMALLEST = 1024;
const BYTES_PER_MARK = 32;
const FEWEST_MARKS = 16;

/** Positions count every byte that ever came. */
export class Ring {
  #buffer: Uint8Array = new Uint8Array(0);
  #marks: Mark[] = [];
  /** The first byte that is kept; always the beginning of a line. */
  #first = 0;
  #end = 0;

  static from({ first, bytes, marks }: RingDump): Ring {
    const ring = new Ring();
    ring.#buffer = new Uint8Array(Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(bytes.length + 1))));
    ring.#first = first;
    ring.#end = first;
    ring.#put(bytes);
    ring.#end = first + bytes.length;
    ring.#marks = marks;
    return ring;
  }

  dump(): RingDump {
    const bytes = this.#copy(this.#first, this.#end);
    return { first: this.#first, bytes, marks: [...this.#marks] };
  }

  get end(): number {
    return this.#end;
  }

  /** @param limit how many bytes to keep at most */
  append(stream: Stream, bytes: Uint8Array, at: number, limit: number): void {
    if (bytes.length === 0) return;
    this.#mark(stream, at);
    const kept = lastLines(bytes, limit);
    if (kept.length < bytes.length) {
      this.#end += bytes.length - kept.length;
      this.#first = this.#end;
    }
    this.#makeRoom(kept.length, limit);
    this.#put(kept);
    this.#end += kept.length;
    this.#trim();
    this.#limitMarks(limit);
  }

  /** Where the last `lines` lines begin. */
  tail(lines: number): number {
    let left = lines;
    let position = this.#end;
    if (lines <= 0) return position;
    while (position > this.#first) {
      if (this.#byte(position - 1) === NEWLINE && position < this.#end && --left === 0) break;
      position--;
    }
    return position;
  }

  read(from: number, most: number): { runs: Run[]; next: number; missed: number } {
    const start = Math.max(from, this.#first);
    const stop = Math.min(this.#end, start + most);
    const runs = this.#marks.flatMap(({ position, stream, at }, i): Run[] => {
      const begin = Math.max(position, start);
      const end = Math.min(this.#marks[i + 1]?.position ?? this.#end, stop);
      return begin < end ? [{ stream, at, bytes: this.#copy(begin, end) }] : [];
    });
    return { runs, next: Math.max(start, stop), missed: Math.max(0, start - from) };
  }

  #mark(stream: Stream, at: number): void {
    const last = this.#marks.at(-1);
    if (last?.stream === stream && at - last.at < TOGETHER_MS) return;
    this.#marks.push({ position: this.#end, stream, at });
  }

  /** Grows by doubling, and shrinks when there is less for each. */
  #makeRoom(count: number, limit: number): void {
    const needed = this.#end - this.#first + count;
    let capacity = Math.max(SMALLEST, this.#buffer.length);
    while (capacity < needed && capacity < limit) capacity *= 2;
    capacity = Math.min(capacity, Math.max(limit, SMALLEST));
    if (capacity === this.#buffer.length) return;
    const from = Math.max(this.#first, this.#end - capacity);
    const bytes = this.#copy(from, this.#end);
    this.#first = from;
    this.#buffer = new Uint8Array(capacity);
    this.#end = from;
    this.#put(bytes);
    this.#end = from + bytes.length;
  }

  #put(bytes: Uint8Array): void {
    const at = this.#end % this.#buffer.length;
    const before = Math.min(bytes.length, this.#buffer.length - at);
    this.#buffer.set(bytes.subarray(0, before), at);
    this.#buffer.set(bytes.subarray(before), 0);
  }

  /** Forgets what was overwritten, and the rest of the line that it was part of. */
  #trim(): void {
    const oldest = this.#end - this.#buffer.length;
    if (this.#first >= oldest) return this.#dropMarks();
    let first = oldest;
    while (first < this.#end && this.#byte(first) !== NEWLINE) first++;
    // A line that is longer than all that is kept stays as it is, without its beginning.
    this.#first = first + 1 < this.#end ? first + 1 : oldest;
    this.#dropMarks();
  }

  #dropMarks(): void {
    let gone = 0;
    while ((this.#marks[gone + 1]?.position ?? Number.POSITIVE_INFINITY) <= this.#first) gone++;
    if (gone > 0) this.#marks.splice(0, gone);
  }

  /** Single bytes by turns of both streams would make marks of many times their size. */
  #limitMarks(limit: number): void {
    const most = Math.max(FEWEST_MARKS, Math.floor(limit / BYTES_PER_MARK));
    const oldest = this.#marks[this.#marks.length - most];
    if (oldest === undefined || this.#marks.length <= most) return;
    this.#first = Math.max(this.#first, oldest.position);
    this.#dropMarks();
  }

  #byte(position: number): number {
    return this.#buffer[position % this.#buffer.length] ?? 0;
  }

  #copy(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(to - from);
    if (bytes.length === 0) return bytes;
    const at = from % this.#buffer.length;
    const before = Math.min(bytes.length, this.#buffer.length - at);
    bytes.set(this.#buffer.subarray(at, at + before));
    bytes.set(this.#buffer.subarray(0, bytes.length - before), before);
    return bytes;
  }
}

const NEWLINE = 0x0a;
