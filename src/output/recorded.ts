/** Each line as a text of its own that says whose it is: JSON. */
import { bufferOf } from "./batches.ts";
import type { Recorder } from "./format.ts";
import { LineCutter } from "./lines.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Source, SourceRest } from "./pipeline.ts";

/**
 * Each piece is a line by itself, so no line is ever unfinished.
 * @param begun what an earlier source has left of a line
 */
export function recorded(to: Outgoing, record: Recorder, begun?: SourceRest): Source {
  const { kept } = to;
  let at = 0;
  let records = "";
  /** Of a line that comes in pieces, which may be cut within a character. */
  let pieces = decoder;
  const cutter = new LineCutter((bytes, start, end, first, last) => {
    if (last) to.lines++;
    if (!to.passes(bytes, start, end)) return;
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
  return {
    push(bytes) {
      at = to.now();
      kept.begin(bytes);
      cutter.push(bytes);
      done(bytes.length);
    },
    end() {
      at = to.now();
      cutter.end();
      done(0);
    },
    rest: () => ({ ...cutter.rest(), isOpen: false }),
  };

  function done(bytes: number): void {
    if (records !== "") to.sink.batch.add(encoder.encode(records));
    records = "";
    to.done(bytes);
  }
}

const NEWLINE = 0x0a;
const NEWLINES = new Uint8Array([NEWLINE]);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
