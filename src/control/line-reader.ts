/** From pieces of the history to lines, for whoever follows. */
import { fromBytes } from "../broker/text.ts";
import type { OutputLine } from "../core/api.ts";
import { LineCutter } from "../output/lines.ts";
import type { Chunk } from "./follower.ts";

export class LineReader {
  readonly #streams = new Map<string, { cutter: LineCutter; chunk: Chunk }>();
  #lines: OutputLine[] = [];

  /** The lines that are complete now, and pieces of those that are too long. */
  read(chunk: Chunk): OutputLine[] {
    const key = `${chunk.stream} ${chunk.node}`;
    const stream = this.#streams.get(key) ?? this.#begin(chunk);
    stream.chunk = chunk;
    this.#streams.set(key, stream);
    stream.cutter.push(chunk.bytes);
    return this.#take();
  }

  #begin(chunk: Chunk): { cutter: LineCutter; chunk: Chunk } {
    const stream = {
      chunk,
      cutter: new LineCutter((source, start, end, _first, last) => {
        const { node, stream: name, at, missed } = stream.chunk;
        stream.chunk = { ...stream.chunk, missed: 0 };
        const bytes = source.subarray(start, last && end > start ? end - 1 : end);
        const line: OutputLine = { node, stream: name, at, text: fromBytes(bytes), complete: last };
        if (missed > 0) line.missed = missed;
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
