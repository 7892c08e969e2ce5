/** What the lines of one source have in common, however they look: who may keep them back, keeps and counts them. */
import { Runs } from "./batches.ts";
import type { Author } from "./format.ts";
import type { PipelineOptions, Stream } from "./pipeline.ts";
import type { Sink } from "./sink.ts";

export class Outgoing {
  readonly stream: Stream;
  readonly sink: Sink;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** What is printed of the chunk. */
  readonly kept: Runs;
  /** How many have ended in the chunk. */
  lines = 0;
  readonly #options: PipelineOptions;
  readonly #author: Author;

  constructor(options: PipelineOptions, author: Author, stream: Stream) {
    this.#options = options;
    this.#author = author;
    this.stream = stream;
    this.sink = options.sinks[stream];
    this.now = options.now ?? Date.now;
    this.kept = new Runs((bytes) => {
      // The Supervisor's own lines are no node's.
      if (author !== undefined) options.keep?.(author, stream, bytes);
    });
  }

  /** A chunk of that many bytes is done with. */
  done(bytes: number): void {
    if (this.#author !== undefined)
      this.#options.count?.(this.#author, this.stream, bytes, this.lines);
    this.lines = 0;
    this.kept.flush();
    this.sink.flush();
  }

  /** Nobody looks at the lines: they all pass. */
  get isUnhooked(): boolean {
    return this.#author === undefined || this.#options.hooks(this.stream).length === 0;
  }

  /** Whether a line, or a piece of a long one, is to be printed. */
  passes(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#author === undefined) return true;
    const hooks = this.#options.hooks(this.stream);
    if (hooks.length === 0) return true;
    const stop = bytes[end - 1] === NEWLINE && end > start ? end - 1 : end;
    const line = decoder.decode(bytes.subarray(start, stop));
    for (const hook of hooks) {
      try {
        if (hook(this.#author, line) === false) return false;
      } catch (error) {
        this.#options.onHookError(error);
      }
    }
    return true;
  }
}

const NEWLINE = 0x0a;
const decoder = new TextDecoder();
