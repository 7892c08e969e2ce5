/** Addresses as text, as bytes, and in order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import {
  addressBytes,
  addressOfBytes,
  canonicalAddress,
  compareAddresses,
  networkOf,
} from "../../src/broker/addresses.ts";
import { compareBytes } from "../../src/broker/text.ts";

/** Sixteen bytes, with runs of zeros. */
const anyBytes = fc
  .array(fc.oneof(fc.constant(0), fc.nat(0xffff), fc.nat(15)), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));
const mapped = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map((last) => Uint8Array.from([...new Array(10).fill(0), 0xff, 0xff, ...last]));
const anyAddress = fc.oneof(anyBytes, mapped);

test("C.4: any sixteen bytes come back from the text of the address", () => {
  const property = fc.property(anyAddress, (bytes) => {
    const text = addressOfBytes(bytes);
    assert.deepEqual(addressBytes(text), bytes);
    assert.equal(canonicalAddress(text), text);
    assert.deepEqual(Uint8Array.from(ipaddr.IPv6.parse(toIPv6(text)).toByteArray()), bytes);
  });
  fc.assert(property, { numRuns: 3000 });
});

test("A.5: addresses are written as RFC 5952 has it", () => {
  const canonical: [given: string, text: string | undefined][] = [
    ["::", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["2001:DB8::0:1", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::ffff:102:304", "1.2.3.4"],
    ["::1.2.3.4", "::102:304"],
    ["::fffe:1.2.3.4", "::fffe:102:304"],
    ["255.255.255.255", "255.255.255.255"],
    ["1.2.3", undefined],
    ["1.2.3.04", undefined],
    ["0x1.2.3.4", undefined],
    [" 1.2.3.4", undefined],
    ["fe80::1%eth0", undefined],
    [":".repeat(1_000_000), undefined],
  ];
  for (const [given, text] of canonical) assert.equal(canonicalAddress(given), text, given);
});

test("A.5: addresses order as their bytes do", () => {
  const property = fc.property(anyAddress, anyAddress, fc.nat(16), (a, b, same) => {
    b.set(a.subarray(0, same));
    const order = compareAddresses(addressOfBytes(a), addressOfBytes(b));
    assert.equal(Math.sign(order), Math.sign(compareBytes(a, b)));
  });
  fc.assert(property, { numRuns: 3000 });
});

test("A.5: a network has no bits of the host", () => {
  const property = fc.property(anyAddress, fc.nat(128), (bytes, length) => {
    const network = networkOf(bytes, length);
    const bits = (data: Uint8Array) =>
      [...data].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const expected = bits(bytes).slice(0, length).padEnd(128, "0");
    assert.equal(bits(addressBytes(network.address)), expected);
    assert.equal(network.length, network.address.includes(":") ? length : length - 96);
    assert.ok(network.length >= 0);
  });
  fc.assert(property, { numRuns: 2000 });
});

function toIPv6(text: string): string {
  return text.includes(":") ? text : `::ffff:${text}`;
}
