/** Subscriptions: prefixes, byte by byte. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBytes, toBytes } from "../../src/broker/text.ts";
import { Filter } from "../../src/broker/topics.ts";
import { anyText } from "./any-value.ts";

test("B: a subscription is a prefix without separators", () => {
  const filter = new Filter(["zeek/supervisor"]);
  assert.ok(filter.matches("zeek/supervisor"));
  assert.ok(filter.matches("zeek/supervisor/restart_response/10"));
  assert.ok(filter.matches("zeek/supervisorX"));
  assert.ok(!filter.matches("zeek/supervisio"));
  assert.ok(!filter.matches("zeek/sup"));
  assert.ok(!filter.matches(""));
});

test("B: none match without subscriptions, and all do with the empty one", () => {
  assert.ok(!new Filter().matches(""));
  assert.ok(!new Filter([]).matches("a"));
  assert.ok(new Filter([""]).matches(""));
  assert.ok(new Filter(["x", ""]).matches("a"));
});

test("A.1: duplicates, and what another prefix covers, count for nothing", () => {
  assert.deepEqual(new Filter(["b", "a", "b", "ab", "abc", "ba"]).prefixes, ["a", "b"]);
  assert.deepEqual(new Filter(["b", "", "a"]).prefixes, [""]);
  assert.deepEqual(new Filter(["a/b", "a", "a0"]).prefixes, ["a"]);
});

test("B: filters are equal if they want the same", () => {
  assert.ok(new Filter(["b", "a", "ab"]).equals(new Filter(["a", "b"])));
  assert.ok(new Filter().equals(new Filter([])));
  assert.ok(!new Filter([""]).equals(new Filter()));
  assert.ok(!new Filter(["a"]).equals(new Filter(["a", "b"])));
  assert.ok(!new Filter(["a", "b"]).equals(new Filter(["a"])));
  assert.ok(!new Filter(["a\0b"]).equals(new Filter(["a", "b"])));
});

test("B: a prefix may end within a character", () => {
  const half = fromBytes(toBytes("é").subarray(0, 1));
  assert.ok(new Filter([`a${half}`]).matches("aé"));
  assert.ok(!new Filter([`a${half}`]).matches("a"));
  assert.ok(!new Filter([`a${half}`]).matches("a\u{1f333}"));
});

test("B: any prefix in bytes matches, and nothing else does", () => {
  const property = fc.property(anyText, anyText, fc.nat(40), (topic, other, at) => {
    const bytes = toBytes(topic);
    assert.ok(new Filter([fromBytes(bytes.subarray(0, at % (bytes.length + 1)))]).matches(topic));
    const isPrefix = Buffer.from(bytes).indexOf(toBytes(other)) === 0;
    assert.equal(new Filter([other]).matches(topic), isPrefix);
  });
  fc.assert(property, { numRuns: 2000 });
});

test("B: what a filter leaves out, it does not need", () => {
  const prefix = fc.string({ unit: fc.constantFrom("a", "b", "é"), maxLength: 4 });
  const property = fc.property(fc.array(prefix), prefix, (prefixes, topic) => {
    const isWanted = prefixes.some((one) => topic.startsWith(one));
    assert.equal(new Filter(prefixes).matches(topic), isWanted);
  });
  fc.assert(property);
});
