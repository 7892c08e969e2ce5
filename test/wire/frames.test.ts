/** Frames: the same ones come out, wherever the stream is cut. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import { type Frame, FrameDecoder, frameHeader, MAX_PAYLOAD } from "../../src/wire/frames.ts";

const SAMPLES: Frame[] = [
  { kind: 0, payload: bytes("{}") },
  { kind: 1, payload: bytes("") },
  { kind: 255, payload: bytes("\0\0\0\x01 not a header") },
  { kind: 1, payload: bytes("the last") },
];

test("48: a frame is u32be length of kind and payload, u8 kind, payload", () => {
  assert.deepEqual(stream([{ kind: 7, payload: bytes("abc") }]), bytes("\0\0\0\x04\x07abc"));
});

test("48: frames come out the same at every split in two", () => {
  const whole = stream(SAMPLES);
  for (let at = 0; at <= whole.length; at++) {
    assert.deepEqual(decode([whole.subarray(0, at), whole.subarray(at)]), SAMPLES, `cut at ${at}`);
  }
});

test("48: frames come out the same one byte at a time", () => {
  assert.deepEqual(decode([...stream(SAMPLES)].map((byte) => Uint8Array.of(byte))), SAMPLES);
});

test("48: any frames come out the same in any pieces", () => {
  const payload = fc.uint8Array({ maxLength: 300 }).map((data) => Uint8Array.from(data));
  const frame = fc.tuple(fc.integer({ min: 0, max: 255 }), payload);
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(700)), (samples, cuts) => {
      const frames = samples.map(([kind, payload]) => ({ kind, payload }));
      const whole = stream(frames);
      const edges = [0, ...cuts.filter((at) => at <= whole.length), whole.length];
      edges.sort((a, b) => a - b);
      const pieces = edges.slice(1).map((end, index) => whole.subarray(edges[index]!, end));
      assert.deepEqual(decode(pieces), frames);
    }),
  );
});

test("48: large frames, larger than the first piece of memory, come out the same", () => {
  const payload = new Uint8Array(300_000).map((_, index) => index % 251);
  const whole = stream([{ kind: 1, payload }, ...SAMPLES]);
  for (const size of [1_000, 4_096, 65_536, 70 * 1_024, 299_999]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size));
    assert.deepEqual(decode(pieces), [{ kind: 1, payload }, ...SAMPLES], `pieces of ${size}`);
  }
});

test("48: a length that no frame can have is refused, whole or byte by byte", () => {
  for (const length of [0, MAX_PAYLOAD + 2, 2 ** 32 - 1]) {
    const header = new Uint8Array(5);
    new DataView(header.buffer).setUint32(0, length);
    assert.throws(() => decode([header]), ProtocolError);
    assert.throws(() => decode([...header].map((byte) => Uint8Array.of(byte))), ProtocolError);
  }
});

test("48: the longest frame is let through on both sides, one byte more is not", () => {
  const whole = stream([{ kind: 1, payload: new Uint8Array(MAX_PAYLOAD) }]);
  assert.equal(decode([whole])[0]?.payload.length, MAX_PAYLOAD);
  assert.throws(() => frameHeader(1, MAX_PAYLOAD + 1), ProtocolError);
});

test("48: bytes that are no frames give a ProtocolError or nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
      try {
        decode(pieces);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
  );
});

function stream(frames: readonly Frame[]): Uint8Array {
  const parts = frames.flatMap(({ kind, payload }) => [frameHeader(kind, payload.length), payload]);
  return Uint8Array.from(Buffer.concat(parts));
}

/** What a decoder makes of the pieces. Payloads are copied, since they share its memory. */
function decode(pieces: readonly Uint8Array[]): Frame[] {
  const decoder = new FrameDecoder();
  return pieces.flatMap((piece) =>
    decoder.push(piece).map(({ kind, payload }) => ({ kind, payload: Uint8Array.from(payload) })),
  );
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

test("48: a frame stays as it is until the next call, whatever begins in the same piece", () => {
  const frames = Array.from({ length: 40 }, (_, kind) => ({
    kind,
    payload: new Uint8Array(1 + ((kind * 37_321) % 200_000)).fill(kind),
  }));
  const whole = stream(frames);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < whole.length; at += 65_536) pieces.push(whole.slice(at, at + 65_536));
  assert.deepEqual(
    decode(pieces).map(({ kind, payload }) => [kind, payload.length, new Set(payload)]),
    frames.map(({ kind, payload }) => [kind, payload.length, new Set([kind])]),
  );
});
