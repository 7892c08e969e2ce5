/** How the Supervisor's lines look, whoever they are of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatOf, type LogOptions } from "../../src/output/format.ts";
import { MAX_LINE } from "../../src/output/lines.ts";
import { Pipeline, type Stream } from "../../src/output/pipeline.ts";
import { Sink } from "../../src/output/sink.ts";

/** 2026-11-28 12:34:56.789, wherever the test runs. */
const NOW = new Date(2026, 10, 28, 12, 34, 56, 789).getTime();
const ISO = new Date(NOW).toISOString();
const EPOCH = `${Math.floor(NOW / 1000)}.789`;

const ZEEK = [
  "[supervisor:STDOUT] [web] one\n[supervisor:STDOUT] [a-long-name] two\n[supervisor:STDOUT] [web] three\n",
  "[supervisor:STDERR] [web] bad\n[supervisor:STDERR] of the Stem\nerror: of ours\n",
];
const before = (time: string, text: string) => text.replace(/^(?=.)/gm, `${time} `);

const CASES: [options: LogOptions, stdout: string, stderr: string][] = [
  [{ format: "zeek" }, ZEEK[0]!, ZEEK[1]!],
  [{ format: "zeek", time: "none" }, ZEEK[0]!, ZEEK[1]!],
  [{ format: "zeek", time: "iso" }, before(ISO, ZEEK[0]!), before(ISO, ZEEK[1]!)],
  [{ format: "zeek", time: "epoch" }, before(EPOCH, ZEEK[0]!), before(EPOCH, ZEEK[1]!)],
  [{ format: "zeek", time: "clock" }, before("12:34:56", ZEEK[0]!), before("12:34:56", ZEEK[1]!)],
  [
    { format: "short" },
    "12:34:56 web   one\n12:34:56 a-long-name   two\n12:34:56 web           three\n",
    "12:34:56 web         ! bad\n12:34:56             ! of the Stem\n12:34:56             ! error: of ours\n",
  ],
  [
    { format: "short", time: "none" },
    "web   one\na-long-name   two\nweb           three\n",
    "web         ! bad\n            ! of the Stem\n            ! error: of ours\n",
  ],
  [
    { format: "json" },
    `{"ts":"${ISO}","node":"web","stream":"stdout","text":"one"}\n` +
      `{"ts":"${ISO}","node":"a-long-name","stream":"stdout","text":"two"}\n` +
      `{"ts":"${ISO}","node":"web","stream":"stdout","text":"three"}\n`,
    `{"ts":"${ISO}","node":"web","stream":"stderr","text":"bad"}\n` +
      `{"ts":"${ISO}","node":"","stream":"stderr","text":"of the Stem"}\n` +
      `{"ts":"${ISO}","stream":"stderr","level":"error","text":"of ours"}\n`,
  ],
  [
    { format: "json", time: "epoch" },
    `{"ts":${EPOCH},"node":"web","stream":"stdout","text":"one"}\n` +
      `{"ts":${EPOCH},"node":"a-long-name","stream":"stdout","text":"two"}\n` +
      `{"ts":${EPOCH},"node":"web","stream":"stdout","text":"three"}\n`,
    `{"ts":${EPOCH},"node":"web","stream":"stderr","text":"bad"}\n` +
      `{"ts":${EPOCH},"node":"","stream":"stderr","text":"of the Stem"}\n` +
      `{"ts":${EPOCH},"stream":"stderr","level":"error","text":"of ours"}\n`,
  ],
];

for (const [options, stdout, stderr] of CASES) {
  test(`--log-format ${options.format} --log-timestamps ${options.time ?? "as it has it"}`, () => {
    const { pipeline, printed, own } = setUp(options);
    pipeline.source("web", "stdout").push(bytes("one\n"));
    pipeline.source("a-long-name", "stdout").push(bytes("two\n"));
    pipeline.source("web", "stdout").push(bytes("three\n"));
    pipeline.source("web", "stderr").push(bytes("bad\n"));
    pipeline.source("", "stderr").push(bytes("of the Stem\n"));
    own("stderr", "error: of ours\n");
    assert.equal(printed("stdout"), stdout);
    assert.equal(printed("stderr"), stderr);
  });
}

