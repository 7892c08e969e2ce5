/** Values, and what is none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  address,
  count,
  enumValue,
  integer,
  type Protocol,
  port,
  subnet,
  timespan,
  timestamp,
} from "../../src/broker/values.ts";
import { BrokerValueError } from "../../src/errors.ts";

test("A.5: counts and integers are exact to their limits", () => {
  assert.equal(count(7).value, 7n);
  assert.equal(count(2n ** 64n - 1n).value, 2n ** 64n - 1n);
  assert.equal(integer(-(2n ** 63n)).value, -(2n ** 63n));
  refused(
    () => count(-1),
    () => count(2n ** 64n),
    () => count(1.5),
    () => count(2 ** 53),
  );
  refused(
    () => count(Number.NaN),
    () => count(Number.POSITIVE_INFINITY),
  );
  refused(
    () => integer(2n ** 63n),
    () => integer(-(2n ** 63n) - 1n),
    () => integer(0.1),
  );
});

test("A.5: times are in milliseconds, or in nanoseconds as bigints", () => {
  assert.equal(timespan(1.5).nanoseconds, 1_500_000n);
  assert.equal(timespan(-0.000001).nanoseconds, -1n);
  assert.equal(timespan(7n).nanoseconds, 7n);
  assert.equal(timestamp(1649574000123).nanoseconds, 1_649_574_000_123_000_000n);
  assert.equal(timestamp(new Date(5)).nanoseconds, 5_000_000n);
  refused(
    () => timespan(Number.NaN),
    () => timespan(1e13),
    () => timespan(2n ** 63n),
  );
  refused(
    () => timestamp(Number.POSITIVE_INFINITY),
    () => timestamp(new Date("x")),
  );
});

test("A.5: addresses and subnets are canonical", () => {
  assert.deepEqual(address("2001:DB8::0"), { type: "address", address: "2001:db8::" });
  assert.deepEqual(subnet("10.1.2.3/8"), { type: "subnet", address: "10.0.0.0", length: 8 });
  assert.deepEqual(subnet("::ffff:10.1.2.3/112"), subnet("10.1.0.0/16"));
  assert.deepEqual(subnet("::ffff:10.1.2.3/80"), subnet("::/80"));
  refused(
    () => address(""),
    () => address("::1%1"),
    () => address("1.2.3.4/8"),
  );
  refused(
    () => subnet("1.2.3.4"),
    () => subnet("1.2.3.4/33"),
    () => subnet("::/129"),
  );
  refused(
    () => subnet("1.2.3.4/8/8"),
    () => subnet("x/8"),
    () => subnet("1.2.3.4/8\n"),
  );
});

test("A.5: ports are of 16 bits, and of a known protocol", () => {
  assert.deepEqual(port(80), { type: "port", port: 80, protocol: "tcp" });
  refused(
    () => port(-1),
    () => port(65_536),
    () => port(1.5),
    () => port(Number.NaN),
  );
  refused(() => port(1, "sctp" as Protocol));
});

test("A.5: names of enums are normal text", () => {
  assert.equal(enumValue("A::\udcc3\udca9").name, "A::é");
});

function refused(...makers: (() => unknown)[]): void {
  for (const make of makers) assert.throws(make, BrokerValueError, String(make));
}
