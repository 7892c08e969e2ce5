/** Points 31 to 34: when a node that died comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { policyOf, type RevivalPolicy } from "../../src/core/config.ts";
import { afterDeath, attempted, delayOf, FRESH, type Revival } from "../../src/core/revival.ts";

const STARTED = 1_000;

test("31: every exit is revived by default, exit status 0 too, however often", () => {
  let revival = FRESH;
  for (let death = 0; death < 500; death++) {
    const exit = [{ code: 0 }, { code: 1 }, { signal: "SIGSEGV" }, {}][death % 4]!;
    const verdict = afterDeath(revival, exit, STARTED, STARTED, policy());
    assert.ok(verdict.revive);
    revival = attempted(verdict.revival);
  }
});

test("31: with `when`, only failures, or nothing, is revived", () => {
  const revives = (when: RevivalPolicy["when"], exit: { code?: number; signal?: string }) =>
    afterDeath(FRESH, exit, STARTED, STARTED, policy({ when })).revive;
  assert.equal(revives("failure", { code: 0 }), false);
  assert.equal(revives("failure", { code: 3 }), true);
  assert.equal(revives("failure", { signal: "SIGTERM" }), true);
  assert.equal(revives("failure", {}), true);
  assert.equal(revives("never", { code: 3 }), false);
  assert.equal(revives("never", { signal: "SIGKILL" }), false);
});

test("31: with `limit`, that many revivals in a row, and again after a long life", () => {
  const limited = policy({ limit: 2 });
  const two: Revival = { attempts: 2 };
  assert.equal(afterDeath({ attempts: 1 }, {}, STARTED, STARTED, limited).revive, true);
  assert.equal(afterDeath(two, {}, STARTED, STARTED + 29_999, limited).revive, false);
  assert.equal(afterDeath(two, {}, STARTED, STARTED + 30_000, limited).revive, true);
  assert.equal(afterDeath(FRESH, {}, STARTED, STARTED, policy({ limit: 0 })).revive, false);
});

test("32: the delays are 1 s three times, 2 s three times, 4 s three times, and so on", () => {
  assert.deepEqual(
    delays(policy(), 12),
    [1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8].map((s) => s * 1_000),
  );
  assert.equal(delays(policy(), 100).at(-1), 2 ** 33 * 1_000, "longer than a timer can hold");
});

test("32: delay, attemptsPerDelay, factor and maxDelay are the node's own", () => {
  const own = policy({ delay: 10, attemptsPerDelay: 2, factor: 3, maxDelay: 100 });
  assert.deepEqual(delays(own, 8), [10, 10, 30, 30, 90, 90, 100, 100]);
  assert.deepEqual(delays(policy({ factor: 1 }), 5), Array(5).fill(1_000));
});

test("32: a delay grows without end, and stays a number that a date can hold", () => {
  for (const attempts of [3_000, 30_000, 1e9]) {
    const delay = delayOf({ attempts }, policy());
    assert.ok(!Number.isNaN(new Date(1.8e12 + delay).getTime()), `after ${attempts} attempts`);
  }
});

test("33: the delay counts from the last start", () => {
  for (const lived of [0, 10, 999, 1_000, 5_000]) {
    const verdict = afterDeath(FRESH, {}, STARTED, STARTED + lived, policy());
    assert.ok(verdict.revive);
    assert.equal(verdict.at, STARTED + 1_000, `after a life of ${lived} ms`);
  }
});

test("34: a node that was up for 30 s starts afresh", () => {
  const tired: Revival = { attempts: 9 };
  const short = afterDeath(tired, {}, STARTED, STARTED + 29_999, policy());
  const long = afterDeath(tired, {}, STARTED, STARTED + 30_000, policy());
  assert.deepEqual(short, { revive: true, at: STARTED + 8_000, revival: tired });
  assert.deepEqual(long, { revive: true, at: STARTED + 1_000, revival: FRESH });
  const soon = afterDeath(tired, {}, STARTED, STARTED + 50, policy({ resetAfter: 50 }));
  assert.deepEqual(soon.revival, FRESH);
});

test("32: no delay is ever shorter than the one before it, or longer than maxDelay", () => {
  const anyPolicy = fc.record({
    delay: fc.integer({ min: 0, max: 1e6 }),
    attemptsPerDelay: fc.integer({ min: 1, max: 5 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    maxDelay: fc.integer({ min: 0, max: 1e9 }),
  });
  fc.assert(
    fc.property(anyPolicy, (own) => {
      const all = delays(policy(own), 40);
      assert.deepEqual(
        all,
        [...all].sort((a, b) => a - b),
      );
      assert.ok(all.every((delay) => delay <= own.maxDelay));
    }),
  );
});

function policy(own: Partial<RevivalPolicy> = {}): RevivalPolicy {
  return policyOf({ name: "n", revival: own }).revival;
}

/** Those of a node that dies the moment it is started. */
function delays(own: RevivalPolicy, count: number): number[] {
  let revival = FRESH;
  return Array.from({ length: count }, () => {
    const verdict = afterDeath(revival, { code: 1 }, STARTED, STARTED, own);
    assert.ok(verdict.revive);
    revival = attempted(verdict.revival);
    return verdict.at - STARTED;
  });
}
