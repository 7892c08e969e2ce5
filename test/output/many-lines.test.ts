/** Point 46: lines that come many at once are handled at once, which nobody can see. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatOf } from "../../src/output/format.ts";
import { MAX_LINE } from "../../src/output/lines.ts";
import { type OutputHook, Pipeline, type Source, type Stream } from "../../src/output/pipeline.ts";
import { Sink } from "../../src/output/sink.ts";

type Step =
  | { tag: "push"; who: number; stream: Stream; bytes: Uint8Array }
  /** Another source goes on with what is left of a line; or none does, and it is printed. */
  | { tag: "handOver" | "end"; who: number; stream: Stream }
  | { tag: "breakLine"; stream: Stream };

const NODES = ["foo", "$&", "ö", ""];

test("46: lines that come many at once are printed, kept and counted as they are one by one", () => {
  const stream = fc.constantFrom<Stream>("stdout", "stderr");
  const who = fc.nat({ max: NODES.length - 1 });
  const ofPart = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.constantFrom("\n", "\n\n\n", "a\nb", "$'\n$&\n").map(bytesOf),
    fc.nat({ max: 300 }).map((length) => new Uint8Array(length).fill(0x78)),
  );
  const long = fc
    .integer({ min: MAX_LINE - 2, max: 2 * MAX_LINE + 2 })
    .map((length) => new Uint8Array(length).fill(0x79));
  const bytes = fc
    .array(fc.oneof({ weight: 12, arbitrary: ofPart }, { weight: 1, arbitrary: long }), {
      maxLength: 20,
    })
    .map((parts) => new Uint8Array(Buffer.concat(parts)));
  const push = fc.record({ tag: fc.constant("push" as const), who, stream, bytes });
  const other = fc.record({
    tag: fc.constantFrom("handOver" as const, "end" as const),
    who,
    stream,
  });
  const breakLine = fc.record({ tag: fc.constant("breakLine" as const), stream });
  const step = fc.oneof(
    { weight: 8, arbitrary: push },
    { weight: 2, arbitrary: other },
    { weight: 1, arbitrary: breakLine },
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 20 }),
      fc.constantFrom("zeek" as const, "short" as const),
      (steps, format) => {
        assert.deepEqual(printed(steps, format, []), printed(steps, format, [() => true]));
      },
    ),
    { numRuns: 100 },
  );
});

test("46: a chunk of many lines has one prefix before each, and keeps the beginning of the last", () => {
  const line = `${"x".repeat(89)}\n`;
  const steps: Step[] = [`${line.repeat(700)}be`, `gun\n${line}${line}`].map((text) => ({
    tag: "push",
    who: 0,
    stream: "stdout",
    bytes: bytesOf(text),
  }));
  const prefix = "[supervisor:STDOUT] [foo] ";
  const { out, counted } = printed(steps, "zeek", []);
  assert.equal(
    out.stdout,
    `${(prefix + line).repeat(700)}${prefix}begun\n${(prefix + line).repeat(2)}`,
  );
  assert.deepEqual(counted, { "foo stdout": { bytes: 702 * 90 + 6, lines: 703 } });
});

/** What comes of it all, and of ending what is left then. */
function printed(steps: readonly Step[], format: "zeek" | "short", hooks: OutputHook[]) {
  const out: Record<Stream, string> = { stdout: "", stderr: "" };
  const sink = (stream: Stream) =>
    new Sink({
      write(bytes, done) {
        out[stream] += Buffer.from(bytes).toString("latin1");
        done();
      },
    });
  const kept: Record<string, string> = {};
  const counted: Record<string, { bytes: number; lines: number }> = {};
  let clock = 0;
  const pipeline = new Pipeline({
    sinks: { stdout: sink("stdout"), stderr: sink("stderr") },
    hooks: () => hooks,
    onHookError: (error) => assert.fail(String(error)),
    keep(node, stream, bytes) {
      const key = `${node} ${stream}`;
      kept[key] = (kept[key] ?? "") + Buffer.from(bytes).toString("latin1");
    },
    count(node, stream, bytes, lines) {
      const sum = counted[`${node} ${stream}`] ?? { bytes: 0, lines: 0 };
      counted[`${node} ${stream}`] = { bytes: sum.bytes + bytes, lines: sum.lines + lines };
    },
    format: formatOf({ format }),
    now: () => ++clock * 1000,
  });
  const sources = new Map<string, { source: Source; who: number; stream: Stream }>();
  const sourceOf = (who: number, stream: Stream): Source => {
    const found = sources.get(`${who} ${stream}`)?.source;
    const source = found ?? pipeline.source(NODES[who] ?? "", stream);
    sources.set(`${who} ${stream}`, { source, who, stream });
    return source;
  };
  for (const step of steps) {
    if (step.tag === "breakLine") pipeline.breakLine(step.stream);
    else if (step.tag === "push") {
      const bytes = step.bytes.slice();
      sourceOf(step.who, step.stream).push(bytes);
      // They may change afterwards.
      bytes.fill(0x0a);
    } else {
      const { who, stream } = step;
      const left = sourceOf(who, stream);
      if (step.tag === "end") left.end();
      const source =
        step.tag === "end"
          ? pipeline.source(NODES[who] ?? "", stream)
          : pipeline.source(NODES[who] ?? "", stream, left.rest());
      sources.set(`${who} ${stream}`, { source, who, stream });
    }
  }
  for (const { source } of sources.values()) source.end();
  return { out, kept, counted };
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
