/** From a node's bytes to the Supervisor's stdout and stderr: lines, hooks, prefix, sink. */
import { Batch, Runs } from "./batches.ts";
import { type Author, type Format, type Prefixer, type Recorder, ZEEK_FORMAT } from "./format.ts";
import { LineCutter, type Rest } from "./lines.ts";
import type { Sink } from "./sink.ts";

export type Stream = "stdout" | "stderr";

/** Returns `false` to keep a line from being printed. Node "" is the Stem. */
export type OutputHook = (node: string, line: string) => unknown;

export interface PipelineOptions {
  sinks: Record<Stream, Sink>;
  /** The hooks of a stream; read anew for every line, so that scripts may add some at any time. */
  hooks: (stream: Stream) => readonly OutputHook[];
  onHookError: (error: unknown) => void;
  /** Keeps what is printed of a node: lines, or pieces of long ones. The bytes may change afterwards. */
  keep?: (node: string, stream: Stream, bytes: Uint8Array) => void;
  /** Is told, for each chunk, of how many bytes it was and how many lines have ended in it. */
  count?: (node: string, stream: Stream, bytes: number, lines: number) => void;
  /** How lines look; Zeek's way if left out. */
  format?: Format;
  /** Unix time in milliseconds. */
  now?: () => number;
}

/** One source of output: a stream of one process. */
export interface Source {
  push(bytes: Uint8Array): void;
  /** Prints what is left of a line. */
  end(): void;
  /** What would be left, for a source of another process that goes on with it. */
  rest(): SourceRest;
}

