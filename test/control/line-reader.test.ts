/** From pieces of the history to lines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toBytes } from "../../src/broker/text.ts";

import { type Chunk, LineReader } from "../../src/control/line-reader.ts";
import type { OutputLine } from "../../src/core/api.ts";
import { MAX_LINE } from "../../src/output/lines.ts";

function chunk(text: string, more: Partial<Chunk> = {}): Chunk {
  return { node: "a", stream: "stdout", at: 1, bytes: toBytes(text), next: 0, missed: 0, ...more };
}

const shown = (lines: OutputLine[]) =>
  lines.map(({ node, stream, text, complete, missed }) => [
    `${node} ${stream}`,
    `${text}${complete ? "|" : "…"}`,
    ...(missed === undefined ? [] : [missed]),
  ]);

test("lines come whole, however they are cut, without their newlines", () => {
  const text = "one\n\ntwo and\u00e9\u{1f333}\r\n three\n";
  const bytes = toBytes(text);
  const expected = text.slice(0, -1).split("\n");
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
      const reader = new LineReader();
      const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const lines = places.slice(1).flatMap((end, i) => {
        const piece = bytes.subarray(places[i], end);
        return reader.read(chunk("", { bytes: piece }));
      });
      assert.deepEqual(
        lines.map((line) => line.text),
        expected,
      );
      assert.ok(lines.every(({ complete }) => complete));
      assert.deepEqual(reader.end(), []);
    }),
  );
});

test("nodes and streams do not mix, and each line has its time", () => {
  const reader = new LineReader();
  const lines = [
    reader.read(chunk("a out ", { at: 1 })),
    reader.read(chunk("a err ", { at: 2, stream: "stderr" })),
    reader.read(chunk("b out\n", { at: 3, node: "b" })),
    reader.read(chunk("end\n", { at: 4 })),
    reader.read(chunk("end\n", { at: 5, stream: "stderr" })),
  ].flat();
  assert.deepEqual(shown(lines), [
    ["b stdout", "b out|"],
    ["a stdout", "a out end|"],
    ["a stderr", "a err end|"],
  ]);
  assert.deepEqual(
    lines.map(({ at }) => at),
    [3, 4, 5],
  );
});

test("a gap ends the lines that were begun before it, of both streams, and is told once", () => {
  const reader = new LineReader();
  reader.read(chunk("begun"));
  reader.read(chunk("also", { stream: "stderr" }));
  reader.read(chunk("other", { node: "b" }));
  assert.deepEqual(shown(reader.read(chunk("after\nnext\n", { missed: 7 }))), [
    ["a stdout", "begun|"],
    ["a stderr", "also|"],
    ["a stdout", "after|", 7],
    ["a stdout", "next|"],
  ]);
  assert.deepEqual(shown(reader.read(chunk(" end\n", { node: "b" }))), [
    ["b stdout", "other end|"],
  ]);
});

test("a gap is told also if the line after it comes in pieces, or there are two", () => {
  const reader = new LineReader();
  assert.deepEqual(reader.read(chunk("pie", { missed: 7 })), []);
  assert.deepEqual(shown(reader.read(chunk("ce\n"))), [["a stdout", "piece|", 7]]);
});

test("lines that are too long come in pieces, bytes that are no UTF-8 come back", () => {
  const reader = new LineReader();
  const [first, ...rest] = reader.read(chunk(`${"x".repeat(MAX_LINE + 1)}\n`));
  assert.deepEqual([first?.text.length, first?.complete], [MAX_LINE, false]);
  assert.deepEqual(shown(rest), [["a stdout", "x|"]]);
  const bytes = Uint8Array.from([0x61, 0xff, 0x0a]);
  assert.deepEqual(reader.read(chunk("", { bytes }))[0]?.text, "a\udcff");
});

test("what has no end yet comes at the end, as incomplete", () => {
  const reader = new LineReader();
  reader.read(chunk("whole\nbegun"));
  reader.read(chunk("err", { stream: "stderr" }));
  assert.deepEqual(shown(reader.end()), [
    ["a stdout", "begun…"],
    ["a stderr", "err…"],
  ]);
  assert.deepEqual(reader.end(), []);
});