test("in JSON every byte that may come makes a line that can be read", () => {
  const property = fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (chunks) => {
    const { pipeline, printed } = setUp({ format: "json" });
    const source = pipeline.source("web", "stdout");
    for (const chunk of chunks) source.push(chunk);
    source.end();
    const records = printed("stdout")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    const all = Buffer.concat(chunks);
    const lines = all.toString("latin1").split("\n");
    if (lines.at(-1) === "") lines.pop();
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    assert.deepEqual(
      records.map(({ text }) => text),
      lines.map((line) => decoder.decode(Buffer.from(line, "latin1"))),
    );
  });
  fc.assert(property);
});

test("in JSON a long line comes in pieces that say so, and no character is torn", () => {
  const { pipeline, printed } = setUp({ format: "json", time: "none" });
  const long = `x${"ä".repeat(MAX_LINE)}`;
  const source = pipeline.source("web", "stdout");
  source.push(bytes(`${long}\nnext\n`));
  const records = printed("stdout")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  assert.deepEqual(records.at(-1), { node: "web", stream: "stdout", text: "next" });
  const pieces = records.slice(0, -1);
  assert.ok(pieces.length > 1);
  assert.deepEqual(
    pieces.map(({ complete }) => complete),
    [...pieces.slice(1).map(() => false), undefined],
  );
  assert.equal(pieces.map(({ text }) => text).join(""), long);
});

test("in JSON only what Supervisor and Stem say of themselves has a level", () => {
  const { pipeline, printed, own } = setUp({ format: "json", time: "none" });
  own("stderr", "warning: w\ninfo: i\nerror:none\n");
  own("stdout", "error: on stdout\n");
  pipeline.source("", "stderr").push(bytes("error: the Stem caught it\n"));
  pipeline.source("web", "stderr").push(bytes("error: a node's\n"));
  assert.deepEqual(
    printed("stderr")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
    [
      { stream: "stderr", level: "warning", text: "w" },
      { stream: "stderr", level: "info", text: "i" },
      { stream: "stderr", text: "error:none" },
      { node: "", stream: "stderr", level: "error", text: "the Stem caught it" },
      { node: "web", stream: "stderr", text: "error: a node's" },
    ],
  );
  assert.equal(printed("stdout"), '{"stream":"stdout","text":"error: on stdout"}\n');
});

test("hooks see the line as it is, and what is kept for `logs` is without all this", () => {
  const seen: string[] = [];
  const { pipeline, printed, kept, own } = setUp({ format: "json", time: "none" }, (_, line) => {
    seen.push(line);
    return line !== "no";
  });
  pipeline.source("web", "stdout").push(bytes("yes\nno\nlast\n"));
  own("stdout", "ours\n");
  assert.deepEqual(seen, ["yes", "no", "last"]);
  assert.equal(kept(), "yes\nlast\n");
  assert.equal(printed("stdout").split("\n").length, 4);
});

test("a name longer than the column is not cut", () => {
  const { pipeline, printed } = setUp({ format: "short", time: "none" });
  const name = "n".repeat(30);
  pipeline.source(name, "stdout").push(bytes("a\n"));
  pipeline.source("m", "stdout").push(bytes("b\n"));
  assert.equal(printed("stdout"), `${name}   a\n${"m".padEnd(20)}   b\n`);
});

function setUp(options: LogOptions, hook?: (node: string, line: string) => unknown) {
  const out: Record<Stream, string> = { stdout: "", stderr: "" };
  let history = "";
  const sink = (stream: Stream) =>
    new Sink({
      write: (some, done) => {
        out[stream] += Buffer.from(some).toString();
        done();
      },
    });
  const sinks = { stdout: sink("stdout"), stderr: sink("stderr") };
  const pipeline = new Pipeline({
    sinks,
    hooks: () => (hook === undefined ? [] : [hook]),
    onHookError: (error) => assert.fail(String(error)),
    keep: (_node, _stream, some) => {
      history += Buffer.from(some).toString();
    },
    format: formatOf(options),
    now: () => NOW,
  });
  /** As `process.stderr` passes on what is written to it. */
  const own = (stream: Stream, text: string): void => {
    const source = pipeline.own(stream);
    if (source === undefined) sinks[stream].write(bytes(text));
    else source.push(bytes(text));
  };
  return { pipeline, own, printed: (stream: Stream) => out[stream], kept: () => history };
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}
