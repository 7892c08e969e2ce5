/** The order of values: that of their types, then their own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeBinary, encodeBinary } from "../../src/broker/binary/binary.ts";
import { compareValues } from "../../src/broker/order.ts";
import {
  address,
  count,
  enumValue,
  integer,
  port,
  set,
  subnet,
  table,
  timespan,
  timestamp,
  type Value,
} from "../../src/broker/values.ts";
import { anyValue } from "./any-value.ts";

/** All types, in order, and in each the order of its values. */
const SORTED: Value[] = [
  null,
  false,
  true,
  count(0),
  count(2),
  count(10),
  count(2n ** 64n - 1n),
  integer(-(2n ** 63n)),
  integer(-1),
  integer(0),
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  -1.5,
  0,
  Number.MIN_VALUE,
  Number.POSITIVE_INFINITY,
  "",
  "B",
  "a",
  "aa",
  "\udc80",
  "é",
  "\uffff",
  "\u{1f333}",
  "\udcff",
  address("::1"),
  address("1.2.3.4"),
  address("1.2.3.10"),
  address("10.0.0.0"),
  address("2001:db8::"),
  address("ff02::1"),
  subnet("10.0.0.0/8"),
  subnet("10.0.0.0/16"),
  subnet("10.1.0.0/16"),
  subnet("2001:db8::/32"),
  port(1, "?"),
  port(1, "tcp"),
  port(1, "udp"),
  port(1, "icmp"),
  port(80, "?"),
  timestamp(-1n),
  timestamp(0),
  timespan(-1n),
  timespan(1n),
  enumValue("A::B"),
  enumValue("A::a"),
  set([]),
  set([null]),
  set([null, true]),
  set([true]),
  table([]),
  table([[null, null]]),
  table([[null, true]]),
  table([[true, null]]),
  [],
  [null],
  [null, null],
  [true],
  ["a"],
];

test("A.5: values order by type, then value", () => {
  for (const [i, a] of SORTED.entries()) {
    for (const [j, b] of SORTED.entries()) {
      assert.equal(Math.sign(compareValues(a, b)), Math.sign(i - j), `${i} and ${j}`);
    }
  }
});

test("A.5: sets and tables are sorted by it, each value and key once", () => {
  const shuffled = fc.shuffledSubarray(SORTED, { minLength: SORTED.length });
  fc.assert(
    fc.property(shuffled, (values) => {
      assert.deepEqual(set([...values, ...values]).values, SORTED);
      const { entries } = table(values.map((value) => [value, null]));
      assert.deepEqual(
        entries.map(([key]) => key),
        SORTED,
      );
      const unsorted = encodeBinary({ type: "set", values });
      assert.deepEqual(decodeBinary(unsorted), set(SORTED));
    }),
    { numRuns: 50 },
  );
});

test("A.5: the order is one: it can be turned round, and goes on", () => {
  const property = fc.property(anyValue, anyValue, anyValue, (a, b, c) => {
    assert.equal(compareValues(a, a), 0);
    assert.equal(Math.sign(compareValues(a, b)), -Math.sign(compareValues(b, a)) || 0);
    const [x, y, z] = [a, b, c].sort(compareValues) as [Value, Value, Value];
    assert.ok(compareValues(x, y) <= 0 && compareValues(y, z) <= 0 && compareValues(x, z) <= 0);
  });
  fc.assert(property, { numRuns: 2000 });
});

test("A.5: the two zeros are one in a set, where the last one counts", () => {
  assert.deepEqual(set([0, -0]).values, [-0]);
  assert.deepEqual(
    table([
      [-0, "a"],
      [0, "b"],
    ]).entries,
    [[0, "b"]],
  );
});

test("A.5: of several values of one key, the last counts", () => {
  const entries: [Value, Value][] = [
    ["b", 1],
    ["a", 1],
    ["b", 2],
    ["a", 2],
    ["b", 3],
  ];
  assert.deepEqual(table(entries).entries, [
    ["a", 2],
    ["b", 3],
  ]);
});

test("what a set or a table was made of stays as it was", () => {
  const values = [true, null];
  set(values);
  assert.deepEqual(values, [true, null]);
});
