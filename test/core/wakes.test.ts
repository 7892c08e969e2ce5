/** Who is woken when, compared with a list that is searched anew each time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Wakes } from "../../src/core/wakes.ts";

const sleeper = fc.integer({ min: 0, max: 40 });
const time = fc.integer({ min: 0, max: 30 });

test("the next and those that are due are what a search of all would find", () => {
  const wishes = fc.array(fc.tuple(sleeper, fc.option(time, { nil: undefined })), {
    maxLength: 400,
  });
  fc.assert(
    fc.property(wishes, time, (given, now) => {
      const wakes = new Wakes<number>();
      const known = new Map<number, number>();
      for (const [one, at] of given) {
        wakes.set(one, at);
        // Who wants another time is the last of those who want it.
        if (known.get(one) !== at) known.delete(one);
        if (at !== undefined) known.set(one, at);
        const earliest = Math.min(...known.values());
        assert.equal(wakes.earliest(), known.size === 0 ? undefined : earliest);
      }
      const due = [...known].filter(([, at]) => at <= now).sort(([, a], [, b]) => a - b);
      const names = due.map(([one]) => one);
      assert.deepEqual(wakes.due(now), names);
      assert.deepEqual(wakes.due(now), names, "they stay until they want something else");
    }),
  );
});

test("what is put off again and again leaves nothing behind", () => {
  const wakes = new Wakes<string>();
  wakes.set("first", 0.5);
  for (let at = 1_000_000; at > 0; at--) wakes.set("a", at);
  assert.deepEqual(wakes.due(2), ["first", "a"]);
  wakes.set("first", undefined);
  assert.equal(wakes.earliest(), 1);
  wakes.set("a", undefined);
  assert.equal(wakes.earliest(), undefined);
});
