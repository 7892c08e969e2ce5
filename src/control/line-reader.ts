/** From pieces of the history to lines, for whoever follows. */
import { fromBytes } from "../broker/text.ts";
import type { OutputLine } from "../core/api.ts";
import { LineCutter } from "../output/lines.ts";

/** What is followed comes in pieces. */
export interface Chunk {
  node: string;
  stream: OutputLine["stream"];
  /** Unix time in milliseconds. */
  at: number;
  bytes: Uint8Array;
  /** Where the node's lines go on. */
  next: number;
  /** How many bytes before these are no longer kept. */
  missed: number;
}

interface Stream {
  cutter: LineCutter;
  /** What is being read, or was last. */
  chunk: Chunk;
  /** Bytes that were dropped before what has not become a line yet. */
  missed: number;
}

export class LineReader {
  /** Those in the middle of a line. */
  readonly #streams = new Map<string, Stream>();
  #lines: OutputLine[] = [];
  /** Whether lines that are begun have no end here. */
  #isEnding = false;

  /** The lines that are complete now, and pieces of those that are too long. */
  read(chunk: Chunk): OutputLine[] {
    // Lines that were begun before a gap have lost their ends, whichever stream they are of.
    if (chunk.missed > 0) for (const stream of STREAMS) this.#end(keyOf(chunk.node, stream));
    const key = keyOf(chunk.node, chunk.stream);
    const stream = this.#streams.get(key) ?? this.#begin(chunk);
    stream.chunk = chunk;
    stream.missed += chunk.missed;
    stream.cutter.push(chunk.bytes);
    if (chunk.bytes.at(-1) === NEWLINE) this.#streams.delete(key);
    else this.#streams.set(key, stream);
    return this.#take();
  }

  /** What there is of lines that are not complete, of which no more will be read. */
  end(): OutputLine[] {
    this.#isEnding = true;
    for (const key of [...this.#streams.keys()]) this.#end(key);
    this.#isEnding = false;
    return this.#take();
  }

  #end(key: string): void {
    this.#streams.get(key)?.cutter.end();
    this.#streams.delete(key);
  }

  #begin(chunk: Chunk): Stream {
    const stream: Stream = {
      chunk,
      missed: 0,
      cutter: new LineCutter((source, start, end, _first, last) => {
        const { node, stream: name, at } = stream.chunk;
        const hasNewline = last && end > start && source[end - 1] === NEWLINE;
        const text = fromBytes(source.subarray(start, hasNewline ? end - 1 : end));
        const complete = last && !this.#isEnding;
        const line: OutputLine = { node, stream: name, at, text, complete };
        if (stream.missed > 0) line.missed = stream.missed;
        stream.missed = 0;
        this.#lines.push(line);
      }),
    };
    return stream;
  }

  #take(): OutputLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}

function keyOf(node: string, stream: OutputLine["stream"]): string {
  return `${stream} ${node}`;
}

const STREAMS = ["stdout", "stderr"] as const;
const NEWLINE = 0x0a;
