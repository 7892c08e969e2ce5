/** Handshake and envelopes as bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeBinary } from "../../../src/broker/binary/binary.ts";
import { eventValue } from "../../../src/broker/event.ts";
import {
  decodeEnvelope,
  decodeHandshake,
  type Envelope,
  ErrorCode,
  EVERYONE,
  encodeData,
  encodeEnvelope,
  encodeHandshake,
  encodePong,
  encodeRoutingUpdate,
  type Handshake,
  MAX_PREFIXES,
} from "../../../src/broker/native/messages.ts";
import * as by from "../../fixtures/raw-broker-peer.ts";

const ID = "3eece35d-9f94-568d-861c-6a16c433e090";
const RAW_ID = "3eece35d9f94568d861c6a16c433e090";

const HANDSHAKE: [Handshake, string][] = [
  [{ type: "hello", id: ID, min: 1, max: 1 }, `00000017 06 5a45454b ${RAW_ID} 01 01`],
  [{ type: "probe" }, "00000005 07 5a45454b"],
  [{ type: "version_select", id: ID, version: 1 }, `00000016 08 5a45454b ${RAW_ID} 01`],
  [
    { type: "drop_conn", id: ID, code: 39, text: "twice" },
    `0000001c 09 5a45454b ${RAW_ID} 27 05 7477696365`,
  ],
  [
    { type: "originator_syn", filter: ["zeek/supervisor"] },
    "00000012 0a 01 0f 7a65656b2f73757065727669736f72",
  ],
  [{ type: "responder_syn_ack", filter: [] }, "00000002 0b 00"],
  [{ type: "responder_syn_ack", filter: ["", "b", "a"] }, "00000007 0b 03 00 01 62 01 61"],
  [{ type: "originator_ack" }, "00000001 0c"],
];

test("D: the messages of the handshake, byte for byte, both ways", () => {
  for (const [message, bytes] of HANDSHAKE) {
    assert.equal(hex(encodeHandshake(message)), bytes.replaceAll(" ", ""), message.type);
    assert.deepEqual(decodeHandshake(payload(bytes)), message);
  }
});

test("D: restart_request is a data frame of 0x79 bytes", () => {
  const event = { name: "SupervisorControl::restart_request", args: ["reqid", ""] };
  const bytes = encodeData(ID, "zeek/supervisor", encodeBinary(eventValue(event)));
  const expected = by.envelope(
    1,
    ID,
    "zeek/supervisor",
    by.eventPayload("SupervisorControl::restart_request", "reqid", ""),
  );
  assert.equal(hex(bytes).slice(0, 8), "00000079");
  assert.equal(hex(bytes), expected.toString("hex"));
});

const HEADER = { sender: by.SMALL, receiver: by.LARGE, ttl: 16 };
const ENVELOPES: [Envelope, Uint8Array][] = [
  [
    { ...HEADER, type: "data", topic: "a/b", payload: by.unhex("00") },
    by.envelope(1, by.SMALL, "a/b", "00", by.LARGE),
  ],
  [
    { ...HEADER, type: "command", topic: "ü", payload: by.unhex("0102") },
    by.envelope(2, by.SMALL, "ü", "0102", by.LARGE),
  ],
  [
    { ...HEADER, type: "routing_update", topic: "<$>", filter: ["x", ""] },
    by.envelope(3, by.SMALL, "<$>", "02 01 78 00", by.LARGE),
  ],
  [
    { ...HEADER, type: "ping", topic: "<$>", payload: by.unhex("42594500") },
    by.envelope(4, by.SMALL, "<$>", "42594500", by.LARGE),
  ],
  [
    { ...HEADER, type: "pong", topic: "", payload: by.unhex("") },
    by.envelope(5, by.SMALL, "", "", by.LARGE),
  ],
];

test("D: envelopes, byte for byte, both ways", () => {
  for (const [message, bytes] of ENVELOPES) {
    assert.equal(hex(encodeEnvelope(message)), hex(bytes), message.type);
    assert.deepEqual(plain(decodeEnvelope(bytes.subarray(4))), plain(message));
  }
});

test("D: we send as Broker does: own id, time to live 16, everybody or the one peer", () => {
  const data = encodeData(by.SMALL, "t", by.unhex("00"));
  assert.equal(hex(data), hex(by.envelope(1, by.SMALL, "t", "00")));
  const pong = encodePong(by.SMALL, by.LARGE, by.unhex("01"));
  assert.equal(hex(pong), hex(by.pong(by.SMALL, by.LARGE, "01")));
  const update = encodeRoutingUpdate(by.SMALL, by.LARGE, ["a", "b"]);
  assert.equal(hex(update), hex(by.routingUpdate(by.SMALL, by.LARGE, "a", "b")));
  const decoded = decodeEnvelope(data.subarray(4));
  assert.ok("receiver" in decoded && decoded.receiver === EVERYONE);
});

test("D: every message that is cut short is malformed, and nothing is thrown", () => {
  for (const [message, bytes] of HANDSHAKE) {
    const whole = payload(bytes);
    for (let length = 0; length < whole.length; length++) {
      const cut = decodeHandshake(whole.subarray(0, length));
      assert.equal(cut.type, "malformed", `${message.type} of ${length} bytes`);
      assert.equal("code" in cut && cut.code, ErrorCode.invalidMessage);
    }
  }
  const [, update] = ENVELOPES[2]!;
  for (let length = 4; length < update.length; length++) {
    assert.equal(decodeEnvelope(update.subarray(4, length)).type, "malformed");
  }
});

test("D: what follows a message of the handshake is ignored", () => {
  for (const [message, bytes] of HANDSHAKE) {
    assert.deepEqual(decodeHandshake(payload(`${bytes} 00 ff`)), message);
  }
});

test("D: another magic is told from other mistakes", () => {
  for (const type of ["06", "07", "08", "09"]) {
    const message = decodeHandshake(by.unhex(`${type} 5a45454c ${RAW_ID} 01 01`));
    assert.deepEqual(message, {
      type: "malformed",
      code: ErrorCode.wrongMagic,
      reason: "wrong magic number",
    });
  }
});

test("D: unknown types are malformed", () => {
  for (const type of ["00", "01", "05", "0d", "ff"]) {
    assert.equal(decodeHandshake(by.unhex(`${type} 5a45454b`)).type, "malformed");
  }
  for (const type of [0, 6, 9]) {
    const bytes = by.envelope(type, by.SMALL, "t", "00").subarray(4);
    assert.equal(decodeEnvelope(bytes).type, "malformed");
  }
});

test("D: more subscriptions than anybody has are malformed, before memory is spent on them", () => {
  const many = (n: number) => by.routingUpdate(by.SMALL, by.LARGE, ...Array(n).fill("x"));
  assert.equal(decodeEnvelope(many(MAX_PREFIXES).subarray(4)).type, "routing_update");
  assert.equal(decodeEnvelope(many(MAX_PREFIXES + 1).subarray(4)).type, "malformed");
  assert.equal(decodeHandshake(by.unhex("0a ffffffff0f 00")).type, "malformed");
});

test("D: any bytes give a message or a malformed one", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      decodeHandshake(bytes);
      decodeEnvelope(bytes);
    }),
  );
});

test("D: any messages come back as they were", () => {
  const id = fc.uuid();
  const byte = fc.nat(255);
  const filter = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 5 });
  const message: fc.Arbitrary<Handshake> = fc.oneof(
    fc.record({ type: fc.constant("hello" as const), id, min: byte, max: byte }),
    fc.record({ type: fc.constant("version_select" as const), id, version: byte }),
    fc.record({ type: fc.constant("drop_conn" as const), id, code: byte, text: fc.string() }),
    fc.record({ type: fc.constantFrom("originator_syn" as const, "responder_syn_ack"), filter }),
  );
  fc.assert(
    fc.property(message, (one) => {
      assert.deepEqual(decodeHandshake(encodeHandshake(one).subarray(4)), plainRecord(one));
    }),
  );
});

function payload(text: string): Uint8Array {
  return by.unhex(text).subarray(4);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Bytes as text, to be compared whatever kind of array they are in. */
function plain(message: object): object {
  return "payload" in message
    ? { ...message, payload: hex(message.payload as Uint8Array) }
    : message;
}

/** fast-check makes objects without a prototype. */
function plainRecord(message: Handshake): Handshake {
  return { ...message };
}
