/** From a node's bytes to the Supervisor's stdout and stderr: lines, hooks, prefix, sink. */
import { lineEnds } from "./batches.ts";
import { type Author, type Format, ZEEK_FORMAT } from "./format.ts";
import type { Rest } from "./lines.ts";
import { Outgoing } from "./outgoing.ts";
import { type OpenLines, prefixed } from "./prefixed.ts";
import { recorded } from "./recorded.ts";
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
  readonly #open: OpenLines = { stdout: undefined, stderr: undefined };

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#format = options.format ?? ZEEK_FORMAT;
  }

  /** @param node "" for the Stem's own output; @param begun what an earlier source has left of a line */
  source(node: string, stream: Stream, begun?: SourceRest): Source {
    return this.#source(node, stream, begun);
  }

  /** The Supervisor's own lines, which no hook sees; undefined if they are to be printed as they are. */
  own(stream: Stream): Source | undefined {
    return this.#format === ZEEK_FORMAT ? undefined : this.#source(undefined, stream);
  }

  #source(author: Author, stream: Stream, begun?: SourceRest): Source {
    const format = this.#format;
    const to = new Outgoing(this.#options, author, stream);
    return format.tag === "record"
      ? recorded(to, format.recorder(author, stream), begun)
      : prefixed(to, format.prefixer(author, stream), this.#open, begun);
  }

  /** Whole lines that are not to be printed, or pieces of long ones. */
  keep(node: string, stream: Stream, bytes: Uint8Array): void {
    this.#options.count?.(node, stream, bytes.length, lineEnds(bytes).length);
    this.#options.keep?.(node, stream, bytes);
  }

  /** A line of ours that must not land in the middle of a node's long one. */
  breakLine(stream: Stream): void {
    if (this.#open[stream] === undefined) return;
    this.#options.sinks[stream].write(NEWLINES);
    this.#open[stream] = undefined;
  }
}

const NEWLINES = new Uint8Array([0x0a]);
