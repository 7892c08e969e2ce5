/** Bytes into runs of whole lines, for what is passed on as it is: no line is looked at by itself. */
import { MAX_LINE } from "./lines.ts";

export interface Run {
  bytes: Uint8Array;
  /** Whether a line begins here; else one goes on that is longer than 64 KiB. */
  begins: boolean;
  /** Whether the last line ends here. */
  ends: boolean;
}

/** Cuts one stream. */
export class WholeLines {
  /** The beginning of a line that is not complete yet. */
  #held: Uint8Array[] = [];
  #length = 0;
  /** A piece of the current line is out already. */
  #inLine = false;

  /** Takes what comes next; the bytes must not change afterwards. @returns what is complete */
  push(chunk: Uint8Array): Run | undefined {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const run = this.#out(chunk.subarray(0, end), true);
      this.#hold(chunk.subarray(end));
      return run;
    }
    if (this.#length + chunk.length > MAX_LINE) return this.#out(chunk, false);
    this.#hold(chunk);
    return undefined;
  }

  /**
   * Moves what it holds of a line to the beginning of `into`, to be pushed again with what comes next.
   * @returns how many bytes: 64 KiB at most
   */
  moveTo(into: Uint8Array): number {
    const length = this.#length;
    let at = 0;
    for (const piece of this.#held) {
      into.set(piece, at);
      at += piece.length;
    }
    this.#held = [];
    this.#length = 0;
    return length;
  }

  /** The stream has ended. @returns what is left of a line, with a newline */
  end(): Run | undefined {
    return this.#length > 0 || this.#inLine ? this.#out(NEWLINES, true) : undefined;
  }

  #out(bytes: Uint8Array, ends: boolean): Run {
    const begins = !this.#inLine;
    const run = {
      bytes: this.#length === 0 ? bytes : concat([...this.#held, bytes]),
      begins,
      ends,
    };
    this.#held = [];
    this.#length = 0;
    this.#inLine = !ends;
    return run;
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // A copy: a few bytes must not keep a whole chunk in memory.
    this.#held.push(new Uint8Array(bytes));
    this.#length += bytes.length;
    if (this.#held.length >= MOST_PIECES) this.#held = [concat(this.#held)];
  }
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A line that comes byte by byte must not be kept as thousands of objects. */
const MOST_PIECES = 256;
const NEWLINE = 0x0a;
const NEWLINES = new Uint8Array([NEWLINE]);
