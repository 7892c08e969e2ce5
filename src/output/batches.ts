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

/** Pieces put together in memory that grows by doubling. */
export class Batch {
  #bytes: Uint8Array = EMPTY;
  #length = 0;
  readonly #expected: number;

  /** @param expected how many bytes to make room for at first */
  constructor(expected: number) {
    this.#expected = expected;
  }

  add(source: Uint8Array, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) this.#grow(needed);
    if (start === 0 && end === source.length) this.#bytes.set(source, this.#length);
    else this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length = needed;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2, this.#expected));
    grown.set(this.bytes());
    this.#bytes = grown;
  }
}

const EMPTY = new Uint8Array(0);
