/** Messages and output between Supervisor and Stem. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import { FrameDecoder, FrameKind, MAX_PAYLOAD } from "../../src/wire/frames.ts";
import {
  decodeMessage,
  decodeOutput,
  encodeMessage,
  encodeOutputHead,
  FROM_STEM,
  type FromStem,
  TO_STEM,
  type ToStem,
} from "../../src/wire/stem-messages.ts";

const config = { name: "größe", env: { A: "\n\u2028" } };
const report = { id: 1, name: "größe", state: "running", pid: 7, generation: 1, since: 5 } as const;

const FROM: Record<(typeof FROM_STEM)[number], FromStem> = {
  hello: { type: "hello", channel: "output", token: "t", pid: 3 },
  node: { type: "node", config, report, origin: "remote", stopped: false },
  synced: { type: "synced", ending: [1, 2], last: { id: 3, request: 4 } },
  report: { type: "report", report, news: { kind: "started", revived: true } },
  missed: { type: "missed", report, news: { kind: "started", revived: true } },
  gone: { type: "gone", name: "größe", id: 1 },
  used: { type: "used", name: "größe", pid: 7, cpu: 1230 },
  note: { type: "note", text: "warning: \u{1f333}" },
  pong: { type: "pong" },
};
const TO: Record<(typeof TO_STEM)[number], ToStem> = {
  welcome: { type: "welcome", supervisor: { pid: 4, startTime: 9 }, keep: 60_000 },
  hold: { type: "hold", within: 5 },
  create: {
    type: "create",
    id: 1,
    config,
    fresh: true,
    generation: 0,
    previous: [{ pid: 4 }],
    stopped: false,
  },
  end: { type: "end", id: 1, config, previous: [{ pid: 4, startTime: 9 }] },
  destroy: { type: "destroy", name: "a", id: 1 },
  together: { type: "together", commands: [{ type: "stop", name: "b", id: 2, request: 3 }] },
  start: { type: "start", name: "a", id: 1, request: 2 },
  restart: { type: "restart", name: "a", id: 1, request: 2 },
  stop: { type: "stop", name: "a", id: 1, request: 2 },
  ready: { type: "ready", name: "a", id: 1, pid: 7 },
  ping: { type: "ping" },
};

test("36: every message comes out as it went in", () => {
  for (const type of FROM_STEM) {
    assert.deepEqual(decodeMessage<FromStem>(payloadOf(FROM[type]), FROM_STEM), FROM[type]);
  }
  for (const type of TO_STEM) {
    assert.deepEqual(decodeMessage<ToStem>(payloadOf(TO[type]), TO_STEM), TO[type]);
  }
});

test("36: a message that this side does not understand is refused", () => {
  assert.throws(() => decodeMessage<ToStem>(payloadOf(FROM.gone), TO_STEM), ProtocolError);
  assert.throws(() => decodeMessage<FromStem>(payloadOf(TO.destroy), FROM_STEM), ProtocolError);
  for (const text of ["", "{", "null", "7", "[]", "{}", '{"type":1}', '{"type":"__proto__"}']) {
    const payload = new TextEncoder().encode(text);
    assert.throws(() => decodeMessage<ToStem>(payload, TO_STEM), ProtocolError, text);
  }
});

test("36: a message that is too long for a frame is refused before it is sent", () => {
  const text = "x".repeat(MAX_PAYLOAD);
  assert.throws(() => encodeMessage({ type: "note", text }), ProtocolError);
});

test("46: output comes out as it went in, whatever the bytes and the name", () => {
  const anyOutput = fc.record(
    {
      node: fc.string({ unit: "grapheme", maxLength: 20 }),
      pid: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      stream: fc.constantFrom("stdout" as const, "stderr" as const),
      isFiled: fc.constant(true),
      bytes: fc.uint8Array({ maxLength: 200 }).map((data) => Uint8Array.from(data)),
    },
    { requiredKeys: ["node", "pid", "stream", "bytes"] },
  );
  fc.assert(
    fc.property(anyOutput, ({ bytes, ...head }) => {
      const frame = Buffer.concat([encodeOutputHead(head, bytes.length), bytes]);
      const [decoded] = new FrameDecoder().push(frame);
      assert.equal(decoded?.kind, FrameKind.output);
      const output = decodeOutput(decoded.payload);
      assert.deepEqual({ ...output, bytes: Uint8Array.from(output.bytes) }, { ...head, bytes });
    }),
  );
});

test("46: the longest name there can be fits an output's head", () => {
  const node = "木".repeat(66);
  const [frame] = new FrameDecoder().push(encodeOutputHead({ node, pid: 1, stream: "stderr" }, 0));
  assert.equal(decodeOutput(frame!.payload).node, node);
});

test("46: malformed bytes give a ProtocolError and nothing else", () => {
  const message = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(
    fc.property(message, (payload) => {
      for (const decode of [
        () => decodeOutput(payload),
        () => decodeMessage<ToStem>(payload, TO_STEM),
        () => decodeMessage<FromStem>(payload, FROM_STEM),
      ]) {
        try {
          decode();
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
        }
      }
    }),
  );
});

test("46: output that is cut short or has another stream is refused", () => {
  const [frame] = new FrameDecoder().push(
    encodeOutputHead({ node: "ab", pid: 1, stream: "stdout" }, 0),
  );
  const payload = frame!.payload;
  for (let length = 0; length < payload.length; length++) {
    assert.throws(() => decodeOutput(payload.subarray(0, length)), ProtocolError);
  }
  for (const stream of [0, 3, 4, 7, 255]) {
    const other = Uint8Array.from(payload);
    other[0] = stream;
    assert.throws(() => decodeOutput(other), ProtocolError);
  }
});

function payloadOf(message: FromStem | ToStem): Uint8Array {
  const [frame] = new FrameDecoder().push(encodeMessage(message));
  assert.equal(frame?.kind, FrameKind.message);
  return frame.payload;
}
