/** Pieces of bytes put together, so that many of them cost few calls. */

/** Joins pieces that follow each other in a chunk, so that a chunk of many lines is kept at once. */
export class Runs {
  readonly #emit: (bytes: Uint8Array) => void;
  #chunk: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;

  constructor(emit: (bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  begin(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#start = 0;
    this.#end = 0;
  }

  add(source: Uint8Array, start: number, end: number): void {
    if (source === this.#chunk && start === this.#end) {
      this.#end = end;
      return;
    }
    this.flush();
    if (source === this.#chunk) {
      this.#start = start;
      this.#end = end;
    } else if (end > start) this.#emit(source.subarray(start, end));
  }

  flush(): void {
    if (this.#end > this.#start) this.#emit(this.#chunk.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

/** Pieces put together in memory that grows by doubling, and is used again. */
export class Batch {
  #bytes: Buffer = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Shares memory with the batch: it is valid until more is added. */
  bytes(start = 0, end = this.#length): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  add(source: Uint8Array, start = 0, end = source.length): void {
    this.#makeRoom(end - start);
    if (start === 0 && end === source.length) this.#bytes.set(source, this.#length);
    else this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  /**
   * Adds whole lines with `prefix` before each.
   * @param end after a newline
   * @returns how many lines they are
   */
  addLines(prefix: Uint8Array, source: Uint8Array, start: number, end: number): number {
    const ends = lineEnds(source, start, end);
    const count = ends.length;
    this.#makeRoom(end - start + count * prefix.length);
    // All at once, and then each to its place, the last one first: they only move on.
    const bytes = this.#bytes;
    const first = this.#length;
    this.add(source, start, end);
    this.#length += count * prefix.length;
    let at = this.#length;
    for (let stop = ends.pop(); stop !== undefined; ) {
      const next = ends.pop();
      const begin = next ?? 0;
      at -= stop - begin;
      bytes.copyWithin(at, first + begin, first + stop);
      at -= prefix.length;
      bytes.set(prefix, at);
      stop = next;
    }
    return count;
  }

  /** @param most memory beyond that is given back */
  clear(most = Number.POSITIVE_INFINITY): void {
    this.#length = 0;
    if (this.#bytes.length > most) this.#bytes = EMPTY;
  }

  #makeRoom(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.bytes());
    this.#bytes = grown;
  }
}

/**
 * Where the lines of `bytes[start..end)` end, after their newlines, counted from `start`. They are looked
 * for in text of one byte a character: a search in bytes takes several times as long to begin.
 */
export function lineEnds(bytes: Uint8Array, start = 0, end = bytes.length): number[] {
  const text = bufferOf(bytes).toString("latin1", start, end);
  const ends: number[] = [];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) ends.push(at + 1);
  return ends;
}

/** The same bytes. */
export function bufferOf(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const EMPTY = Buffer.alloc(0);
