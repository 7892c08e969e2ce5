/** How long others have to say something: only time in which this process could have heard it counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline } from "../../src/os/deadline.ts";
import { busy } from "../fixtures/turns.ts";

const TIME = 200;

test("it comes after its time, and not before", async () => {
  const begun = performance.now();
  await new Promise<void>((missed) => new Deadline(TIME, missed));
  assert.ok(performance.now() - begun >= TIME * 0.9);
});

test("a stall of our own does not count, wherever in that time it comes", async () => {
  const missed = new Promise<void>((missed) => new Deadline(TIME, missed));
  busy(3 * TIME);
  const goingOn = performance.now();
  await missed;
  // All steps but one are still to come.
  assert.ok(performance.now() - goingOn >= TIME * 0.8);
});

test("called off, it never comes", async () => {
  let isMissed = false;
  const deadline = new Deadline(TIME / 10, () => {
    isMissed = true;
  });
  deadline.callOff();
  await new Promise<void>((missed) => new Deadline(TIME, missed));
  assert.equal(isMissed, false);
});
