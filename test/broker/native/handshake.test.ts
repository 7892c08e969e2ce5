/** The handshake, packet by packet, with a peer written by hand on the other side. */
import assert from "node:assert/strict";
import net from "node:net";
import { type TestContext, test } from "node:test";
import { peerIdsOf } from "../../../src/broker/native/ids.ts";
import { testEndpoint } from "../../fixtures/broker-endpoint.ts";
import * as by from "../../fixtures/raw-broker-peer.ts";
import {
  connectRaw,
  LARGE,
  listenRaw,
  MIDDLE,
  type RawPeer,
  SMALL,
} from "../../fixtures/raw-broker-peer.ts";
import { until } from "../../fixtures/tree.ts";
import { busy } from "../../fixtures/turns.ts";

const OURS = ["zeek/supervisor"];

test("D: accepting, with the smaller id: probe, version_select and syn, syn_ack, ack", async (t) => {
  const { own, peer } = await accepted(t);
  assert.deepEqual(await peer.next("a probe"), by.probe);
  peer.say(by.hello(LARGE));
  assert.deepEqual(await peer.next("version_select"), by.versionSelect(MIDDLE));
  assert.deepEqual(await peer.next("originator_syn"), by.originatorSyn(...OURS));
  peer.say(by.responderSynAck("theirs"));
  assert.deepEqual(await peer.next("originator_ack"), by.originatorAck);
  await own.peers(1);
  assert.equal(own.added[0]?.id, LARGE);
  assert.equal(own.added[0]?.kind, "native");
  assert.match(own.added[0]?.address ?? "", /^127\.0\.0\.1:\d+$/);
  await talks(own, peer, LARGE);
});

test("D: accepting, with the larger id: probe, hello, then the peer goes on", async (t) => {
  const { own, peer } = await accepted(t);
  peer.say(by.hello(SMALL));
  assert.deepEqual(await peer.next("a probe"), by.probe);
  assert.deepEqual(await peer.next("a hello"), by.hello(MIDDLE));
  peer.say(by.versionSelect(SMALL), by.originatorSyn("theirs"));
  assert.deepEqual(await peer.next("responder_syn_ack"), by.responderSynAck(...OURS));
  assert.equal(own.endpoint.peers.size, 0);
  peer.say(by.originatorAck);
  await own.peers(1);
  await talks(own, peer, SMALL);
});

test("D: connecting, with the larger id: hello, then the peer goes on; probes are ignored", async (t) => {
  const { own, peer } = await connected(t);
  assert.deepEqual(await peer.next("a hello"), by.hello(MIDDLE));
  peer.say(by.probe, by.versionSelect(SMALL), by.probe, by.originatorSyn("theirs"));
  assert.deepEqual(await peer.next("responder_syn_ack"), by.responderSynAck(...OURS));
  peer.say(by.originatorAck);
  await own.peers(1);
  assert.match(own.added[0]?.address ?? "", /^127\.0\.0\.1:\d+$/);
  await talks(own, peer, SMALL);
});

test("D: connecting, with the smaller id: hello, theirs, version_select and syn, syn_ack, ack", async (t) => {
  const { own, peer, connection } = await connected(t);
  assert.deepEqual(await peer.next("a hello"), by.hello(MIDDLE));
  peer.say(by.probe, by.hello(LARGE));
  assert.deepEqual(await peer.next("version_select"), by.versionSelect(MIDDLE));
  assert.deepEqual(await peer.next("originator_syn"), by.originatorSyn(...OURS));
  peer.say(by.responderSynAck("theirs"));
  assert.deepEqual(await peer.next("originator_ack"), by.originatorAck);
  await connection.connected;
  await talks(own, peer, LARGE);
});

test("D: the handshake comes out the same byte by byte", async (t) => {
  for (const [id, messages] of [
    [LARGE, [by.hello(LARGE), by.responderSynAck("theirs")]],
    [
      SMALL,
      [by.hello(SMALL), by.versionSelect(SMALL), by.originatorSyn("theirs"), by.originatorAck],
    ],
  ] as const) {
    const { own, peer } = await accepted(t);
    peer.socket.setNoDelay(true);
    const rest = Buffer.concat([...messages, by.ping(id, MIDDLE, "0102")]);
    for (const byte of rest) {
      await new Promise((written) => peer.socket.write(Uint8Array.of(byte), written));
    }
    await own.peers(1);
    await until("a pong", () => peer.frames.some((one) => one.equals(by.pong(MIDDLE, id, "0102"))));
  }
});

