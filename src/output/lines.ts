/** Bytes into lines: the only place where output is cut. */

/** Longer lines are passed on in pieces. */
export const MAX_LINE = 64 * 1024;

/**
 * Receives `source[start..end)`: a line with its newline, or a piece of a longer one.
 * @param first whether a line begins here, and so wants its prefix
 * @param last whether the line ends here; its newline, where it has one, is part of the piece
 */
export type OnPiece = (
  source: Uint8Array,
  start: number,
  end: number,
  first: boolean,
  last: boolean,
) => void;

/**
 * Receives `source[start..end)`: two or more whole lines with their newlines, of any length.
 * @returns false to have them one by one
 */
export type OnLines = (source: Uint8Array, start: number, end: number) => boolean;

/** A line that is not complete. */
export interface Rest {
  bytes: Uint8Array;
  /** Pieces of it are out already. */
  inLine: boolean;
}

/** Cuts one stream. Bytes stay as they are; empty lines are kept. */
export class LineCutter {
  readonly #emit: OnPiece;
  readonly #emitLines: OnLines;
  /** The beginning of a line that is not complete yet: the first `#held` bytes. */
  #partial: Uint8Array = EMPTY;
  #held = 0;
  /** A piece of the current line is out already. */
  #inLine = false;

  /**
   * @param rest what another one had, of the same stream, when it was given up
   * @param emitLines takes what comes as many lines at once, if it likes
   */
  constructor(emit: OnPiece, rest?: Rest, emitLines: OnLines = () => false) {
    this.#emit = emit;
    this.#emitLines = emitLines;
    if (rest === undefined) return;
    this.#partial = rest.bytes;
    this.#held = rest.bytes.length;
    this.#inLine = rest.inLine;
  }

  /** What is not out yet of a line, and whether a piece of it is. */
  rest(): Rest {
    return { bytes: this.#partial.slice(0, this.#held), inLine: this.#inLine };
  }

  push(chunk: Uint8Array): void {
    let isOffered = false;
    for (let at = 0; at < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, at);
      if (newline < 0) at = this.#unfinished(chunk, at);
      else if (isOffered || this.#held > 0 || this.#inLine) at = this.#line(chunk, at, newline + 1);
      else {
        isOffered = true;
        at = this.#lines(chunk, at, newline + 1);
      }
    }
  }

  /** The stream has ended: what is left is a line without a newline. */
  end(): void {
    if (this.#held > 0 || this.#inLine) this.#out(this.#partial, 0, this.#held, true);
    this.#partial = EMPTY;
    this.#held = 0;
  }

  /** Lines begin, the first of which ends before `end`. Returns where the next bytes to handle begin. */
  #lines(chunk: Uint8Array, start: number, end: number): number {
    const last = chunk.lastIndexOf(NEWLINE) + 1;
    const isTaken = last > end && this.#emitLines(chunk, start, last);
    return isTaken ? last : this.#line(chunk, start, end);
  }

  /** A line ends before `end`. Returns where the next bytes to handle begin. */
  #line(chunk: Uint8Array, start: number, end: number): number {
    if (this.#held + end - start - 1 > MAX_LINE) return this.#piece(chunk, start);
    if (this.#held === 0) this.#out(chunk, start, end, true);
    else {
      this.#hold(chunk, start, end);
      this.#out(this.#partial, 0, this.#held, true);
      this.#held = 0;
    }
    return end;
  }

  #unfinished(chunk: Uint8Array, start: number): number {
    if (this.#held + chunk.length - start > MAX_LINE) return this.#piece(chunk, start);
    this.#hold(chunk, start, chunk.length);
    return chunk.length;
  }

  /** Passes on the first 64 KiB of a line that is longer. */
  #piece(chunk: Uint8Array, start: number): number {
    const end = start + MAX_LINE - this.#held;
    this.#hold(chunk, start, end);
    this.#out(this.#partial, 0, this.#held, false);
    this.#held = 0;
    return end;
  }

  #hold(chunk: Uint8Array, start: number, end: number): void {
    const needed = this.#held + end - start;
    if (needed > this.#partial.length) {
      const grown = new Uint8Array(Math.max(needed, this.#partial.length * 2));
      grown.set(this.#partial.subarray(0, this.#held));
      this.#partial = grown;
    }
    this.#partial.set(chunk.subarray(start, end), this.#held);
    this.#held = needed;
  }

  #out(source: Uint8Array, start: number, end: number, last: boolean): void {
    const first = !this.#inLine;
    this.#inLine = !last;
    this.#emit(source, start, end, first, last);
  }
}

const NEWLINE = 0x0a;
const EMPTY = new Uint8Array(0);
