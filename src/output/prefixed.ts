/** Lines as they are, with bytes before each: Zeek's format, and the short one. */
import type { Prefixer } from "./format.ts";
import { LineCutter } from "./lines.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Source, SourceRest, Stream } from "./pipeline.ts";

/** The source whose unfinished line is on each sink. */
export type OpenLines = Record<Stream, Source | undefined>;

/** @param begun what an earlier source has left of a line */
export function prefixed(
  to: Outgoing,
  prefixer: Prefixer,
  open: OpenLines,
  begun?: SourceRest,
): Source {
  const { stream, sink, kept } = to;
  let prefix: Uint8Array = EMPTY;
  const cutter = new LineCutter(addPiece, begun, addLines);
  const source: Source = {
    push(bytes) {
      prefix = prefixer(to.now());
      kept.begin(bytes);
      cutter.push(bytes);
      to.done(bytes.length);
    },
    end() {
      prefix = prefixer(to.now());
      cutter.end();
      to.done(0);
    },
    rest: () => ({ ...cutter.rest(), isOpen: open[stream] === source }),
  };
  if (begun?.isOpen) open[stream] = source;

  function addPiece(
    bytes: Uint8Array,
    start: number,
    end: number,
    first: boolean,
    last: boolean,
  ): void {
    if (last) to.lines++;
    if (!to.passes(bytes, start, end)) return;
    // A prefix, unless it goes on where this source left off.
    const goesOn = !first && open[stream] === source;
    if (!goesOn) endOpenLine();
    if (!goesOn) sink.batch.add(prefix);
    sink.batch.add(bytes, start, end);
    kept.add(bytes, start, end);
    open[stream] = last ? undefined : source;
    if (!last || (bytes[end - 1] === NEWLINE && end > start)) return;
    sink.batch.add(NEWLINES);
    kept.add(NEWLINES, 0, 1);
  }

  /** In no other way than one by one, if nobody has to look at each. */
  function addLines(bytes: Uint8Array, start: number, end: number): boolean {
    if (!to.isUnhooked) return false;
    endOpenLine();
    to.lines += sink.batch.addLines(prefix, bytes, start, end);
    kept.add(bytes, start, end);
    return true;
  }

  function endOpenLine(): void {
    if (open[stream] !== undefined) sink.batch.add(NEWLINES);
    open[stream] = undefined;
  }

  return source;
}

const NEWLINE = 0x0a;
const NEWLINES = new Uint8Array([NEWLINE]);
const EMPTY = new Uint8Array(0);
