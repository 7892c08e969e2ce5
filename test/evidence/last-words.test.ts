/** Which lines are of which life, in whatever order news and output come. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Held, LastWords, type Stream } from "../../src/evidence/last-words.ts";
import { joined, Tail } from "../../src/evidence/tail.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const BOTH: Stream[] = ["stdout", "stderr"];

class Told extends LastWords {
  say(pid: number, text: string, stream: Stream = "stdout", node = "a"): void {
    this.push(node, pid, stream, bytes(text));
  }

  close(pid: number): void {
    for (const stream of BOTH) this.ended("a", pid, stream);
  }

  lines(held: Held, stream: Stream = "stdout"): string[] {
    return this.last(held, stream, 200).lines;
  }
}

test("the last lines, and how many bytes came before them", () => {
  const tail = new Tail();
  tail.push(bytes("one\ntwo\nthr"), 1_000);
  tail.push(bytes("ee\n\nfive"), 1_000);
  assert.deepEqual(tail.last(3), { lines: ["three", "", "five"], omitted: 8 });
  assert.deepEqual(tail.last(9).lines, ["one", "two", "three", "", "five"]);
  const many = new Tail();
  for (let i = 1; i <= 300; i++) many.push(bytes(`${i}\n`), 64_000);
  const { lines, omitted } = many.last(200);
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [200, "101", "300"]);
  assert.equal(omitted, Array.from({ length: 100 }, (_, i) => `${i + 1}\n`).join("").length);
});

test("of more than is kept the end stays, from the beginning of a line", () => {
  const tail = new Tail();
  for (let i = 1; i <= 10_000; i++) tail.push(bytes(`line ${i}\n`), 1_024);
  const { lines, omitted } = tail.last(200);
  assert.equal(lines.at(-1), "line 10000");
  assert.ok(lines.length > 50 && lines.every((line) => /^line \d+$/.test(line)));
  const all = Array.from({ length: 10_000 }, (_, i) => `line ${i + 1}\n`).join("").length;
  assert.equal(omitted + lines.join("\n").length + 1, all);
});

test("bytes that are no UTF-8 are kept, and lines of several sources are joined", () => {
  const tail = new Tail();
  tail.push(Uint8Array.of(0x61, 0xff, 0x0a), 1_000);
  assert.deepEqual(tail.last(1).lines, ["a\udcff"]);
  const parts = [
    { lines: ["a", "b"], omitted: 5 },
    { lines: ["c"], omitted: 1 },
  ];
  assert.deepEqual(joined(parts, 2), { lines: ["b", "c"], omitted: 8 });
  assert.deepEqual(joined(parts, 3), { lines: ["a", "b", "c"], omitted: 6 });
});

test("lines of an earlier life are none of the next one's, though they come late", () => {
  const words = new Told();
  words.started("a", 7);
  words.say(7, "first\n");
  const first = words.dies("a", 7);
  words.letGo(first, BOTH);
  words.started("a", 8);
  words.say(7, "late\n");
  words.say(8, "second\n");
  words.close(7);
  const second = words.dies("a", 8);
  assert.deepEqual(words.lines(second), ["second"]);
});

test("what a process printed last may come after the news of its end, and of its successor's start", () => {
  const words = new Told();
  words.started("a", 7);
  words.say(7, "one\n");
  const held = words.dies("a", 7);
  assert.ok(!words.hasEnded(held, BOTH));
  words.say(8, "the next life\n");
  words.started("a", 8);
  words.say(7, "two\n");
  words.say(7, "bad\n", "stderr");
  words.close(7);
  assert.ok(words.hasEnded(held, BOTH));
  assert.deepEqual([words.lines(held), words.lines(held, "stderr")], [["one", "two"], ["bad"]]);
  words.letGo(held, BOTH);
  assert.deepEqual(words.lines(words.dies("a", 8)), ["the next life"]);
});

test("streams may end before the process, and output come before its start is known", () => {
  const words = new Told();
  words.say(7, "early\n");
  words.close(7);
  words.started("a", 7);
  const held = words.dies("a", 7);
  assert.ok(words.hasEnded(held, BOTH));
  assert.deepEqual(words.lines(held), ["early"]);
  words.letGo(held, BOTH);
  assert.equal(words.size, 0);
});

test("a pid that is given again is another life", () => {
  const words = new Told();
  words.started("a", 7);
  words.say(7, "old\n");
  const held = words.dies("a", 7);
  words.started("a", 7);
  words.say(7, "new\n");
  assert.deepEqual(words.lines(held), ["old"]);
  words.letGo(held, BOTH);
  assert.deepEqual(words.lines(words.dies("a", 7)), ["new"]);
});

test("what was said in a node's name, and by its Zeek's Stem, is of the life that it came around", () => {
  const words = new Told();
  words.say(0, "cannot pin\n", "stderr");
  words.say(70, "Stem here\n", "stderr");
  words.started("a", 7);
  words.say(7, "own\n", "stderr");
  const first = words.dies("a", 7);
  words.say(0, "cannot pin again\n", "stderr");
  words.say(80, "another Stem\n", "stderr");
  words.started("a", 8);
  assert.deepEqual(words.lines(first, "stderr"), ["cannot pin", "Stem here", "own"]);
  words.letGo(first, BOTH);
  words.say(70, "Stem ends\n", "stderr");
  assert.deepEqual(words.lines(words.dies("a", 8), "stderr"), ["cannot pin again", "another Stem"]);
});

test("a start that failed has what was said of it", () => {
  const words = new Told();
  assert.ok(!words.hasNotes("a"));
  words.say(0, "No such file\n", "stderr");
  assert.ok(words.hasNotes("a"));
  const held = words.dies("a", 0);
  assert.deepEqual(words.lines(held, "stderr"), ["No such file"]);
  assert.ok(!words.hasNotes("a"));
  words.letGo(held, BOTH);
  assert.equal(words.size, 0);
});

test("nothing is left of nodes that are gone, whichever ends first", () => {
  for (const isLate of [true, false]) {
    const words = new Told();
    words.say(0, "note\n");
    words.started("a", 7);
    words.say(7, "x\n");
    if (!isLate) words.close(7);
    words.letGo(words.dies("a", 7), BOTH);
    words.forget("a");
    if (isLate) words.close(7);
    assert.equal(words.size, 0);
  }
  const words = new Told();
  words.started("a", 7);
  words.letGo(words.dies("a", 7), BOTH);
  words.disconnected();
  assert.equal(words.size, 0, "its end will never come");
});

test("many streams share what there is, and each has a little", () => {
  const words = new LastWords({ total: 64_000, most: 32_000, least: 2_000 });
  const line = bytes(`${"x".repeat(99)}\n`);
  for (let i = 0; i < 1_000; i++) {
    words.started(`n${i}`, i + 1);
    words.push(`n${i}`, i + 1, "stdout", line);
  }
  for (let round = 0; round < 100; round++) words.push("n5", 6, "stdout", line);
  const { lines, omitted } = words.last(words.dies("n5", 6), "stdout", 200);
  assert.ok(lines.length >= 18 && lines.length <= 20, `${lines.length}`);
  assert.equal(omitted, (101 - lines.length) * 100);
});
