/** broker-bin-v1, byte by byte. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBinary, encodeBinary } from "../../../src/broker/binary/binary.ts";
import { fromBytes } from "../../../src/broker/text.ts";
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
} from "../../../src/broker/values.ts";
import { BrokerFormatError } from "../../../src/errors.ts";
import { BINARIES } from "../zeek-examples.ts";

for (const [name, example] of Object.entries(BINARIES)) {
  test(`C.4: ${name}`, () => {
    const hex = example.hex.replaceAll(" ", "");
    assert.equal(toHex(example.value), hex);
    assert.equal(hex.length / 2, example.length);
    assert.deepEqual(fromHex(hex), example.value);
  });
}

const LAYOUT: [type: string, value: Value, hex: string][] = [
  ["none", null, "00"],
  ["boolean", false, "0100"],
  ["boolean", true, "0101"],
  ["count", count(2n ** 64n - 1n), "02ffffffffffffffff"],
  ["integer", integer(-2), "03fffffffffffffffe"],
  ["integer", integer(-(2n ** 63n)), "038000000000000000"],
  ["real", 1.5, "043ff8000000000000"],
  ["real", -0, "048000000000000000"],
  ["real", Number.NEGATIVE_INFINITY, "04fff0000000000000"],
  ["string", "", "0500"],
  ["string", "é", "0502c3a9"],
  ["string", "\0", "050100"],
  ["string", fromBytes(Uint8Array.of(0xff, 0xc3)), "0502ffc3"],
  ["string of 200 bytes", "é".repeat(100), `05c801${"c3a9".repeat(100)}`],
  ["address", address("1.2.3.4"), "0600000000000000000000ffff01020304"],
  ["address", address("2001:db8::"), "0620010db8000000000000000000000000"],
  ["subnet", subnet("10.0.0.0/8"), "0700000000000000000000ffff0a00000068"],
  ["subnet", subnet("0.0.0.0/0"), "0700000000000000000000ffff0000000060"],
  ["subnet", subnet("2001:db8::/32"), "0720010db800000000000000000000000020"],
  ["subnet", subnet("::/0"), "070000000000000000000000000000000000"],
  ["port", port(8080, "tcp"), "081f9001"],
  ["port", port(53, "udp"), "08003502"],
  ["port", port(8, "icmp"), "08000803"],
  ["port", port(0xffff, "?"), "08ffff00"],
  ["timestamp", timestamp(-1n), "09ffffffffffffffff"],
  ["timespan", timespan(1), "0a00000000000f4240"],
  ["enum", enumValue("A::B"), "0b04413a3a42"],
  ["set", set([true, null]), "0c02000101"],
  ["table", table([["a", null]]), "0d0105016100"],
  ["vector", [null, [], null], "0e03000e0000"],
];
for (const [type, value, hex] of LAYOUT) {
  test(`C.4: ${type} as ${hex.slice(0, 40)}`, () => {
    assert.equal(toHex(value), hex);
    assert.deepEqual(fromHex(hex), value);
  });
}

test("C.4: NaN", () => {
  assert.equal(fromHex("047ff8000000000000"), Number.NaN);
  assert.equal(fromHex(toHex(Number.NaN)), Number.NaN);
});

const READ: [what: string, hex: string, value: Value][] = [
  ["a boolean of any other byte is true", "0102", true],
  [
    "the host's bits of a subnet are cleared",
    "0700000000000000000000ffff0a01020368",
    subnet("10.0.0.0/8"),
  ],
  ["a subnet wider than IPv4 is of IPv6", "0700000000000000000000ffff0a01020340", subnet("::/64")],
  ["a set is sorted, each value once", "0c030101000101", set([null, true])],
  [
    "of a key, the last value counts",
    "0d030502616200050161010005026162 0101",
    table([
      ["a", false],
      ["ab", true],
    ]),
  ],
  ["an equal string in a longer varbyte", "05818000 61", "a"],
  [
    "an address of IPv6 in its shortest form",
    "0600010000000000020000000000000003",
    address("1:0:0:2::3"),
  ],
];
for (const [what, hex, value] of READ) {
  test(`C.4: ${what}`, () => assert.deepEqual(fromHex(hex), value));
}

const REFUSED: Record<string, string> = {
  nothing: "",
  "an unknown tag": "0f",
  "a tag that is no small number": "ff",
  "bytes after the value": "0000",
  "a boolean cut short": "01",
  "a count cut short": "0200000000000000",
  "an address cut short": "06000000000000000000000000000000",
  "a subnet without length": "0700000000000000000000ffff0a000000",
  "a subnet of 129 bits": "070000000000000000000000000000000081",
  "a protocol beyond icmp": "08000004",
  "a vector of fewer values": "0e0200",
  "a set of fewer values": "0c0200",
  "a table without the last value": "0d020001000101",
  "a table of half an entry": "0d0100",
  "a varbyte of 33 bits": "0e8080808010",
  "a string without length": "05",
};
for (const [what, hex] of Object.entries(REFUSED)) {
  test(`C.4: refused: ${what}`, () => {
    assert.throws(() => fromHex(hex), BrokerFormatError);
  });
}

test("C.4: what was decoded does not change with the buffer that it came in", () => {
  const bytes = Buffer.from(
    "0e0205016106 00000000000000000000ffff01020304".replace(" ", ""),
    "hex",
  );
  const value = decodeBinary(bytes);
  bytes.fill(0);
  assert.deepEqual(value, ["a", address("1.2.3.4")]);
});

function toHex(value: Value): string {
  return Buffer.from(encodeBinary(value)).toString("hex");
}

function fromHex(hex: string): Value {
  return decodeBinary(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}
