/** When memory is given back: once nothing has happened for a while, and only if enough had. */
import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { Rest, releaseMemory } from "../../src/os/rest.ts";

function setUp() {
  let time = 0;
  let timers: { at: number; act: () => void }[] = [];
  let acts = 0;
  const clock = {
    now: () => time,
    at: (at: number, act: () => void) => {
      timers.push({ at, act });
      return () => assert.fail("nobody cancels it");
    },
  };
  const pass = (ms: number): void => {
    time += ms;
    const due = timers.filter(({ at }) => at <= time);
    timers = timers.filter(({ at }) => at > time);
    for (const { act } of due) act();
  };
  const rest = new Rest(clock, () => acts++);
  return { rest, pass, acts: () => acts, timers: () => timers.length };
}

test("it is at rest once nothing has happened for five seconds", () => {
  const { rest, pass, acts, timers } = setUp();
  assert.equal(timers(), 0);
  rest.stir();
  pass(4_000);
  rest.stir();
  pass(1_000);
  pass(3_999);
  assert.equal(acts(), 0);
  pass(1);
  assert.deepEqual([acts(), timers()], [1, 0], "and wakes up for nothing any more");
});

test("after that a hundred things have to happen before it is worth while again", () => {
  const { rest, pass, acts, timers } = setUp();
  rest.stir();
  pass(5_000);
  for (let i = 0; i < 99; i++) rest.stir();
  assert.equal(timers(), 0);
  rest.stir();
  assert.equal(timers(), 1, "one timer, however much happens");
  for (let i = 0; i < 500; i++) rest.stir();
  assert.equal(timers(), 1);
  pass(5_000);
  pass(5_000);
  assert.equal(acts(), 2);
});

test("garbage is collected, and nothing else is changed", () => {
  const before = typeof globalThis.gc;
  const garbage = new WeakRef({ of: "nobody" });
  assert.ok(garbage.deref());
  return new Promise<void>((done) => {
    // A reference that was looked at lives until the turn is over.
    setTimeout(() => {
      releaseMemory(undefined);
      assert.equal(garbage.deref(), undefined);
      assert.equal(typeof globalThis.gc, before);
      assert.equal(vm.runInNewContext("typeof gc"), "undefined");
      done();
    });
  });
});
