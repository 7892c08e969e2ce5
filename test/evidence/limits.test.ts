/** What is kept, what is thinned, and how often the command runs: on virtual time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HookRate } from "../../src/evidence/hook-rate.ts";
import { surplus } from "../../src/evidence/retention.ts";
import { ALLOWANCES, Thinning } from "../../src/evidence/thinning.ts";

const records = (...sizes: number[]) => sizes.map((size, i) => ({ id: i + 1, size }));
const ample = { keep: 100, maxSize: 1_000 };

test("the oldest records go first: when there are too many, or they are too large together", () => {
  assert.deepEqual(surplus([], ample), []);
  assert.deepEqual(surplus(records(1, 1, 1), ample), []);
  assert.deepEqual(surplus(records(1, 1, 1, 1), { ...ample, keep: 2 }), [1, 2]);
  assert.deepEqual(surplus(records(400, 400, 400, 200), ample), [1]);
  assert.deepEqual(surplus(records(400, 400, 400, 201), ample), [1, 2]);
  // What is older than one that goes, goes too: what is kept is all that happened since.
  assert.deepEqual(surplus(records(1, 900, 200), ample), [1, 2]);
  assert.deepEqual(surplus(records(1, 1, 1).reverse(), { ...ample, keep: 1 }), [1, 2]);
});

test("the newest record stays, however large it is, unless none is to be kept", () => {
  assert.deepEqual(surplus(records(1, 5_000), ample), [1]);
  assert.deepEqual(surplus(records(1, 1), { ...ample, keep: 0 }), [1, 2]);
});

test("each node has some records at once, and then one from time to time", () => {
  const thinning = new Thinning({ node: { burst: 3, every: 100 }, all: { burst: 100, every: 1 } });
  const admitted = (node: string, now: number, count: number) =>
    Array.from({ length: count }, () => thinning.admits(node, now)).filter(Boolean).length;
  assert.equal(admitted("a", 0, 10), 3);
  assert.equal(admitted("b", 0, 10), 3, "another node has its own");
  assert.equal(admitted("a", 99, 10), 0);
  assert.equal(admitted("a", 100, 10), 1);
  assert.equal(admitted("a", 350, 10), 2);
  assert.equal(admitted("a", 10_000, 10), 3, "no more than at first, however long it was quiet");
  thinning.forget("a");
  assert.equal(admitted("a", 10_000, 10), 3, "a new node of that name begins anew");
});

test("all nodes together have some at once; what is skipped is counted by node, and told once", () => {
  const thinning = new Thinning({ node: { burst: 10, every: 1 }, all: { burst: 4, every: 1_000 } });
  const names = Array.from({ length: 100 }, (_, i) => `n${i}`);
  const admitted = names.filter((name) => {
    const isAdmitted = thinning.admits(name, 0);
    if (!isAdmitted) thinning.skipped(name);
    return isAdmitted;
  });
  assert.deepEqual(admitted, ["n0", "n1", "n2", "n3"]);
  thinning.skipped("n9");
  assert.deepEqual([thinning.takeSkipped("n9"), thinning.takeSkipped("n9")], [2, 0]);
  assert.equal(thinning.takeSkipped("n0"), 0);
  assert.ok(thinning.admits("n9", 1_000));
});

test("a hundred nodes that crash ten times a second for a minute leave a bounded number of records", () => {
  const thinning = new Thinning();
  let count = 0;
  for (let now = 0; now < 60_000; now += 100)
    for (let i = 0; i < 100; i++) if (thinning.admits(`n${i}`, now)) count++;
  assert.ok(count <= ALLOWANCES.all.burst + 60_000 / ALLOWANCES.all.every, `${count}`);
  assert.ok(count > 200, `${count}: and not all of them are lost`);
});

test("a node that fails by Zeek's delays loses no record", () => {
  const thinning = new Thinning();
  let now = 0;
  for (let attempt = 0; attempt < 30; attempt++) {
    assert.ok(thinning.admits("a", now), `attempt ${attempt}`);
    now += 1_000 * 2 ** Math.floor(attempt / 3);
  }
});

test("the command runs once in a while for each node, and hears how often it did not", () => {
  const rate = new HookRate(60_000);
  assert.equal(rate.admit("a", 0), 0);
  assert.equal(rate.admit("a", 59_999), undefined);
  rate.suppress("a", 1);
  rate.suppress("a", 3);
  assert.equal(rate.admit("b", 1), 0, "another node has its own");
  assert.equal(rate.admit("a", 60_000), 4);
  assert.equal(rate.admit("a", 120_000), 0);
  rate.suppress("a", 1);
  rate.forget("a");
  assert.equal(rate.admit("a", 120_001), 0, "a new node of that name");
  const unlimited = new HookRate(0);
  assert.deepEqual([unlimited.admit("a", 5), unlimited.admit("a", 5)], [0, 0]);
});