export interface SourceRest extends Rest {
  /** The end of that line on its sink is still this source's. */
  isOpen: boolean;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #format: Format;
  readonly #now: () => number;
  /** The source whose unfinished line is on each sink. */
  readonly #open: Record<Stream, Source | undefined> = { stdout: undefined, stderr: undefined };

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#format = options.format ?? ZEEK_FORMAT;
    this.#now = options.now ?? Date.now;
  }

  /** @param node "" for the Stem's own output; @param begun what an earlier source has left of a line */
  source(node: string, stream: Stream, begun?: SourceRest): Source {
    return this.#format.tag === "record"
      ? this.#recorded(node, stream, this.#format.recorder(node, stream), begun)
      : this.#prefixed(node, stream, this.#format.prefixer(node, stream), begun);
  }

  /** The Supervisor's own lines, which no hook sees; undefined if they are to be printed as they are. */
  own(stream: Stream): Source | undefined {
    if (this.#format === ZEEK_FORMAT) return undefined;
    return this.#format.tag === "record"
      ? this.#recorded(undefined, stream, this.#format.recorder(undefined, stream))
      : this.#prefixed(undefined, stream, this.#format.prefixer(undefined, stream));
  }

  #prefixed(author: Author, stream: Stream, prefixer: Prefixer, begun?: SourceRest): Source {
    const sink = this.#options.sinks[stream];
    const kept = this.#runs(author, stream);
    const count = this.#counter(author, stream);
    let out = new Batch(0);
    let prefix: Uint8Array = EMPTY;
    let lines = 0;
    const source: Source = {
      push,
      end,
      rest: () => ({ ...cutter.rest(), isOpen: this.#open[stream] === source }),
    };
    if (begun?.isOpen) this.#open[stream] = source;
    const now = this.#now;
    const cutter = new LineCutter((bytes, start, end, first, last) => {
      if (last) lines++;
      if (!this.#passes(author, stream, bytes, start, end)) return;
      this.#beginPiece(stream, source, out, prefix, first);
      out.add(bytes, start, end);
      kept.add(bytes, start, end);
      if (!last) return;
      this.#open[stream] = undefined;
      if (bytes[end - 1] === NEWLINE && end > start) return;
      out.add(NEWLINES, 0, 1);
      kept.add(NEWLINES, 0, 1);
    }, begun);
    function push(bytes: Uint8Array): void {
      // Room for short lines, whose prefixes are as long as they are.
      out = new Batch(bytes.length * 2);
      prefix = prefixer(now());
      kept.begin(bytes);
      cutter.push(bytes);
      flush(bytes.length);
    }
    function end(): void {
      prefix = prefixer(now());
      cutter.end();
      flush(0);
    }
    function flush(bytes: number): void {
      count(bytes, lines);
      lines = 0;
      kept.flush();
      sink.write(out.bytes());
      out = new Batch(0);
    }
    return source;
  }

  /** Each piece is a line by itself, so no line is ever unfinished. */
  #recorded(author: Author, stream: Stream, record: Recorder, begun?: SourceRest): Source {
    const sink = this.#options.sinks[stream];
    const kept = this.#runs(author, stream);
    const count = this.#counter(author, stream);
    let lines = 0;
    const now = this.#now;
    let at = 0;
    let records = "";
    /** Of a line that comes in pieces, which may be cut within a character. */
    let pieces = decoder;
    const cutter = new LineCutter((bytes, start, end, first, last) => {
      if (last) lines++;
      if (!this.#passes(author, stream, bytes, start, end)) return;
      const hasNewline = bytes[end - 1] === NEWLINE && end > start;
      const stop = hasNewline ? end - 1 : end;
      if (first && !last) pieces = new TextDecoder("utf-8", { ignoreBOM: true });
      const text =
        first && last
          ? bufferOf(bytes).toString("utf8", start, stop)
          : pieces.decode(bytes.subarray(start, stop), { stream: !last });
      records += record(at, text, last);
      kept.add(bytes, start, end);
      if (last && !hasNewline) kept.add(NEWLINES, 0, 1);
    }, begun);
    function push(bytes: Uint8Array): void {
      at = now();
      kept.begin(bytes);
      cutter.push(bytes);
      flush(bytes.length);
    }
    function end(): void {
      at = now();
      cutter.end();
      flush(0);
    }
    function flush(bytes: number): void {
      count(bytes, lines);
      lines = 0;
      kept.flush();
      if (records !== "") sink.write(encoder.encode(records));
      records = "";
    }
    return { push, end, rest: () => ({ ...cutter.rest(), isOpen: false }) };
  }

  /** The Supervisor's own lines are no node's. */
  #counter(author: Author, stream: Stream): (bytes: number, lines: number) => void {
    const { count } = this.#options;
    if (author === undefined || count === undefined) return () => {};
    return (bytes, lines) => count(author, stream, bytes, lines);
  }

  #runs(author: Author, stream: Stream): Runs {
    const { keep } = this.#options;
    return new Runs((bytes) => {
      if (author !== undefined) keep?.(author, stream, bytes);
    });
  }

  /** Whole lines that are not to be printed, or pieces of long ones. */
  keep(node: string, stream: Stream, bytes: Uint8Array): void {
    this.#counter(node, stream)(bytes.length, newlinesIn(bytes));
    this.#options.keep?.(node, stream, bytes);
  }

  /** A line of ours that must not land in the middle of a node's long one. */
  breakLine(stream: Stream): void {
    if (this.#open[stream] === undefined) return;
    this.#options.sinks[stream].write(NEWLINES);
    this.#open[stream] = undefined;
  }

  /** Puts what belongs before a piece: a prefix, unless it goes on where this source left off. */
  #beginPiece(
    stream: Stream,
    source: Source,
    out: Batch,
    prefix: Uint8Array,
    first: boolean,
  ): void {
    const open = this.#open[stream];
    if (open !== undefined && (first || open !== source)) out.add(NEWLINES, 0, 1);
    if (first || open !== source) out.add(prefix, 0, prefix.length);
    this.#open[stream] = source;
  }

  #passes(author: Author, stream: Stream, bytes: Uint8Array, start: number, end: number): boolean {
    if (author === undefined) return true;
    const hooks = this.#options.hooks(stream);
    return hooks.length === 0 || this.#passesAll(hooks, author, bytes, start, end);
  }

  #passesAll(
    hooks: readonly OutputHook[],
    node: string,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const stop = bytes[end - 1] === NEWLINE && end > start ? end - 1 : end;
    const line = decoder.decode(bytes.subarray(start, stop));
    let passes = true;
    for (const hook of hooks) {
      try {
        if (hook(node, line) === false) passes = false;
      } catch (error) {
        this.#options.onHookError(error);
      }
      if (!passes) break;
    }
    return passes;
  }
}

function newlinesIn(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** The same bytes; a decoder takes several times as long for a short line. */
function bufferOf(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const NEWLINE = 0x0a;
const NEWLINES = new Uint8Array([NEWLINE]);
const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
