/** Frames: the same ones come out, wherever the stream is cut. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameReader } from "../../../src/broker/native/frames.ts";
import { BrokerFormatError } from "../../../src/errors.ts";
import { frame } from "../../fixtures/raw-broker-peer.ts";

const LIMIT = 100_000;
const SAMPLES = ["01", "0c0d", "00000001 ff", "aa".repeat(300)].map((text) => frame(text));
const WHOLE = Buffer.concat(SAMPLES);
const EXPECTED = SAMPLES.map((one) => one.subarray(4).toString("hex"));

test("D: frames come out the same at every split in two", () => {
  for (let at = 0; at <= WHOLE.length; at++) {
    assert.deepEqual(read([WHOLE.subarray(0, at), WHOLE.subarray(at)]), EXPECTED, `cut at ${at}`);
  }
});

test("D: frames come out the same one byte at a time", () => {
  assert.deepEqual(read([...WHOLE].map((byte) => Uint8Array.of(byte))), EXPECTED);
});

test("D: frames come out the same if all pieces are there before the first is asked for", () => {
  const reader = new FrameReader(LIMIT);
  for (const byte of WHOLE) reader.push(Uint8Array.of(byte));
  assert.deepEqual(all(reader), EXPECTED);
});

test("D: any frames come out the same in any pieces", () => {
  const payload = fc.uint8Array({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 8 }), fc.array(fc.nat(700)), (payloads, cuts) => {
      const texts = payloads.map((one) => Buffer.from(one).toString("hex"));
      const whole = Buffer.concat(texts.map((text) => frame(text)));
      const edges = [0, ...cuts.filter((at) => at <= whole.length), whole.length];
      edges.sort((a, b) => a - b);
      const pieces = edges.slice(1).map((end, i) => whole.subarray(edges[i]!, end));
      assert.deepEqual(read(pieces), texts);
    }),
  );
});

test("D: the longest frame is taken; a longer one and an empty one are refused, and ever after", () => {
  const longest = frame("ab".repeat(LIMIT));
  assert.equal(read([longest])[0]?.length, LIMIT * 2);
  for (const length of [0, LIMIT + 1, 2 ** 32 - 1]) {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(length);
    for (const pieces of [[header], [...header].map((byte) => Uint8Array.of(byte))]) {
      const reader = new FrameReader(LIMIT);
      assert.throws(() => {
        for (const piece of pieces) {
          reader.push(piece);
          reader.next();
        }
      }, BrokerFormatError);
      reader.push(WHOLE);
      assert.throws(() => reader.next(), BrokerFormatError);
    }
  }
});

test("D: memory follows what has come, not what was announced", () => {
  const readers = Array.from({ length: 2000 }, () => new FrameReader(8 * 1024 * 1024));
  const before = process.memoryUsage().arrayBuffers;
  for (const reader of readers) {
    reader.push(Buffer.from("007fffff0102", "hex"));
    assert.equal(reader.next(), undefined);
  }
  const used = process.memoryUsage().arrayBuffers - before;
  assert.ok(used < 8 * 1024 * 1024, `${used} bytes for ${readers.length} announcements`);
});

function read(pieces: Uint8Array[]): string[] {
  const reader = new FrameReader(LIMIT);
  return pieces.flatMap((piece) => {
    reader.push(piece);
    return all(reader);
  });
}

function all(reader: FrameReader): string[] {
  const found: string[] = [];
  for (;;) {
    const payload = reader.next();
    if (payload === undefined) return found;
    found.push(Buffer.from(payload).toString("hex"));
  }
}
