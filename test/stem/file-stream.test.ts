/** A stream on its way to a file: whatever the pieces, all of it arrives, in order, and both streams' lines whole. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { OUTPUT_DEFAULTS } from "../../src/core/output-file.ts";
import { Copies } from "../../src/stem/copies.ts";
import type { StreamFlow } from "../../src/stem/file-sink.ts";
import { FileStream } from "../../src/stem/file-stream.ts";
import { LARGE, LargeBuffers } from "../../src/stem/large-buffers.ts";
import { RotatingFile } from "../../src/stem/rotating-file.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";
import { Dice } from "../simulation/dice.ts";

/** What a pipe does: it gives something when it may, and more to whoever asks while it may not. */
class Pipe implements StreamFlow {
  readonly fd = 9;
  isPaused = false;
  atOnce = 0;
  #left: Buffer;
  readonly #next: (most: number) => number;

  constructor(bytes: Buffer, next: (most: number) => number) {
    this.#left = bytes;
    this.#next = next;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  readNow(into: Uint8Array): number {
    assert.ok(this.isPaused, "two readers at a time");
    const bytes = this.take(Math.min(into.length, this.#next(LARGE)));
    into.set(bytes);
    this.atOnce += bytes.length;
    return bytes.length;
  }

  take(length: number): Buffer {
    const taken = Buffer.from(this.#left.subarray(0, length));
    this.#left = this.#left.subarray(taken.length);
    return taken;
  }

  get isEmpty(): boolean {
    return this.#left.length === 0;
  }
}

function setUp(t: TestContext) {
  const file = path.join(temporaryDirectory(t), "out.log");
  const said: string[] = [];
  const words = { node: "n", say: (text: string) => void said.push(text) };
  const settings = { ...OUTPUT_DEFAULTS, file, maxSize: 1e9 };
  const widened = { open: 0, total: 0 };
  const common = {
    file: new RotatingFile(file, settings, words),
    writer: { node: "n", pid: 1, isAwaited: false },
    copies: new Copies(
      () => true,
      () => {},
    ),
    buffers: new LargeBuffers(),
    widenPipe: () => {
      widened.open++;
      widened.total++;
      return () => void widened.open--;
    },
  };
  t.after(() => common.file.close());
  let left = 0;
  const stream = (name: "stdout" | "stderr") =>
    new FileStream({ ...common, stream: name }, () => left++);
  return { file, said, widened, stream, left: () => left };
}

const SEEDS = [1, 2, 3, 4];
for (const seed of SEEDS) {
  test(`two floods in one file: nothing is lost, doubled or torn (seed ${seed})`, async (t) => {
    const dice = new Dice(seed);
    const below = (most: number) => dice.between(0, most - 1);
    const { file, said, widened, stream, left } = setUp(t);
    const streams = (["stdout", "stderr"] as const).map((name) => {
      const mark = name === "stdout" ? "o" : "e";
      const lines: string[] = [];
      for (let size = 0; size < 2e6; size += lines.at(-1)!.length + 1)
        lines.push(`${mark}${lines.length} ${"x".repeat(below(seed % 2 === 0 ? 100 : 60_000))}`);
      const all = `${lines.join("\n")}\n`;
      return { lines, mark, to: stream(name), pipe: new Pipe(Buffer.from(all), below) };
    });
    const ends = streams.map(async ({ to, pipe }) => {
      while (!pipe.isEmpty) {
        if (!pipe.isPaused) to.take(pipe.take(1 + below(64 * 1024)), pipe);
        await new Promise((next) => setImmediate(next));
      }
      assert.ok(pipe.atOnce > 0);
      while (!to.isIdle) await new Promise((next) => setImmediate(next));
      await new Promise<void>((done) => to.end(done));
    });
    await Promise.all(ends);
    const found = fs.readFileSync(file, "utf8").split("\n").slice(0, -1);
    for (const { lines, mark } of streams) {
      const own = found.filter((line) => line.startsWith(mark));
      assert.equal(own.length, lines.length);
      assert.ok(own.every((line, i) => line === lines[i]));
    }
    assert.equal(found.length, streams[0]!.lines.length + streams[1]!.lines.length);
    assert.deepEqual([said, widened.open, widened.total, left()], [[], 0, 2, 2]);
  });
}

test("a stream that ends in the midst of a flood is written to its end", async (t) => {
  const { file, stream } = setUp(t);
  const to = stream("stdout");
  const pipe = new Pipe(Buffer.from("y".repeat(99_999)), (most) => most);
  to.take(pipe.take(64 * 1024), pipe);
  assert.equal(to.isIdle, false);
  await new Promise<void>((done) => to.end(done));
  assert.equal(fs.readFileSync(file, "utf8"), `${"y".repeat(99_999)}\n`);
});

test("who waits for a large buffer gets one in turn, and no more than four are ever made", () => {
  const buffers = new LargeBuffers();
  const used: Uint8Array[] = [];
  for (let i = 0; i < 6; i++) buffers.take((buffer) => void used.push(buffer));
  assert.equal(used.length, 4);
  buffers.giveBack(used[2]!);
  buffers.giveBack(used[0]!);
  assert.equal(used.length, 6);
  assert.equal(used[4], used[2]);
  assert.equal(used[5], used[0]);
  assert.equal(new Set(used).size, 4);
});
