/** Numbers, varbytes and strings of Broker's binary formats. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Reader, Writer } from "../../../src/broker/binary/bytes.ts";
import { BrokerFormatError } from "../../../src/errors.ts";

const VARBYTES: [value: number, bytes: string][] = [
  [0, "00"],
  [1, "01"],
  [0x7f, "7f"],
  [0x80, "8001"],
  [300, "ac02"],
  [0x3fff, "ff7f"],
  [0x4000, "808001"],
  [0x7fff_ffff, "ffffffff07"],
  [0x8000_0000, "8080808008"],
  [0xffff_ffff, "ffffffff0f"],
];

test("C.4: varbytes have seven bits a byte, the lowest first", () => {
  for (const [value, expected] of VARBYTES) {
    const writer = new Writer();
    writer.varbyte(value);
    assert.equal(hex(writer), expected);
    assert.equal(reader(expected).varbyte(), value);
  }
});

test("C.4: a varbyte of more than 32 bits is refused, a longer form of less is not", () => {
  assert.equal(reader("8000").varbyte(), 0);
  assert.equal(reader("8180808000").varbyte(), 1);
  for (const hex of ["ffffffff10", "ffffffffff", "808080808000", "ffffffffffffffffff01"]) {
    assert.throws(() => reader(hex).varbyte(), BrokerFormatError, hex);
  }
});

test("C.4: numbers are big-endian", () => {
  const writer = new Writer(1);
  writer.u8(1);
  writer.u16(0x0203);
  writer.u32(0xf4050607);
  writer.u64(2n ** 64n - 2n);
  writer.i64(-2n);
  writer.f64(-0);
  writer.bytes(Uint8Array.of(8, 9));
  writer.string("é");
  const expected = "010203f4050607fffffffffffffffefffffffffffffffe8000000000000000080902c3a9";
  assert.equal(hex(writer), expected);
  assert.equal(writer.length, expected.length / 2);
  const back = reader(expected);
  assert.equal(back.u8(), 1);
  assert.equal(back.u16(), 0x0203);
  assert.equal(back.u32(), 0xf4050607);
  assert.equal(back.u64(), 2n ** 64n - 2n);
  assert.equal(back.i64(), -2n);
  assert.equal(back.f64(), -0);
  assert.deepEqual([...back.bytes(2)], [8, 9]);
  assert.throws(() => back.end(), BrokerFormatError);
  assert.equal(back.string(), "é");
  assert.equal(back.left, 0);
  back.end();
});

test("C.4: what is cut short is refused, and nothing is read of it", () => {
  const kinds = ["u8", "u16", "u32", "u64", "i64", "f64"] as const;
  for (const kind of kinds) assert.throws(() => reader("")[kind](), BrokerFormatError, kind);
  assert.throws(() => reader("80").varbyte(), BrokerFormatError);
  assert.throws(() => reader("0361").string(), BrokerFormatError);
  assert.throws(() => reader("ffffffff0f").string(), BrokerFormatError);
  assert.throws(() => reader("61").bytes(2), BrokerFormatError);
});

test("C.4: a reader may begin in the midst of a buffer", () => {
  const bytes = Uint8Array.of(9, 9, 1, 2).subarray(2);
  assert.equal(new Reader(bytes).u16(), 0x0102);
});

test("C.4: any strings come out as they went in, whatever the size", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", maxLength: 300 })), (texts) => {
      const writer = new Writer(1);
      for (const text of texts) writer.string(text);
      const reader = new Reader(writer.written());
      assert.deepEqual(
        texts.map(() => reader.string()),
        texts,
      );
      reader.end();
    }),
  );
});

function reader(hex: string): Reader {
  return new Reader(Buffer.from(hex, "hex"));
}

function hex(writer: Writer): string {
  return Buffer.from(writer.written()).toString("hex");
}