test("D: a handshake that breaks off after any number of bytes leaves nothing", async (t) => {
  const own = testEndpoint(t, OURS, MIDDLE);
  const listener = await own.listen();
  const whole = Buffer.concat([
    by.hello(SMALL),
    by.versionSelect(SMALL),
    by.originatorSyn("theirs"),
  ]);
  for (let length = 0; length <= whole.length; length++) {
    const peer = await connectRaw(t, listener.port);
    peer.socket.end(whole.subarray(0, length));
    await peer.closed();
  }
  await until("all to be refused", () => own.refused.length === whole.length + 1);
  assert.deepEqual([...new Set(own.refused)], ["the connection was closed by the peer"]);
  assert.deepEqual([own.added, own.endpoint.peers.size], [[], 0]);
});

test("D: what is not Broker's handshake is told why, and closed", async (t) => {
  const own = testEndpoint(t, OURS, MIDDLE);
  const listener = await own.listen();
  const refusals: [string, Buffer[], number, string][] = [
    ["another magic", [by.frame(`06 5a45454c ${by.raw(LARGE)} 0101`)], 38, "wrong magic number"],
    ["later versions", [by.hello(LARGE, "02 03")], 2, "unsupported versions offered"],
    ["earlier versions", [by.hello(SMALL, "00 00")], 2, "unsupported versions offered"],
    [
      "another version selected",
      [by.hello(SMALL), by.versionSelect(SMALL, "02")],
      2,
      "unsupported version selected",
    ],
    ["ourselves", [by.hello(MIDDLE)], 29, "an endpoint cannot peer with itself"],
    ["no greeting", [by.originatorSyn("x")], 31, "unexpected originator_syn"],
    ["a second hello", [by.hello(SMALL), by.hello(SMALL)], 31, "unexpected hello"],
    ["no version", [by.hello(SMALL), by.originatorSyn("x")], 31, "unexpected originator_syn"],
    ["an unknown type", [by.frame("2a")], 20, "invalid message type tag"],
  ];
  for (const [what, messages, code, text] of refusals) {
    const peer = await connectRaw(t, listener.port);
    peer.say(...messages);
    await peer.closed(`the connection to be closed after ${what}`);
    assert.deepEqual(peer.frames.at(-1), by.dropConn(MIDDLE, code, text), what);
    assert.equal(own.refused.at(-1), text);
  }
  assert.equal(own.endpoint.peers.size, 0);
});

test("D: what is no frame at all is closed with a reason", async (t) => {
  const own = testEndpoint(t, OURS, MIDDLE);
  const listener = await own.listen();
  for (const [bytes, reason] of [
    ["GET / HTTP/1.1\r\n\r\n", /^a frame of 1195725856 bytes, where 8388608 are the most/],
    ["\0\0\0\0", /^an empty frame$/],
  ] as const) {
    const peer = await connectRaw(t, listener.port);
    peer.socket.write(bytes);
    await peer.closed();
    assert.match(own.refused.at(-1) ?? "", reason);
  }
});

test("D: a second connection of a peer is refused as redundant, and the first goes on", async (t) => {
  const own = testEndpoint(t, OURS, MIDDLE);
  const listener = await own.listen();
  const first = await connectRaw(t, listener.port);
  first.say(by.hello(LARGE), by.responderSynAck("theirs"));
  await own.peers(1);
  const redundant = by.dropConn(MIDDLE, 39, "redundant connection");
  const second = await connectRaw(t, listener.port);
  second.say(by.hello(LARGE));
  await second.closed();
  assert.deepEqual(second.frames, [by.probe, redundant]);
  await talks(own, first, LARGE);
  first.socket.end();
  await own.peers(0);
  const third = await connectRaw(t, listener.port);
  third.say(by.hello(LARGE), by.responderSynAck("theirs"));
  await own.peers(1);
});

