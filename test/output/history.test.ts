/** The history: the last lines of each node, bounded, and read from a position on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { History } from "../../src/output/history.ts";
import { Ring } from "../../src/output/ring.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (ring: Ring, from = 0, most = Number.POSITIVE_INFINITY) =>
  ring
    .read(from, most)
    .runs.map((run) => new TextDecoder().decode(run.bytes))
    .join("");

test("what was added is read back from any position", () => {
  const ring = new Ring();
  ring.append("stdout", bytes("one\n"), 0, 1024);
  ring.append("stderr", bytes("two\n"), 1, 1024);
  ring.append("stdout", bytes("three\n"), 2, 1024);
  assert.equal(text(ring), "one\ntwo\nthree\n");
  assert.equal(text(ring, 4), "two\nthree\n");
  assert.deepEqual(
    ring.read(0, 1024).runs.map(({ stream, at }) => [stream, at]),
    [
      ["stdout", 0],
      ["stderr", 1],
      ["stdout", 2],
    ],
  );
  assert.equal(ring.read(4, 4).next, 8);
  assert.equal(ring.read(ring.end, 10).runs.length, 0);
});

test("the last lines are found, whatever stream they are of", () => {
  const ring = new Ring();
  ring.append("stdout", bytes("one\ntwo\n"), 0, 1024);
  ring.append("stderr", bytes("three\n"), 1, 1024);
  assert.equal(text(ring, ring.tail(1)), "three\n");
  assert.equal(text(ring, ring.tail(2)), "two\nthree\n");
  assert.equal(text(ring, ring.tail(9)), "one\ntwo\nthree\n");
  assert.equal(ring.tail(0), ring.end);
  assert.equal(ring.tail(Number.POSITIVE_INFINITY), 0);
});

test("of more than fits, whole lines are kept, and what is missed is counted", () => {
  const ring = new Ring();
  for (let i = 0; i < 1000; i++) ring.append("stdout", bytes(`line ${i}\n`), i, 1024);
  const { missed, runs } = ring.read(0, Number.POSITIVE_INFINITY);
  const kept = text(ring);
  assert.match(kept, /^line \d+\n/);
  assert.ok(kept.endsWith("line 999\n"));
  assert.ok(kept.length > 900 && kept.length <= 1024);
  assert.equal(missed + kept.length, ring.end);
  assert.ok(runs.length > 1);
});

test("a chunk larger than all that is kept leaves its last lines", () => {
  const ring = new Ring();
  ring.append("stdout", bytes("early\n"), 0, 1024);
  ring.append("stdout", bytes(Array.from({ length: 500 }, (_, i) => `${i}\n`).join("")), 1, 1024);
  assert.match(text(ring), /^\d+\n/);
  assert.ok(text(ring).endsWith("\n498\n499\n"));
});

test("it never keeps more than its limit, and reads what came last, whatever comes", () => {
  const chunk = fc.record({
    text: fc.string({ maxLength: 400 }).map((line) => `${line.replaceAll("\n", "")}\n`),
    limit: fc.constantFrom(1024, 2048, 4096),
    stderr: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 60 }), (chunks) => {
      const ring = new Ring();
      let all = "";
      chunks.forEach(({ text: line, limit, stderr }, i) => {
        ring.append(stderr ? "stderr" : "stdout", bytes(line), i, limit);
        all += new TextDecoder("latin1").decode(bytes(line));
        const { runs, missed } = ring.read(0, Number.POSITIVE_INFINITY);
        const kept = runs.map((run) => new TextDecoder("latin1").decode(run.bytes)).join("");
        assert.ok(kept.length <= limit);
        assert.equal(missed + kept.length, all.length);
        assert.ok(all.endsWith(kept));
        assert.ok(kept.length > 0);
      });
    }),
  );
});

test("nodes share what there is, and what is gone for good is forgotten at last", () => {
  const history = new History({ total: 8192, most: 4096, least: 1024, departed: 2 });
  const line = bytes(`${"x".repeat(99)}\n`);
  const fill = (node: string) => {
    for (let i = 0; i < 100; i++) history.append(node, "stdout", line, 0);
  };
  const size = (node: string) =>
    history
      .read(node, 0, Number.POSITIVE_INFINITY)
      .runs.reduce((sum, run) => sum + run.bytes.length, 0);
  for (const node of ["a", "b", "c", "d"]) history.arrived(node);
  for (const node of ["a", "b", "c", "d"]) fill(node);
  fill("a");
  assert.ok(size("a") <= 2048 && size("a") > 1900);
  for (const node of ["a", "b", "c"]) history.left(node);
  assert.deepEqual(history.nodes(), ["b", "c", "d"]);
  history.arrived("b");
  history.left("d");
  assert.deepEqual(history.nodes(), ["b", "c", "d"]);
});

test("late words of nodes that are gone for good are forgotten as their others were", () => {
  const history = new History({ total: 8192, most: 4096, least: 1024, departed: 2 });
  const names = Array.from({ length: 50 }, (_, i) => `node-${i}`);
  for (const name of names) history.arrived(name);
  for (const name of names) history.append(name, "stdout", bytes("early\n"), 0);
  for (const name of names) history.left(name);
  assert.deepEqual(history.nodes(), ["node-48", "node-49"]);
  for (const name of names) history.append(name, "stdout", bytes("late\n"), 0);
  assert.deepEqual(history.nodes(), ["node-48", "node-49"]);
});

test("bytes that come one by one, of both streams by turns, do not cost many times their size", () => {
  const ring = new Ring();
  for (let i = 0; i < 20_000; i++)
    ring.append(i % 2 === 0 ? "stdout" : "stderr", bytes("\n"), i, 64 * 1024);
  const { runs, missed } = ring.read(0, Number.POSITIVE_INFINITY);
  assert.ok(runs.length <= 2048 && runs.length > 1000, String(runs.length));
  assert.equal(missed + runs.length, 20_000);
});

test("a ring that goes on from what another one had is read at the same positions", () => {
  const pieces = fc.array(
    fc.tuple(fc.constantFrom("stdout", "stderr"), fc.string({ maxLength: 60 })),
  );
  fc.assert(
    fc.property(pieces, fc.nat(40), fc.constantFrom(128, 1024), (all, at, limit) => {
      const [whole, first] = [new Ring(), new Ring()];
      const add = (ring: Ring, from: number, to: number): void => {
        for (const [i, [stream, line]] of all.slice(from, to).entries())
          ring.append(stream as "stdout", bytes(`${line}\n`), (from + i) * 100, limit);
      };
      add(whole, 0, all.length);
      add(first, 0, at);
      const second = Ring.from(first.dump());
      add(second, at, all.length);
      assert.equal(second.end, whole.end);
      assert.deepEqual(second.read(0, Infinity), whole.read(0, Infinity));
    }),
    { numRuns: 50 },
  );
});

test("a history that goes on from another's keeps its nodes, and forgets those that have gone in turn", () => {
  const [old, history] = [new History(), new History()];
  old.arrived("here");
  old.append("here", "stdout", bytes("one\n"), 0);
  old.append("gone", "stdout", bytes("last words\n"), 0);
  history.restore(old.dump());
  history.append("here", "stdout", bytes("two\n"), 1000);
  assert.equal(history.read("here", 0, 100).next, 8);
  assert.equal(history.end("gone"), 11);
  for (let i = 0; i < 40; i++) history.append(`other-${i}`, "stdout", bytes("x\n"), 0);
  assert.equal(history.end("gone"), 0);
});
