/** Points 37 and 41: when a Stem has nobody left to live for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Guardian } from "../../src/stem/guardian.ts";
import type { ProcessId } from "../../src/wire/stem-messages.ts";

const FIRST: ProcessId = { pid: 7, startTime: 70 };
const SECOND: ProcessId = { pid: 8, startTime: 80 };

function meet(keep = 0) {
  const world = { now: 1_000, running: new Set([7]) };
  const guardian = new Guardian(FIRST, keep, {
    now: () => world.now,
    isRunning: ({ pid }) => world.running.has(pid),
  });
  return { world, guardian };
}

test("37: a Supervisor that runs is waited for, however long its link is down", () => {
  const { world, guardian } = meet();
  guardian.welcomed(FIRST, 0);
  guardian.disconnected();
  world.now += 3_600_000;
  assert.equal(guardian.isOrphaned(), false);
});

test("37: one that is gone is the end at once, connected or not", () => {
  const { world, guardian } = meet();
  guardian.welcomed(FIRST, 0);
  world.running.clear();
  assert.equal(guardian.isOrphaned(), true);
  assert.equal(guardian.isExpecting, false);
});

test("with a time to keep, the next one is waited for that long, and not longer", () => {
  const { world, guardian } = meet(500);
  world.running.clear();
  assert.equal(guardian.isOrphaned(), false);
  assert.equal(guardian.isExpecting, true);
  world.now += 499;
  assert.equal(guardian.isOrphaned(), false);
  world.now += 1;
  assert.equal(guardian.isOrphaned(), true);
});

test("the next one is watched in the place of the last, and has its own time to keep", () => {
  const { world, guardian } = meet(500);
  world.running.clear();
  assert.equal(guardian.isOrphaned(), false);
  world.running.add(8);
  guardian.welcomed(SECOND, 0);
  world.now += 10_000;
  assert.equal(guardian.isOrphaned(), false);
  world.running.clear();
  assert.equal(guardian.isOrphaned(), true);
});

test("one that comes back within the time begins a new time when it goes again", () => {
  const { world, guardian } = meet(500);
  world.running.clear();
  assert.equal(guardian.isOrphaned(), false);
  world.now += 400;
  world.running.add(7);
  assert.equal(guardian.isOrphaned(), false);
  world.running.clear();
  world.now += 400;
  assert.equal(guardian.isOrphaned(), false);
});

test("one that replaces itself has to be back in time, though its process lives", () => {
  const { world, guardian } = meet();
  guardian.welcomed(FIRST, 0);
  guardian.hold(300);
  guardian.disconnected();
  assert.equal(guardian.isExpecting, true);
  world.now += 299;
  assert.equal(guardian.isOrphaned(), false);
  world.now += 1;
  assert.equal(guardian.isOrphaned(), true);
});

test("once it is back, the time that it has taken means nothing any more", () => {
  const { world, guardian } = meet();
  guardian.hold(300);
  guardian.disconnected();
  world.now += 200;
  guardian.welcomed(FIRST, 0);
  guardian.disconnected();
  world.now += 200;
  assert.equal(guardian.isOrphaned(), false);
  assert.equal(guardian.isExpecting, false);
});

test("one that dies while it replaces itself is gone at once", () => {
  const { world, guardian } = meet();
  guardian.hold(300);
  guardian.disconnected();
  world.running.clear();
  assert.equal(guardian.isOrphaned(), true);
});