test("D: a second connection of a peer to which we respond is refused as well", async (t) => {
  const own = testEndpoint(t, OURS, MIDDLE);
  const listener = await own.listen();
  const greet = [by.hello(SMALL), by.versionSelect(SMALL), by.originatorSyn(), by.originatorAck];
  const first = await connectRaw(t, listener.port);
  first.say(...greet);
  await own.peers(1);
  const second = await connectRaw(t, listener.port);
  second.say(...greet);
  await second.closed();
  assert.deepEqual(second.frames.at(-1), by.dropConn(MIDDLE, 39, "redundant connection"));
});

test("D: a second connection waits while the handshake of the first goes on", async (t) => {
  for (const firstSucceeds of [true, false]) {
    const own = testEndpoint(t, OURS, MIDDLE);
    const listener = await own.listen();
    const claims = t.mock.method(peerIdsOf(own.endpoint), "claim").mock;
    const first = await connectRaw(t, listener.port);
    first.say(by.hello(LARGE));
    await first.next("a probe");
    await first.next("version_select");
    const second = await connectRaw(t, listener.port);
    second.say(by.hello(LARGE), by.responderSynAck("second"));
    await second.next("a probe");
    await until("the second hello to be read", () => claims.callCount() === 2);
    if (firstSucceeds) {
      first.say(by.responderSynAck("first"));
      await second.closed();
      assert.deepEqual(second.frames[1], by.dropConn(MIDDLE, 39, "redundant connection"));
    } else {
      assert.equal(second.frames.length, 1);
      first.socket.destroy();
      assert.deepEqual(await second.next("version_select"), by.versionSelect(MIDDLE));
    }
    await own.peers(1);
    const [peer] = own.endpoint.peers;
    assert.deepEqual(peer?.filter.prefixes, [firstSucceeds ? "first" : "second"]);
  }
});

for (const [what, code, text, told] of [
  [
    "a peer that refuses us is asked again later, and its text is kept to one line",
    28,
    "going\nhome",
    /^cannot peer with 127\.0\.0\.1:\d+: refused by the peer: going home \(28\)$/,
  ],
  [
    "a peer that has not done with our connection before is asked again later, and that is what is told",
    39,
    "redundant connection",
    /^cannot peer with 127\.0\.0\.1:\d+: the peer is still busy with the connection before$/,
  ],
] as const) {
  test(`D: ${what}`, async (t) => {
    const own = testEndpoint(t, OURS, MIDDLE);
    const server = await listenRaw(t);
    own.peer(server.port);
    for (let i = 0; i < 2; i++) {
      const peer = await server.next();
      peer.say(by.dropConn(LARGE, code, text));
      await peer.closed();
    }
    await until("two failures", () => own.failures.length === 2);
    assert.match(own.failures[0] ?? "", told);
  });
}

test("D: routing_update replaces what a peer wants, and tells it what we want", async (t) => {
  const { own, peer } = await accepted(t);
  peer.say(by.hello(LARGE), by.responderSynAck("old"));
  await own.peers(1);
  own.say("old/1", "first");
  own.say("new/1", "not wanted yet");
  peer.say(by.routingUpdate(LARGE, MIDDLE, "new", "other"));
  const [known] = own.endpoint.peers;
  await until("another filter", () => known?.filter.matches("new"));
  own.say("old/1", "not wanted any more");
  own.say("new/1", "second");
  own.endpoint.subscribe("more");
  own.endpoint.subscribe("zeek/supervisor/narrower");
  own.endpoint.subscribe("again");
  const after = [
    by.envelope(1, MIDDLE, "old/1", by.eventPayload("said", "first")),
    by.envelope(1, MIDDLE, "new/1", by.eventPayload("said", "second")),
    by.routingUpdate(MIDDLE, LARGE, "more", "zeek/supervisor"),
    by.routingUpdate(MIDDLE, LARGE, "again", "more", "zeek/supervisor"),
  ];
  await until("all frames", () => peer.frames.length === 4 + after.length);
  assert.deepEqual(peer.frames.slice(4), after);
});

