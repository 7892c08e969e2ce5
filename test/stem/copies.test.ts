/** Copies of what goes to files: nothing waits, little is kept, and what is left out is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Copies } from "../../src/stem/copies.ts";

/** A Supervisor that takes as many copies as it is told to. */
function setUp() {
  const sent: string[] = [];
  const link = { room: Number.POSITIVE_INFINITY };
  const copies = new Copies(({ node, pid, stream, isFiled }, bytes) => {
    assert.equal(isFiled, true);
    if (link.room === 0) return false;
    link.room--;
    sent.push(`${node} ${pid} ${stream} ${Buffer.from(bytes).toString()}`);
    return true;
  });
  const add = (pid: number, text: string, taken?: () => void) =>
    copies.add(`n${pid}`, pid, "stdout", Buffer.from(text), taken);
  return { sent, link, copies, add };
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
