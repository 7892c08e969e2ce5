/** Point 48: writing to real files and pipes, in order, without blocking and without hoarding. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { Sink } from "../../src/output/sink.ts";

const HIGH_WATER = 1024 * 1024;

test("48: what is written to a file is there, in order, once the sink is idle", async (t) => {
  const file = path.join(directory(t), "file");
  const sink = new Sink(open(t, file, "w"));
  const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index}\n`);
  for (const line of lines) sink.write(Buffer.from(line));
  await idle(sink);
  assert.equal(fs.readFileSync(file, "utf8"), lines.join(""));
  assert.equal(sink.written, lines.join("").length);
  assert.ok(sink.isIdle && !sink.isFull);
});

test("48: nothing is written, and nothing waits, for no bytes", () => {
  const sink = new Sink(-1, () => assert.fail("nothing to write"));
  assert.equal(sink.write(new Uint8Array(0)), true);
  let called = 0;
  sink.whenIdle(() => called++);
  sink.whenDrained(() => called++);
  assert.equal(called, 2);
});

test("48: a pipe that nobody reads makes the writer wait at 1 MiB, until it is read", async (t) => {
  const { reader, writer } = fifo(t);
  const sink = new Sink(writer);
  const sent: Buffer[] = [];
  let drained = false;
  for (let last = true; last; ) {
    const bytes = Buffer.alloc(100_000, sent.length);
    sent.push(bytes);
    last = sink.write(bytes);
    assert.equal(last, !sink.isFull);
    assert.ok(sent.length < 20, "the sink asks its writer to wait");
  }
  assert.ok(sent.length * 100_000 >= HIGH_WATER);
  sink.whenDrained(() => {
    drained = true;
  });
  assert.equal(drained, false);
  const read = readUntil(reader, sent.length * 100_000);
  await idle(sink);
  assert.ok(drained && !sink.isFull);
  assert.ok((await read).equals(Buffer.concat(sent)), "all of it, in order");
});

test("48: on a pipe that was made non-blocking, a full pipe is no error", async (t) => {
  const { reader, writer } = fifo(t, fs.constants.O_NONBLOCK);
  const sink = new Sink(writer, (error) => assert.fail(error));
  const bytes = Buffer.alloc(500_000, "0123456789");
  sink.write(bytes.subarray(0, 300_001));
  sink.write(bytes.subarray(300_001));
  const [read] = await Promise.all([readUntil(reader, bytes.length), idle(sink)]);
  assert.ok(read.equals(bytes));
});

test("48: once the reader has gone, the sink says so once, and takes everything without keeping it", async (t) => {
  const { reader, writer } = fifo(t);
  const errors: NodeJS.ErrnoException[] = [];
  const sink = new Sink(writer, (error) => errors.push(error));
  sink.write(Buffer.alloc(HIGH_WATER * 2));
  let released = 0;
  sink.whenDrained(() => released++);
  fs.closeSync(reader);
  await idle(sink);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ["EPIPE"],
  );
  assert.equal(released, 1, "who waited for room is let go");
  assert.equal(sink.write(Buffer.alloc(HIGH_WATER * 2)), true);
  assert.ok(sink.isIdle && !sink.isFull);
  assert.equal(errors.length, 1);
});

function idle(sink: Sink): Promise<void> {
  return new Promise((done) => sink.whenIdle(done));
}

function directory(t: TestContext): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), "coppice-sink-"));
  t.after(() => fs.rmSync(made, { recursive: true }));
  return made;
}

function open(t: TestContext, file: string, flags: string | number): number {
  const fd = fs.openSync(file, flags);
  t.after(() => {
    try {
      fs.closeSync(fd);
    } catch {
      // The test has closed it.
    }
  });
  return fd;
}

/** A pipe with a name, of which both ends are ours: its reader does not wait for bytes. */
function fifo(t: TestContext, writerFlags = 0): { reader: number; writer: number } {
  const file = path.join(directory(t), "fifo");
  execFileSync("mkfifo", [file]);
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants;
  const reader = open(t, file, O_RDONLY | O_NONBLOCK);
  return { reader, writer: open(t, file, O_WRONLY | writerFlags) };
}

async function readUntil(fd: number, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let total = 0; total < length; ) {
    const part = Buffer.alloc(65_536);
    const count = await new Promise<number>((done, failed) =>
      fs.read(fd, part, 0, part.length, null, (error, read) => {
        if (error === null) done(read);
        else if (error.code === "EAGAIN") done(0);
        else failed(error);
      }),
    );
    parts.push(part.subarray(0, count));
    total += count;
  }
  return Buffer.concat(parts);
}

test("48: a sink may write to what writes in the background, one batch at a time", async () => {
  const taken: string[] = [];
  const waiting: ((error?: Error | null) => void)[] = [];
  const sink = new Sink({
    write: (bytes, done) => {
      taken.push(Buffer.from(bytes).toString());
      waiting.push(done);
    },
  });
  sink.write(Buffer.from("a"));
  sink.write(Buffer.from("b"));
  sink.write(Buffer.from("c"));
  assert.deepEqual(taken, ["a"]);
  waiting.shift()?.();
  assert.deepEqual(taken, ["a", "bc"]);
  assert.equal(sink.written, 1);
  const idle = new Promise<void>((resolve) => sink.whenIdle(resolve));
  waiting.shift()?.(null);
  await idle;
  assert.equal(sink.written, 3);
});

test("48: bytes may change once they are queued, and none changes while it is being written", async () => {
  const taken: string[] = [];
  let written: { bytes: Uint8Array; text: string; done: () => void } | undefined;
  const sink = new Sink({
    write: (bytes, done) => {
      written = { bytes, text: Buffer.from(bytes).toString(), done };
    },
  });
  const again = Buffer.alloc(4);
  const expected: string[] = [];
  for (let i = 0; i < 1_000; i++) {
    const text = String(i).padStart(4);
    again.write(text);
    if (i % 2 === 0) sink.write(again);
    else sink.batch.add(again);
    expected.push(text);
    if (i % 2 === 1) sink.flush();
    again.fill(0);
    if (i % 7 === 0) out();
  }
  while (!sink.isIdle) out();
  assert.equal(taken.join(""), expected.join(""));

  function out(): void {
    assert.ok(written);
    const { bytes, text, done } = written;
    assert.equal(Buffer.from(bytes).toString(), text);
    taken.push(text);
    done();
  }
});

test("48: what was queued while a sink breaks is discarded, and what comes then", () => {
  let fail: ((error: Error) => void) | undefined;
  const errors: string[] = [];
  const sink = new Sink(
    {
      write: (_bytes, done) => {
        assert.equal(fail, undefined, "nothing is written to it any more");
        fail = done;
      },
    },
    ({ message }) => errors.push(message),
  );
  for (let i = 0; i < 3; i++) sink.write(Buffer.alloc(HIGH_WATER));
  fail?.(new Error("broken"));
  sink.batch.add(Buffer.from("more"));
  assert.equal(sink.flush(), true);
  assert.deepEqual([sink.queued, sink.written, errors], [0, 0, ["broken"]]);
});
