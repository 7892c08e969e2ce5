/** Savefiles: the same packets come out, wherever the stream is cut, and nothing that is none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PacketError } from "../../src/errors.ts";
import { MAX_SNAP_LENGTH, type Packet, SavefileDecoder } from "../../src/packets/savefile.ts";
import { record, savefile, type Written } from "../fixtures/savefile.ts";

const FILE_HEADER = 24;
const FLAVOURS = [true, false].flatMap((isLittleEndian) =>
  [true, false].map((hasNanoseconds) => ({ isLittleEndian, hasNanoseconds })),
);
const SAMPLES: Written[] = [
  { seconds: 1_700_000_000, fraction: 123_456, data: bytes("abc"), length: 1_500 },
  { seconds: 0, fraction: 0, data: bytes("") },
  { seconds: 2 ** 32 - 1, fraction: 999_999, data: bytes("\xa1\xb2\xc3\xd4 no header") },
  { seconds: 1, fraction: 1, data: bytes("") },
];

test("a packet is its time, its bytes, its length on the wire and its link type", () => {
  assert.deepEqual(decode([savefile(SAMPLES.slice(0, 1))]), [
    { time: 1_700_000_000_123.456, data: bytes("abc"), length: 1_500, linkType: 1 },
  ]);
});

test("nanoseconds are fractions of the time as well", () => {
  const written = [{ seconds: 5, fraction: 123_456_789, data: bytes("x") }];
  const [packet] = decode([savefile(written, { hasNanoseconds: true })]);
  assert.equal(packet!.time, 5_123.456_789);
});

test("the link type is the number alone, without the bits about a check sequence", () => {
  for (const [field, linkType] of [
    [0x2400_0001, 1],
    [0xf400_0069, 105],
    [0x0000_0114, 276],
  ] as const) {
    const [packet] = decode([savefile(SAMPLES.slice(0, 1), { linkType: field })]);
    assert.equal(packet!.linkType, linkType);
  }
});

for (const flavour of FLAVOURS) {
  const name = `${flavour.isLittleEndian ? "little" : "big"}-endian, ${flavour.hasNanoseconds ? "nano" : "micro"}seconds`;
  const whole = savefile(SAMPLES, flavour);
  const expected = expectedOf(SAMPLES, flavour.hasNanoseconds);

  test(`${name}: the same packets at every split in two`, () => {
    for (let at = 0; at <= whole.length; at++) {
      const pieces = [whole.subarray(0, at), whole.subarray(at)];
      assert.deepEqual(decode(pieces), expected, `cut at ${at}`);
    }
  });

  test(`${name}: the same packets one byte at a time`, () => {
    assert.deepEqual(decode([...whole].map((byte) => Uint8Array.of(byte))), expected);
  });
}

test("any packets come out the same in any pieces, from any place in memory", () => {
  const data = fc.uint8Array({ maxLength: 200 }).map((one) => Uint8Array.from(one));
  const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const written = fc.record({
    seconds: u32,
    fraction: fc.integer({ min: 0, max: 999_999 }),
    data,
    length: u32,
  });
  const flavour = fc.constantFrom(...FLAVOURS);
  fc.assert(
    fc.property(
      fc.array(written, { maxLength: 8 }),
      flavour,
      fc.array(fc.nat(900)),
      (packets, options, cuts) => {
        const whole = savefile(packets, options);
        const edges = [0, ...cuts.filter((at) => at <= whole.length), whole.length];
        edges.sort((a, b) => a - b);
        const pieces = edges.slice(1).map((end, index) => whole.subarray(edges[index]!, end));
        assert.deepEqual(decode(pieces), expectedOf(packets, options.hasNanoseconds));
      },
    ),
  );
});

test("packets stay what they are when the chunks that they came in are written over", () => {
  const whole = savefile(SAMPLES);
  for (const size of [1, 7, 30, whole.length]) {
    const decoder = new SavefileDecoder();
    const packets: Packet[] = [];
    const memory = Buffer.alloc(size);
    for (let at = 0; at < whole.length; at += size) {
      const length = whole.copy(memory, 0, at, at + size);
      packets.push(...decoder.push(memory.subarray(0, length)));
      memory.fill(0xee);
    }
    assert.deepEqual(packets, expectedOf(SAMPLES, false), `pieces of ${size}`);
    for (const { data } of packets) assert.equal(data.byteLength, data.buffer.byteLength);
  }
});

test("what a packet has beyond the snap length is skipped, and the next one is whole", () => {
  const whole = savefile([
    { seconds: 1, fraction: 0, data: bytes("abcdefgh") },
    { seconds: 2, fraction: 0, data: bytes("xyz") },
  ]);
  for (let at = 0; at <= whole.length; at++) {
    const packets = decode([whole.subarray(0, at), whole.subarray(at)], new SavefileDecoder(4));
    assert.deepEqual(
      packets.map((packet) => [new TextDecoder().decode(packet.data), packet.length]),
      [
        ["abcd", 8],
        ["xyz", 3],
      ],
      `cut at ${at}`,
    );
  }
});

test("the longest packet comes out, one byte more is refused before it is waited for", () => {
  const data = new Uint8Array(MAX_SNAP_LENGTH).map((_, index) => index % 251);
  const whole = savefile([{ seconds: 1, fraction: 0, data }, ...SAMPLES]);
  const pieces = [];
  for (let at = 0; at < whole.length; at += 65_536) pieces.push(whole.subarray(at, at + 65_536));
  assert.deepEqual(decode(pieces), expectedOf([{ seconds: 1, fraction: 0, data }, ...SAMPLES]));

  for (const length of [MAX_SNAP_LENGTH + 1, 2 ** 32 - 1]) {
    const header = lying(length);
    assert.throws(() => decode([header]), PacketError);
    assert.throws(() => decode([...header].map((byte) => Uint8Array.of(byte))), PacketError);
  }
});

test("of a link type that has longer packets no more is kept than of any other", () => {
  const data = new Uint8Array(1024 * 1024).fill(7);
  const written = [{ seconds: 1, fraction: 0, data }, ...SAMPLES];
  const packets = decode([savefile(written, { linkType: 249 })]);
  assert.equal(packets.length, written.length);
  assert.equal(packets[0]!.data.length, MAX_SNAP_LENGTH);
  assert.equal(packets[0]!.length, data.length);
  assert.throws(() => decode([lying(1024 * 1024 + 1, 249)]), PacketError);
});

test("the end of the stream is only between two packets", () => {
  const whole = savefile(SAMPLES);
  const ends = [0, ...SAMPLES.keys()].map((count) => savefile(SAMPLES.slice(0, count)).length);
  for (let at = 0; at <= whole.length; at++) {
    const decoder = new SavefileDecoder();
    decoder.push(whole.subarray(0, at));
    if (at === whole.length || ends.includes(at)) decoder.end();
    else assert.throws(() => decoder.end(), /cut off within (?:its header|a packet)/, `at ${at}`);
  }
});

test("what is no savefile is refused", () => {
  for (const text of ["#!/bin/sh\necho this is no capture\n", "\n\r\r\n".padEnd(FILE_HEADER)]) {
    assert.throws(() => decode([bytes(text)]), /no savefile/);
  }
});

function decode(pieces: Uint8Array[], decoder = new SavefileDecoder()): Packet[] {
  return pieces.flatMap((piece) => decoder.push(piece));
}

function expectedOf(packets: Written[], hasNanoseconds = false): Packet[] {
  return packets.map(({ seconds, fraction, data, length = data.length }) => ({
    time: seconds * 1_000 + fraction / (hasNanoseconds ? 1_000_000 : 1_000),
    data: Uint8Array.from(data),
    length,
    linkType: 1,
  }));
}

/** A stream whose first packet says that it has so many bytes. */
function lying(length: number, linkType = 1): Buffer {
  const [seconds, fraction, , onWire] = record({ seconds: 0, fraction: 0, data: bytes("") });
  const captured = Buffer.alloc(4);
  captured.writeUInt32LE(length);
  return Buffer.concat([savefile([], { linkType }), ...[seconds!, fraction!, captured, onWire!]]);
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}
