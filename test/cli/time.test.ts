/** Times and amounts as people read them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { clockTime, cpuTime, duration, durationUntil, memory, moment } from "../../src/cli/time.ts";
import { NOW } from "./fake.ts";

test("durations have two units at most, and are never negative", () => {
  const cases: [number, string][] = [
    [-5_000, "0s"],
    [0, "0s"],
    [59_999, "59s"],
    [60_000, "1m 0s"],
    [3_599_999, "59m 59s"],
    [3_600_000, "1h 0m"],
    [86_399_999, "23h 59m"],
    [86_400_000 * 4 + 3_600_000 * 3, "4d 3h"],
  ];
  for (const [milliseconds, text] of cases) assert.equal(duration(milliseconds), text);
});

test("what is due is not there before its time", () => {
  assert.equal(durationUntil(1_001, 0), "2s");
  assert.equal(durationUntil(1_000, 0), "1s");
  assert.equal(durationUntil(0, 5_000), "0s");
});

test("times are local, with the date unless it is today's; what is no time is none", () => {
  assert.equal(clockTime(NOW), "14:03:22.045");
  assert.equal(moment(NOW - 1000, NOW), "14:03:21");
  assert.equal(moment(NOW - 86_400_000, NOW), "2026-07-27 14:03:22");
  assert.equal(moment(0, NOW), "-");
  assert.equal(moment(1e300, NOW), "-");
  assert.equal(clockTime(Number.NaN), "--:--:--.---");
});

test("memory and CPU time", () => {
  assert.equal(memory(0), "0 KiB");
  assert.equal(memory(512 * 1024), "512 KiB");
  assert.equal(memory(12.34 * 1024 ** 2), "12.3 MiB");
  assert.equal(memory(123.4 * 1024 ** 2), "123 MiB");
  assert.equal(memory(1.5 * 1024 ** 3), "1.5 GiB");
  assert.equal(cpuTime(440), "0.4s");
  assert.equal(cpuTime(61_000), "1m 1s");
});
