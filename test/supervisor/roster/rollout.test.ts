/** Nodes that get another configuration, so many at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Rollout } from "../../../src/supervisor/roster/rollout.ts";

const named = (id: number) => ({ id, config: { name: `n${id}` } });
const ids = (replacements: readonly { id: number }[]) => replacements.map(({ id }) => id);

test("no more than its width are under way, and each that is done makes room for the next", () => {
  const rollout = new Rollout(2);
  for (const id of [1, 2, 3, 4]) rollout.add(named(id));
  assert.deepEqual(ids(rollout.next()), [1, 2]);
  assert.deepEqual(ids(rollout.next()), []);
  assert.equal(rollout.done(2), true);
  assert.deepEqual(ids(rollout.next()), [3]);
  for (const id of [1, 3]) rollout.done(id);
  assert.deepEqual(ids(rollout.next()), [4]);
  assert.equal(rollout.isOver, false);
  rollout.done(4);
  assert.equal(rollout.isOver, true);
});

test("without a width all go at once; what was never under way holds up nobody", () => {
  const rollout = new Rollout(Number.POSITIVE_INFINITY);
  for (const id of [1, 2, 3]) rollout.add(named(id));
  assert.deepEqual(ids(rollout.next()), [1, 2, 3]);
  assert.equal(rollout.done(9), false);
});

test("what is not to be replaced any more has no turn", () => {
  const rollout = new Rollout(1);
  for (const id of [1, 2]) rollout.add(named(id));
  rollout.next();
  assert.equal(rollout.drop("n2")?.id, 2);
  assert.equal(rollout.drop("n2"), undefined);
  rollout.done(1);
  assert.deepEqual(rollout.next(), []);
  assert.equal(rollout.isOver, true);
});
