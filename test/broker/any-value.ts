/** Any value of Broker's data model. */
import fc from "fast-check";
import { fromBytes } from "../../src/broker/text.ts";
import {
  address,
  count,
  enumValue,
  integer,
  MAX_COUNT,
  MAX_INTEGER,
  MIN_INTEGER,
  PROTOCOLS,
  port,
  set,
  subnet,
  table,
  timespan,
  timestamp,
  type Value,
} from "../../src/broker/values.ts";

/** Bytes as strings: UTF-8, and not. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ maxLength: 12 }),
  fc.uint8Array({ maxLength: 12 }).map(fromBytes),
  fc.constantFrom("__proto__", "@data-type", "\0\x1f\x7f\v", "\u2028", "\ufeff", "\u{10ffff}"),
);

const int64 = fc.oneof(
  fc.bigInt(MIN_INTEGER, MAX_INTEGER),
  fc.bigInt(-2_000_000_000_000n, 2_000_000_000_000n),
  fc.constantFrom(MIN_INTEGER, MAX_INTEGER, 0n, -1n, 1n, -999_999n, 60_000_000_000n),
);
const anyCount = fc.oneof(
  fc.bigInt(0n, MAX_COUNT),
  fc.nat().map(BigInt),
  fc.constantFrom(MAX_COUNT, 2n ** 53n + 1n, 2n ** 63n),
);
const anyReal = fc.oneof(
  fc.double(),
  fc.integer().map((hundredths) => hundredths / 100),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21),
  fc.constantFrom(Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, 1e-7, -1e-6, 123456789.125),
);
const anyAddress = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    "::",
    "::1",
    "1::",
    "::ffff:1.2.3.4",
    "1:0:0:2:0:0:0:3",
    "0:1::",
    "2001:db8::1:0",
  ),
);

const { value } = fc.letrec<{ value: Value }>((tie) => {
  const inner = tie("value");
  return {
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.constant(null),
      fc.boolean(),
      anyReal,
      anyText,
      anyCount.map(count),
      int64.map(integer),
      int64.map(timespan),
      int64.map(timestamp),
      anyAddress.map(address),
      anyAddress.chain((text) => {
        const bits = text.includes(":") ? 128 : 32;
        return fc.nat(bits).map((length) => subnet(`${text}/${length}`));
      }),
      fc.tuple(fc.nat(0xffff), fc.constantFrom(...PROTOCOLS)).map((parts) => port(...parts)),
      anyText.map(enumValue),
      fc.array(inner, { maxLength: 5 }),
      fc.array(inner, { maxLength: 5 }).map(set),
      fc.array(fc.tuple(inner, inner), { maxLength: 5 }).map(table),
    ),
  };
});
const some = fc.array(value, { minLength: 2, maxLength: 8 });
export const anyValue: fc.Arbitrary<Value> = fc.oneof(
  value,
  some,
  some.map(set),
  fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 6 }).map(table),
);
