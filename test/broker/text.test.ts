/** Bytes as strings, and their order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  compareBytes,
  compareText,
  fromBytes,
  normalText,
  toBytes,
} from "../../src/broker/text.ts";
import { anyText } from "./any-value.ts";

/** Lengths of sequences, each too early an end, overlong forms, surrogates, beyond Unicode. */
const BYTES: [hex: string, text: string][] = [
  ["", ""],
  ["61c3a9e282acf09f8cb3", "aé€\u{1f333}"],
  ["efbbbf61", "\ufeffa"],
  ["efbfbd", "\ufffd"],
  ["00", "\0"],
  ["ff", "\udcff"],
  ["80", "\udc80"],
  ["c3", "\udcc3"],
  ["c341", "\udcc3A"],
  ["e282", "\udce2\udc82"],
  ["e28241", "\udce2\udc82A"],
  ["f09f8c", "\udcf0\udc9f\udc8c"],
  ["c080", "\udcc0\udc80"],
  ["c1bf", "\udcc1\udcbf"],
  ["e09fbf", "\udce0\udc9f\udcbf"],
  ["e0a080", "\u0800"],
  ["ed9fbf", "\ud7ff"],
  ["eda080", "\udced\udca0\udc80"],
  ["edbfbf", "\udced\udcbf\udcbf"],
  ["ee8080", "\ue000"],
  ["f08fbfbf", "\udcf0\udc8f\udcbf\udcbf"],
  ["f0908080", "\u{10000}"],
  ["f48fbfbf", "\u{10ffff}"],
  ["f4908080", "\udcf4\udc90\udc80\udc80"],
  ["f5808080", "\udcf5\udc80\udc80\udc80"],
  ["c3a9ff", "é\udcff"],
  ["fff09f8cb3", "\udcff\u{1f333}"],
];

test("C.4: a string is its bytes, and those that are no UTF-8 are kept", () => {
  for (const [hex, text] of BYTES) {
    const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
    assert.equal(fromBytes(bytes), text, hex);
    assert.deepEqual(toBytes(text), bytes, hex);
    assert.equal(normalText(text), text, hex);
  }
});

test("C.4: any bytes come back from their string", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
      const bytes = Uint8Array.from(data);
      assert.deepEqual(toBytes(fromBytes(bytes)), bytes);
    }),
    { numRuns: 2000 },
  );
});

test("C.4: bytes that are nearly UTF-8 come back too, and what is UTF-8 is read as such", () => {
  const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const property = fc.property(anyText, fc.nat(50), fc.nat(255), (text, at, byte) => {
    const bytes = Uint8Array.from([...toBytes(text), 0]);
    bytes[at % bytes.length] = byte;
    const back = fromBytes(bytes);
    assert.deepEqual(toBytes(back), bytes);
    assert.equal(back.isWellFormed(), isUtf8(bytes));
    if (back.isWellFormed()) assert.equal(back, fatal.decode(bytes));
  });
  fc.assert(property, { numRuns: 3000 });
});

test("C.4: strings longer than the arguments of a call", () => {
  const bytes = new Uint8Array(1_000_000).map((_, i) => i);
  assert.deepEqual(toBytes(fromBytes(bytes)), bytes);
});

test("C.4: of several strings for the same bytes, one is normal", () => {
  assert.equal(normalText("\udcc3\udca9"), "é");
  assert.equal(normalText("a\ud800b"), "a\ufffdb");
  assert.equal(normalText("\udc00"), "\ufffd");
  assert.equal(normalText("\udc7f"), "\ufffd");
  assert.equal(normalText("\udd00"), "\ufffd");
  const units = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });
  fc.assert(
    fc.property(units, (text) => {
      assert.equal(normalText(normalText(text)), normalText(text));
      assert.deepEqual(toBytes(normalText(text)), toBytes(text));
    }),
  );
});

test("A.5: strings order as their bytes do", () => {
  const sorted = ["", "\0", "a", "aa", "b", "\x7f", "\udc80", "\udcbf", "\udcc2A", "\x80", "é"];
  sorted.push("é\udc80", "ü", "\udce0", "\u0800", "\ud7ff", "\ue000", "\uffff", "\u{10000}");
  sorted.push("\u{1f333}", "\u{1f333}a", "\u{1f334}", "\u{10ffff}", "\udcf5", "\udcff");
  for (const [i, a] of sorted.entries()) {
    for (const [j, b] of sorted.entries())
      assert.equal(Math.sign(compareText(a, b)), Math.sign(i - j));
  }
});

test("A.5: any strings order as their bytes do", () => {
  const common = fc.oneof(fc.constant(""), anyText);
  const property = fc.property(common, anyText, anyText, (start, a, b) => {
    const [x, y] = [normalText(start + a), normalText(start + b)];
    assert.equal(Math.sign(compareText(x, y)), Math.sign(compareBytes(toBytes(x), toBytes(y))));
  });
  fc.assert(property, { numRuns: 3000 });
});

test("A.5: characters and the bytes that begin like them order as bytes do", () => {
  const start = fc
    .constantFrom("é", "€", "\u{1f333}", "\ue000", "\u{10ffff}")
    .chain((character) => {
      const bytes = toBytes(character);
      return fc
        .tuple(fc.nat(bytes.length), fc.uint8Array({ maxLength: 3 }))
        .map(([kept, more]) => fromBytes(Uint8Array.from([...bytes.subarray(0, kept), ...more])));
    });
  const property = fc.property(start, start, (a, b) => {
    assert.equal(Math.sign(compareText(a, b)), Math.sign(compareBytes(toBytes(a), toBytes(b))));
  });
  fc.assert(property, { numRuns: 3000 });
});

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
