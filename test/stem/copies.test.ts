/** Copies of what goes to files: nothing waits, little is kept, and what is left out is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Copies } from "../../src/stem/copies.ts";

/** A Supervisor that takes as many copies as it is told to. */
function setUp() {
  const sent: string[] = [];
  const link = { room: Number.POSITIVE_INFINITY };
  let turn = () => {};
  const after = (ms: number, act: () => void) => {
    assert.equal(ms, 1_000);
    turn = act;
  };
  const copies = new Copies(({ node, pid, stream, isFiled }, bytes) => {
    assert.equal(isFiled, true);
    if (link.room === 0) return false;
    link.room--;
    sent.push(`${node} ${pid} ${stream} ${Buffer.from(bytes).toString()}`);
    return true;
  }, after);
  const add = (pid: number, text: string, taken?: () => void) =>
    copies.add({ node: `n${pid}`, pid, stream: "stdout", taken }, Buffer.from(text));
  return { sent, link, copies, add, turn: () => turn() };
}

test("with room they go at once, without it they wait, and go out in order", () => {
  const { sent, link, copies, add } = setUp();
  add(1, "a");
  assert.deepEqual(sent, ["n1 1 stdout a"]);
  link.room = 0;
  add(1, "b");
  add(2, "c");
  add(1, "d");
  copies.flush();
  assert.equal(sent.length, 1);
  link.room = 2;
  copies.flush();
  assert.deepEqual(sent.slice(1), ["n1 1 stdout b", "n1 1 stdout d"]);
  add(2, "e");
  link.room = 9;
  copies.flush();
  assert.deepEqual(sent.slice(3), ["n2 2 stdout c", "n2 2 stdout e"]);
  add(1, "f");
  assert.equal(sent.at(-1), "n1 1 stdout f");
});

test("of one process the newest 64 KiB are kept, and what is left out is told before them", () => {
  const { sent, link, copies, add } = setUp();
  link.room = 0;
  for (let i = 0; i < 100; i++) add(1, `${i}`.padStart(1024, "-"));
  link.room = 1000;
  copies.flush();
  assert.equal(
    sent[0],
    "n1 1 stderr [coppice: 36864 bytes of output here are in its file alone]\n",
  );
  assert.equal(sent.length, 65);
  assert.match(sent[1]!, /-36$/);
  assert.match(sent[64]!, /-99$/);
  add(1, "and on");
  assert.equal(sent[65], "n1 1 stdout and on");
});

test("of all processes together no more than 1 MiB is kept, but some of the first", () => {
  const { sent, link, copies, add } = setUp();
  link.room = 0;
  for (let pid = 1; pid <= 100; pid++) add(pid, "x".repeat(60 * 1024));
  link.room = 1000;
  copies.flush();
  const kept = sent.filter((one) => one.endsWith("x"));
  assert.equal(kept.length, 17);
  assert.equal(sent.length, 100, "the others are told of");
});

test("one that must arrive is never left out, and whoever waits is told when it is on its way", () => {
  const { sent, link, copies, add } = setUp();
  const taken: string[] = [];
  add(1, "at once", () => taken.push("at once"));
  link.room = 0;
  add(1, "must", () => taken.push("must"));
  for (let i = 0; i < 100; i++) add(1, `${i}`.padStart(1024, "-"));
  assert.deepEqual(taken, ["at once"]);
  link.room = 2;
  copies.flush();
  assert.deepEqual(taken, ["at once", "must"]);
  assert.match(sent[2]!, /must$/);
});

test("at the end nobody is left waiting", () => {
  const { link, copies, add } = setUp();
  let isTaken = false;
  link.room = 0;
  add(1, "must", () => {
    isTaken = true;
  });
  copies.discard();
  assert.ok(isTaken);
});

test("floods have 4 MiB in a second; then the newest of them wait, and hold up nobody else", () => {
  const { sent, copies, add, turn } = setUp();
  const flood = Buffer.from(`${"y".repeat(1023)}\n`.repeat(1024));
  const addFlood = () => copies.add({ node: "f", pid: 9, stream: "stdout", isLent: true }, flood);
  for (let i = 0; i < 4; i++) addFlood();
  assert.equal(sent.length, 4);
  for (let i = 0; i < 3; i++) addFlood();
  add(1, "at once");
  copies.flush();
  assert.deepEqual(sent.slice(4), ["n1 1 stdout at once"]);
  turn();
  const omitted = 3 * 1024 * 1024 - 63 * 1024;
  assert.deepEqual(
    sent.slice(5).map((one) => one.slice(0, 80)),
    [
      `f 9 stderr [coppice: ${omitted} bytes of output here are in its file alone]\n`,
      `f 9 stdout ${"y".repeat(69)}`,
    ],
  );
  assert.equal(sent[6]!.length, "f 9 stdout ".length + 63 * 1024);
  addFlood();
  assert.equal(sent.length, 8, "there is room again");
});

test("whatever others print, each has 64 KiB in a second", () => {
  const { sent, add } = setUp();
  for (let i = 0; i < 80; i++) add(9, "y".repeat(65_000));
  const before = sent.length;
  assert.ok(before > 60 && before < 70);
  for (let i = 0; i < 64; i++) add(1, "x".repeat(1024));
  assert.equal(sent.length, before + 64);
});

test("bytes that are lent are kept as they were", () => {
  const { sent, link, copies } = setUp();
  link.room = 0;
  const bytes = Buffer.from("mine\n");
  copies.add({ node: "f", pid: 9, stream: "stdout", isLent: true }, bytes);
  bytes.fill("x");
  link.room = 1;
  copies.flush();
  assert.deepEqual(sent, ["f 9 stdout mine\n"]);
});

test("of a large piece that cannot be sent the end is kept", () => {
  const { sent, link, copies, add } = setUp();
  link.room = 0;
  add(1, "old\n");
  add(1, `${"z".repeat(99)}\n`.repeat(1000));
  link.room = 9;
  copies.flush();
  assert.match(sent[0]!, /^n1 1 stderr \[coppice: 35504 bytes/);
  assert.equal(sent[1]!.length, "n1 1 stdout ".length + 64_500);
  assert.equal(sent.length, 2);
});
