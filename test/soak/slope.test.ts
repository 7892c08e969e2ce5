import assert from "node:assert/strict";
import { test } from "node:test";
import { slopeOf, verdictOf } from "./slope.ts";

test("a line's slope is found, and no error where nothing strays", () => {
  const points = [0, 1, 2, 3].map((at) => ({ at, value: 5 + 2 * at }));
  const { slope, error } = slopeOf(points);
  assert.ok(Math.abs(slope - 2) < 1e-9 && error < 1e-9);
});

test("the error is that of the textbook", () => {
  // x 1…5, y 2, 4, 5, 4, 5: slope 0.6, standard error √(2.4 / 3 / 10), t 3.182 for 3 degrees of freedom.
  const points = [2, 4, 5, 4, 5].map((value, i) => ({ at: i + 1, value }));
  const { slope, error } = slopeOf(points);
  assert.ok(Math.abs(slope - 0.6) < 1e-9);
  assert.ok(Math.abs(error - 3.182 * Math.sqrt(0.08)) < 0.02, `${error}`);
});

test("too few points say nothing", () => {
  assert.equal(slopeOf([]).error, Number.POSITIVE_INFINITY);
  assert.equal(verdictOf(slopeOf([{ at: 0, value: 1 }]), 1), "not certain");
  assert.equal(
    verdictOf(
      slopeOf([
        { at: 0, value: 1 },
        { at: 1, value: 9 },
      ]),
      1,
    ),
    "not certain",
  );
});

test("only what is beyond the error is certain", () => {
  assert.equal(verdictOf({ slope: 0.2, error: 0.5 }, 1), "met");
  assert.equal(verdictOf({ slope: 0.8, error: 0.5 }, 1), "not certain");
  assert.equal(verdictOf({ slope: 1.4, error: 0.5 }, 1), "not certain");
  assert.equal(verdictOf({ slope: 1.6, error: 0.5 }, 1), "missed");
});
