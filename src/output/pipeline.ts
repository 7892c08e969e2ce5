/** From a node's bytes to the Supervisor's stdout and stderr: lines, hooks, prefix, sink. */
import { type Author, type Format, type Prefixer, type Recorder, ZEEK_FORMAT } from "./format.ts";
import { LineCutter } from "./lines.ts";
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

  /** @param node "" for the Stem's own output */
  source(node: string, stream: Stream): Source {
    return this.#format.tag === "record"
      ? this.#recorded(node, stream, this.#format.recorder(node, stream))
      : this.#prefixed(node, stream, this.#format.prefixer(node, stream));
  }

  /** The Supervisor's own lines, which no hook sees; undefined if they are to be printed as they are. */
  own(stream: Stream): Source | undefined {
    if (this.#format === ZEEK_FORMAT) return undefined;
    return this.#format.tag === "record"
      ? this.#recorded(undefined, stream, this.#format.recorder(undefined, stream))
      : this.#prefixed(undefined, stream, this.#format.prefixer(undefined, stream));
  }

  #prefixed(author: Author, stream: Stream, prefixer: Prefixer): Source {
    const sink = this.#options.sinks[stream];
    const kept = this.#runs(author, stream);
    let out = new Batch(0);
    let prefix: Uint8Array = EMPTY;
    const source: Source = { push, end };
    const now = this.#now;
    const cutter = new LineCutter((bytes, start, end, first, last) => {
      if (!this.#passes(author, stream, bytes, start, end)) return;
      this.#beginPiece(stream, source, out, prefix, first);
      out.add(bytes, start, end);
      kept.add(bytes, start, end);
      if (!last) return;
      this.#open[stream] = undefined;
      if (bytes[end - 1] === NEWLINE && end > start) return;
      out.add(NEWLINES, 0, 1);
      kept.add(NEWLINES, 0, 1);
    });
    function push(bytes: Uint8Array): void {
      // Room for short lines, whose prefixes are as long as they are.
      out = new Batch(bytes.length * 2);
      prefix = prefixer(now());
      kept.begin(bytes);
      cutter.push(bytes);
      flush();
    }
    function end(): void {
      prefix = prefixer(now());
      cutter.end();
      flush();
    }
    function flush(): void {
      kept.flush();
      sink.write(out.bytes());
      out = new Batch(0);
    }
    return source;
  }

  /** Each piece is a line by itself, so no line is ever unfinished. */
  #recorded(author: Author, stream: Stream, record: Recorder): Source {
    const sink = this.#options.sinks[stream];
    const kept = this.#runs(author, stream);
    const now = this.#now;
    let at = 0;
    let records = "";
    /** Of a line that comes in pieces, which may be cut within a character. */
    let pieces = decoder;
    const cutter = new LineCutter((bytes, start, end, first, last) => {
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
    });
    function push(bytes: Uint8Array): void {
      at = now();
      kept.begin(bytes);
      cutter.push(bytes);
      flush();
    }
    function end(): void {
      at = now();
      cutter.end();
      flush();
    }
    function flush(): void {
      kept.flush();
      if (records !== "") sink.write(encoder.encode(records));
      records = "";
    }
    return { push, end };
  }

  #runs(author: Author, stream: Stream): Runs {
    const { keep } = this.#options;
    return new Runs((bytes) => {
      if (author !== undefined) keep?.(author, stream, bytes);
    });
  }

  /** Whole lines that are not to be printed, or pieces of long ones. */
  keep(node: string, stream: Stream, bytes: Uint8Array): void {
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

/** The same bytes; a decoder takes several times as long for a short line. */
function bufferOf(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Joins pieces that follow each other in a chunk, so that a chunk of many lines is kept at once. */
class Runs {
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
class Batch {
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

const NEWLINE = 0x0a;
const NEWLINES = new Uint8Array([NEWLINE]);
const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
