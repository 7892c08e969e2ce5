/** Points 45 to 47: prefixes and hooks. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { MAX_LINE } from "../../src/output/lines.ts";
import { type OutputHook, Pipeline, type Stream } from "../../src/output/pipeline.ts";
import { Sink } from "../../src/output/sink.ts";

test("45: a node's lines have Zeek's prefix, the Stem's the outer one only", async (t) => {
  const { pipeline, printed } = setUp(t);
  feed(pipeline, "foo", "stdout", "one\ntwo\n");
  feed(pipeline, "", "stdout", "of the Stem\n");
  feed(pipeline, "foo", "stderr", "bad\n");
  assert.equal(
    await printed("stdout"),
    "[supervisor:STDOUT] [foo] one\n[supervisor:STDOUT] [foo] two\n[supervisor:STDOUT] of the Stem\n",
  );
  assert.equal(await printed("stderr"), "[supervisor:STDERR] [foo] bad\n");
});

test("46: empty lines are kept, a last line gets its newline, bytes stay as they are", async (t) => {
  const { pipeline, printed } = setUp(t);
  feed(pipeline, "foo", "stdout", "\n\xff\0\x1b[1m\r\nlast");
  const expected = ["\n", "\xff\0\x1b[1m\r\n", "last\n"];
  assert.equal(
    await printed("stdout"),
    expected.map((line) => `[supervisor:STDOUT] [foo] ${line}`).join(""),
  );
});

test("46: of a line longer than 64 KiB only the first piece has the prefix", async (t) => {
  const { pipeline, printed } = setUp(t);
  const long = "x".repeat(3 * MAX_LINE + 7);
  feed(pipeline, "foo", "stdout", `${long}\nnext\n`);
  assert.equal(
    await printed("stdout"),
    `[supervisor:STDOUT] [foo] ${long}\n[supervisor:STDOUT] [foo] next\n`,
  );
});

test("46: what others print while a long line is open gets lines of its own", async (t) => {
  const { pipeline, printed } = setUp(t);
  const long = "x".repeat(MAX_LINE);
  const foo = pipeline.source("foo", "stdout");
  const bar = pipeline.source("bar", "stdout");
  foo.push(latin(`${long}tail`));
  bar.push(latin("between\n"));
  foo.push(latin(" of it\n"));
  foo.push(latin("next\n"));
  assert.equal(
    await printed("stdout"),
    `[supervisor:STDOUT] [foo] ${long}\n[supervisor:STDOUT] [bar] between\n` +
      "[supervisor:STDOUT] [foo] tail of it\n[supervisor:STDOUT] [foo] next\n",
  );
});

test("46: two long lines at once: each piece says whose it is when the other was last", async (t) => {
  const { pipeline, printed } = setUp(t);
  const [x, y] = ["x".repeat(MAX_LINE), "y".repeat(MAX_LINE)];
  const foo = pipeline.source("foo", "stdout");
  const bar = pipeline.source("bar", "stdout");
  foo.push(latin(`${x}1`));
  bar.push(latin(`${y}1`));
  foo.push(latin("2\n"));
  bar.push(latin("2\n"));
  assert.equal(
    await printed("stdout"),
    `[supervisor:STDOUT] [foo] ${x}\n[supervisor:STDOUT] [bar] ${y}\n` +
      "[supervisor:STDOUT] [foo] 12\n[supervisor:STDOUT] [bar] 12\n",
  );
});

test("46: a line of the Supervisor's own never lands inside a long one", async (t) => {
  const { pipeline, printed } = setUp(t);
  const long = "x".repeat(MAX_LINE);
  const foo = pipeline.source("foo", "stdout");
  pipeline.breakLine("stdout");
  foo.push(latin(`${long}tail`));
  pipeline.breakLine("stdout");
  pipeline.breakLine("stdout");
  foo.end();
  assert.equal(
    await printed("stdout"),
    `[supervisor:STDOUT] [foo] ${long}\n[supervisor:STDOUT] [foo] tail\n`,
  );
});

test("47: hooks get node and line without prefix; only `false` keeps it from being printed", async (t) => {
  const seen: [string, string][] = [];
  const { pipeline, printed } = setUp(t, (node, line) => {
    seen.push([node, line]);
    return line === "secret" ? false : line === "zero" ? 0 : undefined;
  });
  feed(pipeline, "foo", "stdout", "a\nsecret\nzero\n\nlast");
  feed(pipeline, "", "stdout", "of the Stem\n");
  assert.deepEqual(seen, [
    ["foo", "a"],
    ["foo", "secret"],
    ["foo", "zero"],
    ["foo", ""],
    ["foo", "last"],
    ["", "of the Stem"],
  ]);
  assert.equal(
    await printed("stdout"),
    ["[foo] a", "[foo] zero", "[foo] ", "[foo] last", "of the Stem"]
      .map((line) => `[supervisor:STDOUT] ${line}\n`)
      .join(""),
  );
});

test("47: a hook that throws is reported, the next is asked, and the line is printed", async (t) => {
  const problem = new Error("a hook's defect");
  const asked: string[] = [];
  const { pipeline, printed, errors } = setUp(
    t,
    () => {
      throw problem;
    },
    (_node, line) => void asked.push(line),
  );
  feed(pipeline, "foo", "stdout", "a\n");
  assert.deepEqual([errors, asked], [[problem], ["a"]]);
  assert.equal(await printed("stdout"), "[supervisor:STDOUT] [foo] a\n");
});

test("47: once a hook has said `false`, no other is asked", (t) => {
  const { pipeline } = setUp(
    t,
    () => false,
    () => assert.fail("asked"),
  );
  feed(pipeline, "foo", "stdout", "a\n");
});

test("47: a piece that is kept back does not take the prefix of what follows", async (t) => {
  const { pipeline, printed } = setUp(t, (_node, line) => !line.startsWith("x"));
  feed(pipeline, "foo", "stdout", `${"x".repeat(MAX_LINE)}tail\nnext\n`);
  assert.equal(
    await printed("stdout"),
    "[supervisor:STDOUT] [foo] tail\n[supervisor:STDOUT] [foo] next\n",
  );
});

/** A pipeline into files; `printed` waits for what is on its way and tells what a file has. */
test("bytes and lines are counted as they were written, whatever is cut, kept back or added", () => {
  const counted = new Map<string, { bytes: number; lines: number }>();
  const sink = new Sink({ write: (_bytes, done) => done() });
  const pipeline = new Pipeline({
    sinks: { stdout: sink, stderr: sink },
    hooks: (stream) => (stream === "stderr" ? [() => false] : []),
    onHookError: (error) => assert.fail(String(error)),
    count(node, stream, bytes, lines) {
      const sum = counted.get(`${node} ${stream}`) ?? { bytes: 0, lines: 0 };
      counted.set(`${node} ${stream}`, { bytes: sum.bytes + bytes, lines: sum.lines + lines });
    },
  });
  const foo = pipeline.source("foo", "stdout");
  const texts = ["one\ntw", "o\n\n", "x".repeat(3 * MAX_LINE), "\nla", "st"];
  for (const text of texts.slice(0, 3)) foo.push(latin(text));
  assert.equal(counted.get("foo stdout")?.lines, 3);
  for (const text of texts.slice(3)) foo.push(latin(text));
  assert.deepEqual(counted.get("foo stdout"), { bytes: texts.join("").length, lines: 4 });
  foo.end();
  assert.deepEqual(counted.get("foo stdout"), { bytes: texts.join("").length, lines: 5 });
  feed(pipeline, "foo", "stderr", "kept\nback\n");
  assert.deepEqual(counted.get("foo stderr"), { bytes: 10, lines: 2 });
});

function setUp(t: TestContext, ...hooks: OutputHook[]) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "coppice-pipeline-"));
  const open = (stream: Stream) => fs.openSync(path.join(directory, stream), "w");
  const fds = [open("stdout"), open("stderr")] as const;
  const sinks = { stdout: new Sink(fds[0]), stderr: new Sink(fds[1]) };
  const errors: unknown[] = [];
  t.after(() => {
    for (const fd of fds) fs.closeSync(fd);
    fs.rmSync(directory, { recursive: true });
  });
  const pipeline = new Pipeline({
    sinks,
    hooks: () => hooks,
    onHookError: (error) => errors.push(error),
  });
  const printed = async (stream: Stream): Promise<string> => {
    await new Promise<void>((idle) => sinks[stream].whenIdle(idle));
    return fs.readFileSync(path.join(directory, stream), "latin1");
  };
  return { pipeline, printed, errors };
}

function feed(pipeline: Pipeline, node: string, stream: Stream, text: string): void {
  const source = pipeline.source(node, stream);
  source.push(latin(text));
  source.end();
}

function latin(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