test("D: BYE is answered, and the peer may go", async (t) => {
  const { own, peer } = await accepted(t);
  peer.say(by.hello(LARGE), by.responderSynAck());
  const bye = "425945 0102030405060708";
  peer.say(by.ping(LARGE, MIDDLE, bye));
  await until("a pong", () => peer.frames.at(-1)?.equals(by.pong(MIDDLE, LARGE, bye)));
  peer.socket.end();
  await until("the peer to be lost", () => own.lost.length > 0);
  assert.deepEqual(own.lost, ["the peer has ended the peering"]);
});

test("D: what comes after the handshake and cannot be read ends the session with a reason", async (t) => {
  for (const [bytes, reason] of [
    [by.frame("00"), "failed to parse message: the message ends too early"],
    [by.envelope(9, LARGE, "t", "00"), "a message of unknown type 9"],
    [by.frame(`${"00".repeat(35)}ffff`), "failed to parse message: the message ends too early"],
    [by.hello(LARGE), "failed to parse message: the message ends too early"],
  ] as const) {
    const { own, peer } = await accepted(t);
    peer.say(by.hello(LARGE), by.responderSynAck("theirs"), bytes);
    await peer.closed();
    assert.deepEqual(own.lost, [reason]);
  }
});

test("D: values that are no events, or no values, are left out, and the session goes on", async (t) => {
  const { own, peer } = await accepted(t);
  peer.say(by.hello(LARGE), by.responderSynAck("theirs"));
  for (const payload of [
    "",
    "ff",
    "00",
    "0e00",
    "0e".repeat(200),
    by.eventPayload("said").slice(0, -2),
  ]) {
    peer.say(by.envelope(1, LARGE, OURS[0]!, payload));
  }
  peer.say(by.envelope(2, LARGE, OURS[0]!, "01"), by.pong(LARGE, MIDDLE, "01"));
  await talks(own, peer, LARGE);
});

test("D: an event cut at every byte is nothing until it is whole; every prefix and then a close", async (t) => {
  const own = testEndpoint(t, OURS, MIDDLE);
  const listener = await own.listen();
  const event = by.envelope(1, LARGE, OURS[0]!, by.eventPayload("said", "whole"));
  for (let length = 0; length <= event.length; length++) {
    const peer = await connectRaw(t, listener.port);
    peer.say(by.hello(LARGE), by.responderSynAck(), event.subarray(0, length));
    peer.socket.end();
    await peer.closed();
    // Not only that there is no peer: it may be closed before all that it said had its turn.
    await until("it to be lost", () => own.lost.length === length + 1);
  }
  assert.deepEqual(own.heard, ["whole"]);
  for (let at = 0; at <= event.length; at += 7) {
    const { own: another, peer } = await accepted(t);
    peer.socket.setNoDelay(true);
    peer.say(by.hello(LARGE), by.responderSynAck(), event.subarray(0, at));
    await another.peers(1);
    peer.say(event.subarray(at));
    await until("the event", () => another.heard.length === 1);
  }
});

test("D: a batch is as good as its events, one by one", async (t) => {
  const { own, peer } = await accepted(t);
  const events = ["one", "two", "three"].map((text) => by.eventPayload("said", text));
  const log = `0e03 ${by.count(1)} ${by.count(2)} 0e00`;
  const batch = `0e03 ${by.count(1)} ${by.count(5)} 0e04 ${events[0]} ${log} ${events[1]} ${events[2]}`;
  peer.say(by.hello(LARGE), by.responderSynAck(), by.envelope(1, LARGE, OURS[0]!, batch));
  await until("three events", () => own.heard.length === 3);
  assert.deepEqual(own.heard, ["one", "two", "three"]);
});

test("D: what is for another endpoint, or on a reserved topic, is not for us", async (t) => {
  const { own, peer } = await accepted(t);
  own.endpoint.subscribe("");
  const event = by.eventPayload("said", "no");
  peer.say(
    by.hello(LARGE),
    by.responderSynAck(),
    by.envelope(1, LARGE, "t", event, SMALL),
    by.envelope(1, LARGE, "<$>/local/data/errors", event),
    by.envelope(1, LARGE, "t", by.eventPayload("said", "yes"), MIDDLE),
  );
  await until("an event", () => own.heard.length > 0);
  assert.deepEqual(own.heard, ["yes"]);
});

