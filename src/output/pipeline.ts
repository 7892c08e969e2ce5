/** From a node's bytes to the Supervisor's stdout and stderr: lines, hooks, prefix, sink. */
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
  /** The source whose unfinished line is on each sink. */
  readonly #open: Record<Stream, Source | undefined> = { stdout: undefined, stderr: undefined };

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** @param node "" for the Stem's own output; @param begun what an earlier source has left of a line */
  source(node: string, stream: Stream, begun?: SourceRest): Source {
    const prefix = encoder.encode(prefixOf(node, stream));
    const sink = this.#options.sinks[stream];
    const { keep, count } = this.#options;
    const kept = new Runs((bytes) => keep?.(node, stream, bytes));
    let out = new Batch(0);
    let lines = 0;
    const source: Source = {
      push,
      end,
      rest: () => ({ ...cutter.rest(), isOpen: this.#open[stream] === source }),
    };
    if (begun?.isOpen) this.#open[stream] = source;
    const cutter = new LineCutter((bytes, start, end, first, last) => {
      if (last) lines++;
      const hooks = this.#options.hooks(stream);
      if (hooks.length > 0 && !this.#passes(hooks, node, bytes, start, end)) return;
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
      kept.begin(bytes);
      cutter.push(bytes);
      flush(bytes.length);
    }
    function end(): void {
      cutter.end();
      flush(0);
    }
    function flush(bytes: number): void {
      count?.(node, stream, bytes, lines);
      lines = 0;
      kept.flush();
      sink.write(out.bytes());
      out = new Batch(0);
    }
    return source;
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

  #passes(
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

/** Zeek's prefix. */
function prefixOf(node: string, stream: Stream): string {
  const outer = `[supervisor:${stream.toUpperCase()}] `;
  return node === "" ? outer : `${outer}[${node}] `;
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
