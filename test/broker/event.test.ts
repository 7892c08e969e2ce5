/** Events as values. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventOf, eventsOf, eventValue } from "../../src/broker/event.ts";
import { count, integer, timestamp, type Value } from "../../src/broker/values.ts";

const EVENT = { name: "A::b", args: ["x", count(1)] };
const CONTENT: Value = ["A::b", ["x", count(1)]];
const VALUE: Value = [count(1), count(1), CONTENT];

test("A.6: an event is a vector of format, type and content, without metadata", () => {
  assert.deepEqual(eventValue(EVENT), VALUE);
  assert.deepEqual(eventOf(VALUE), EVENT);
  assert.deepEqual(eventsOf(VALUE), [EVENT]);
  assert.deepEqual(eventOf([count(1), count(1), ["", []]]), { name: "", args: [] });
});

test("A.6: metadata may be absent, empty or filled, with ids known and unknown", () => {
  const metadata: Value[] = [
    [],
    [[count(1), timestamp(0)]],
    [
      [count(1), timestamp(0)],
      [count(200), "x"],
    ],
    ["anything"],
  ];
  for (const one of metadata) {
    const value = [count(1), count(1), ["A::b", EVENT.args, one]];
    assert.deepEqual(eventOf(value), EVENT);
    assert.deepEqual(eventsOf(value), [EVENT]);
  }
});

test("A.6: a batch is its events", () => {
  const other = { name: "C", args: [] };
  const batch = [count(1), count(5), [VALUE, [count(1), count(2), []], eventValue(other), null]];
  assert.deepEqual(eventsOf(batch), [EVENT, other]);
  assert.deepEqual(eventsOf([count(1), count(5), []]), []);
  assert.equal(eventOf(batch), undefined);
  assert.deepEqual(eventsOf([count(1), count(5), [batch]]), []);
  assert.deepEqual(eventsOf([count(1), count(5), "x"]), []);
});

test("A.6: other messages and other values are no events", () => {
  const none: Value[] = [
    null,
    "A::b",
    1,
    [],
    [count(1)],
    [count(1), count(1)],
    [count(2), count(1), CONTENT],
    [1, 1, CONTENT],
    [integer(1), count(1), CONTENT],
    [count(1), integer(1), CONTENT],
    [count(1), count(2), CONTENT],
    [count(1), count(3), CONTENT],
    [count(1), count(4), CONTENT],
    [count(1), count(6), CONTENT],
    [count(1), count(1), "A::b"],
    [count(1), count(1), []],
    [count(1), count(1), ["A::b"]],
    [count(1), count(1), ["A::b", "x"]],
    [count(1), count(1), [count(1), []]],
    [count(1), count(1), ["A::b", [], null]],
    [count(1), count(1), ["A::b", [], [], []]],
  ];
  for (const value of none) {
    assert.equal(eventOf(value), undefined);
    assert.deepEqual(eventsOf(value), []);
  }
});