test("D: what a peer sent before it closed is acted upon, however much it is", async (t) => {
  const { own, peer } = await accepted(t);
  // More of it than a turn has time for, so that the close is there first.
  own.endpoint.onEvent("said", () => busy(0.1));
  const events = Array.from({ length: 5000 }, (_, i) =>
    by.envelope(1, LARGE, OURS[0]!, by.eventPayload("said", `${i}`)),
  );
  peer.say(by.hello(LARGE), by.responderSynAck(), ...events);
  peer.socket.end();
  await until("the peer to be lost", () => own.lost.length === 1);
  assert.equal(own.heard.length, events.length);
  assert.equal(own.heard.at(-1), "4999");
});

test("D: topics longer than Broker can write are not sent", async (t) => {
  const { own, peer } = await accepted(t);
  peer.say(by.hello(LARGE), by.responderSynAck(""));
  await own.peers(1);
  own.say("x".repeat(0x10000), "no");
  own.say("ü".repeat(0x8000), "no");
  own.say("x".repeat(0xffff), "yes");
  const last = by.envelope(1, MIDDLE, "x".repeat(0xffff), by.eventPayload("said", "yes"));
  await until("a frame", () => peer.frames.length > 4);
  assert.deepEqual(peer.frames[4], last);
});

test("D: a reset connection is a lost peer like others", async (t) => {
  const { own, peer } = await accepted(t);
  peer.say(by.hello(LARGE), by.responderSynAck("theirs"));
  await own.peers(1);
  peer.socket.resetAndDestroy();
  await until("the peer to be lost", () => own.lost.length === 1);
  assert.deepEqual(own.lost, ["connection reset by peer"]);
});

test("D: closing a peer sends what was published before, and says goodbye to TCP", async (t) => {
  const { own, peer } = await accepted(t);
  peer.say(by.hello(LARGE), by.responderSynAck("t"));
  await own.peers(1);
  own.say("t", "x".repeat(2_000_000));
  for (const known of own.endpoint.peers) known.close();
  assert.equal(own.endpoint.peers.size, 0);
  await peer.closed();
  assert.equal(peer.frames.length, 5);
  assert.deepEqual(own.lost, ["the connection was closed here"]);
});

test("D: of a stall while a closed peer's last words are on their way, none is lost", async (t) => {
  const { own, peer } = await accepted(t);
  peer.say(by.hello(LARGE), by.responderSynAck("t"));
  await own.peers(1);
  // More than the system takes in at once.
  const count = 800;
  for (let i = 0; i < count; i++) own.say("t", "x".repeat(10_000));
  for (const known of own.endpoint.peers) known.close();
  // Longer than words may take that nobody takes.
  busy(1200);
  await peer.closed();
  assert.equal(peer.frames.length, 4 + count);
});

/** A listener of ours, with the id in the middle, and who has connected to it. */
async function accepted(t: TestContext) {
  const own = testEndpoint(t, OURS, MIDDLE);
  const listener = await own.listen();
  assert.ok(net.isIP(listener.host) > 0);
  return { own, peer: await connectRaw(t, listener.port) };
}

/** A connection of ours, and who has accepted it. */
async function connected(t: TestContext) {
  const own = testEndpoint(t, OURS, MIDDLE);
  const server = await listenRaw(t);
  const connection = own.peer(server.port);
  return { own, connection, peer: await server.next() };
}

/** Both sides hear each other. The peer wants "theirs". */
async function talks(own: ReturnType<typeof testEndpoint>, peer: RawPeer, id: string) {
  await own.peers(1);
  own.say("theirs/1", "hello");
  own.say("their", "not wanted");
  const event = by.envelope(1, MIDDLE, "theirs/1", by.eventPayload("said", "hello"));
  await until("an event", () => peer.frames.at(-1)?.equals(event));
  peer.say(
    by.envelope(1, id, `${OURS[0]}/x`, by.eventPayload("said", "hi")),
    by.ping(id, MIDDLE, "0102"),
  );
  await until("a pong", () => peer.frames.at(-1)?.equals(by.pong(MIDDLE, id, "0102")));
  assert.deepEqual(own.heard, ["hi"]);
}
