/** The last lines of a stream of one life. Pure. */
import { fromBytes } from "../broker/text.ts";
import { Ring } from "../output/ring.ts";

export class Tail {
  readonly #ring = new Ring();

  /** @param limit how many bytes to keep at most */
  push(bytes: Uint8Array, limit: number): void {
    // Which stream it is, and when, is of no interest here: all is one run.
    this.#ring.append("stdout", bytes, 0, limit);
  }

  /** The last lines, and how many bytes came before them. */
  last(count: number): Words {
    const from = this.#ring.tail(count);
    const { runs, missed } = this.#ring.read(from, Number.POSITIVE_INFINITY);
    const lines = linesOf(Buffer.concat(runs.map(({ bytes }) => bytes)));
    return { lines, omitted: from + missed };
  }
}

export interface Words {
  lines: string[];
  /** Bytes before them. */
  omitted: number;
}

/** Those of several sources, one after the other: the last lines of all. */
export function joined(parts: readonly Words[], count: number): Words {
  const all = parts.flatMap(({ lines }) => lines);
  const cut = all.slice(0, Math.max(0, all.length - count));
  const omitted = parts.reduce((sum, part) => sum + part.omitted, 0);
  return {
    lines: all.slice(cut.length),
    omitted: cut.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, omitted),
  };
}

/** Without their newlines; the last may have none. */
export function linesOf(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    lines.push(fromBytes(bytes.subarray(start, end)));
    start = end + 1;
  }
  return lines;
}

const NEWLINE = 0x0a;
