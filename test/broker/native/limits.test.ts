/** What one peer can do to the others: nothing. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { type TestContext, test } from "node:test";
import type { NativeListenOptions } from "../../../src/broker/native/native.ts";
import { testEndpoint } from "../../fixtures/broker-endpoint.ts";
import * as by from "../../fixtures/raw-broker-peer.ts";
import {
  connectRaw,
  LARGE,
  listenRaw,
  MIDDLE,
  RawPeer,
  SMALL,
} from "../../fixtures/raw-broker-peer.ts";
import { until } from "../../fixtures/tree.ts";
import { busy } from "../../fixtures/turns.ts";

test("D: who does not finish the handshake in time is closed, with and without TLS", async (t) => {
  for (const tls of [false, true]) {
    const own = testEndpoint(t, ["t"], MIDDLE);
    const listener = await own.listen({ tls, limits: { handshake: 100 } });
    const silent = await connectRaw(t, listener.port);
    await silent.closed();
    assert.deepEqual(own.refused, ["no handshake within 100 ms"]);
  }
  const own = testEndpoint(t, ["t"], MIDDLE);
  const listener = await own.listen({ limits: { handshake: 100 } });
  for (const messages of [
    [by.hello(LARGE)],
    [by.hello(SMALL), by.versionSelect(SMALL)],
    [by.hello(SMALL), by.versionSelect(SMALL), by.originatorSyn()],
  ]) {
    const peer = await connectRaw(t, listener.port);
    peer.say(...messages);
    await peer.closed();
  }
  assert.deepEqual(new Set(own.refused), new Set(["no handshake within 100 ms"]));
});

test("D: probes do not prolong the handshake", async (t) => {
  const own = testEndpoint(t, ["t"], MIDDLE);
  const listener = await own.listen({ limits: { handshake: 100 } });
  const peer = await connectRaw(t, listener.port);
  const probing = setInterval(() => peer.say(by.probe), 10);
  try {
    await peer.closed();
  } finally {
    clearInterval(probing);
  }
});

test("D: a handshake that is finished has no time limit any more", async (t) => {
  const own = testEndpoint(t, ["t"], MIDDLE);
  const listener = await own.listen({ limits: { handshake: 50 } });
  // One that was kept from finishing its own in time tries again.
  const peer = await until("a handshake in time", async () => {
    const one = await connectRaw(t, listener.port);
    one.say(by.hello(LARGE), by.responderSynAck("t"));
    await until("how it ends", () => one.isClosed || own.endpoint.peers.size === 1);
    return own.endpoint.peers.size === 1 && one;
  });
  const slow = await connectRaw(t, listener.port);
  await slow.closed("another connection to run into the limit");
  await pings(peer);
  assert.deepEqual(own.lost, []);
});

test("D: whom we connect to has to answer in time, too", async (t) => {
  const own = testEndpoint(t, ["t"], MIDDLE);
  const server = await listenRaw(t);
  for (const tls of [false, true]) {
    const connection = own.peer(server.port, { tls, retry: false, limits: { handshake: 100 } });
    await assert.rejects(connection.connected, /no handshake within 100 ms$/);
  }
});

test("D: connections beyond the limit are closed at once, until others are gone", async (t) => {
  const own = testEndpoint(t, ["t"], MIDDLE);
  for (const tls of [false, true]) {
    const listener = await own.listen({ tls, limits: { connections: 3 } });
    const first = await Promise.all([1, 2, 3].map(() => connectRaw(t, listener.port)));
    const fourth = await connectRaw(t, listener.port);
    await fourth.closed();
    assert.equal(own.refused.at(-1), "there are too many connections");
    assert.deepEqual(
      first.map(({ isClosed }) => isClosed),
      [false, false, false],
    );
    const refused = own.refused.length;
    first[0]?.socket.destroy();
    await until("the first to be gone", () => own.refused.length > refused);
    const fifth = await connectRaw(t, listener.port);
    if (!tls) await fifth.next("a probe");
    const sixth = await connectRaw(t, listener.port);
    await sixth.closed();
    assert.equal(fifth.isClosed, false);
    await listener.close();
  }
});

test("D: a frame that is too long ends the session before it has come", async (t) => {
  const { own, peer } = await accepted(t, { limits: { frame: 1000 } });
  peer.say(by.ping(LARGE, MIDDLE, "00".repeat(1000 - 40)));
  await until("a pong", () => peer.frames.length === 5);
  peer.socket.write(Buffer.from("000003e9", "hex"));
  await peer.closed();
  assert.deepEqual(own.lost, ["a frame of 1001 bytes, where 1000 are the most that is taken"]);
});

test("D: the limits of frames are 8 MiB for who connects, 64 MiB for whom we connect to", async (t) => {
  const { own, peer } = await accepted(t);
  peer.socket.write(Buffer.from("00800001", "hex"));
  await peer.closed();
  assert.match(own.lost[0] ?? "", /^a frame of 8388609 bytes, where 8388608 are/);
  const server = await listenRaw(t);
  own.peer(server.port);
  for (const [length, isTaken] of [
    ["04000000", true],
    ["04000001", false],
  ] as const) {
    const other = await server.next();
    other.say(by.versionSelect(SMALL), by.originatorSyn(), by.originatorAck);
    await own.peers(1);
    other.socket.write(Buffer.from(length, "hex"));
    if (isTaken) {
      const rest = Buffer.alloc(64 * 1024 * 1024);
      rest[32] = 4; // A ping, of nearly 64 MiB: its answer is more than may wait to be sent.
      other.socket.write(rest);
    }
    await until("the peer to be lost", () => own.lost.length > (isTaken ? 1 : 2));
  }
  assert.match(own.lost[1] ?? "", /^the peer does not keep up: \d+ bytes wait to be sent to it$/);
  assert.match(own.lost[2] ?? "", /^a frame of 67108865 bytes, where 67108864 are/);
});

test("D: a peer that does not read is dropped with a reason, and the others go on", async (t) => {
  const own = testEndpoint(t, ["t"], MIDDLE);
  const listener = await own.listen();
  const [slow, quick] = await Promise.all([1, 2].map(() => connectRaw(t, listener.port)));
  slow!.say(by.hello(LARGE), by.responderSynAck("t"));
  quick!.say(by.hello(`f${LARGE.slice(1)}`), by.responderSynAck("t"));
  await own.peers(2);
  slow!.socket.pause();
  const text = "x".repeat(1024 * 1024);
  let sent = 0;
  await until("the slow one to be dropped", () => {
    own.say("t", text);
    sent++;
    return own.lost.length > 0;
  });
  assert.match(own.lost[0] ?? "", /^the peer does not keep up: 1[67]\d{6} bytes wait/);
  assert.ok(sent > 16, `dropped after ${sent} MiB`);
  own.say("t", "the last");
  const last = by.envelope(1, MIDDLE, "t", by.eventPayload("said", "the last"));
  await until("the last one", () => quick!.frames.at(-1)?.equals(last));
  assert.equal(quick!.frames.length, 4 + sent + 1);
  assert.equal(own.lost.length, 1);
});

test("D: a flood of requests whose answers nobody reads is not answered without end", async (t) => {
  const { own, peer } = await accepted(t, {
    limits: { queue: 4 * 1024 * 1024, behind: 256 * 1024 },
  });
  peer.socket.pause();
  const flood = Buffer.concat(
    Array.from({ length: 64 }, () => by.ping(LARGE, MIDDLE, "00".repeat(1000))),
  );
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  // TCP holds it back, more and more often, until so many answers wait that the peer is dropped.
  while (own.lost.length === 0) {
    peer.socket.write(flood);
    await until("the flood to be taken", () => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      return !peer.socket.writableNeedDrain || own.lost.length > 0;
    });
  }
  assert.match(own.lost[0] ?? "", /does not keep up/);
  assert.ok(most < 64 * 1024 * 1024, `${most} bytes`);
});

test("D: two that send to each other before they read do not wait for each other for ever", async (t) => {
  const limits = { behind: 64 * 1024 };
  const a = testEndpoint(t, ["t"], SMALL);
  const b = testEndpoint(t, ["t"], LARGE);
  const listener = await a.listen({ limits });
  await b.peer(listener.port, { limits }).connected;
  await Promise.all([a.peers(1), b.peers(1)]);
  const text = "x".repeat(10_000);
  for (let i = 0; i < 1200; i++) {
    a.say("t", text);
    b.say("t", text);
  }
  await until("all of it", () => a.heard.length === 1200 && b.heard.length === 1200);
  assert.deepEqual([a.lost, b.lost], [[], []]);
});

test("D: who does not read what it is answered is read from slowly, and loses nothing", async (t) => {
  const limits = { queue: 64 * 1024 * 1024, behind: 64 * 1024 };
  const { own, peer } = await accepted(t, { limits });
  peer.socket.pause();
  const count = 1024;
  const ping = by.ping(LARGE, MIDDLE, "00".repeat(16 * 1024));
  const begin = performance.now();
  for (let i = 0; i < count; i++) peer.socket.write(ping);
  peer.say(by.envelope(1, LARGE, "t", by.eventPayload("said", "the last")));
  await until("all of it", () => own.heard.length === 1);
  const took = performance.now() - begin;
  // 16 MiB, some of which TCP itself takes in; the rest goes at 64 KiB in 20 ms.
  assert.ok(took > 700, `${took} ms`);
  peer.socket.resume();
  await until("all answers", () => peer.frames.length === 4 + count);
});

test("D: a burst of frames leaves the loop to others every few milliseconds", async (t) => {
  const { own, peer } = await accepted(t);
  own.endpoint.onEvent("said", () => busy(0.5));
  const event = by.envelope(1, LARGE, "t", by.eventPayload("said", "x"));
  const count = 2000;
  let most = 0;
  let before = 0;
  let isWatching = true;
  const watch = () => {
    most = Math.max(most, own.heard.length - before);
    before = own.heard.length;
    if (isWatching) setImmediate(watch);
  };
  watch();
  peer.say(...Array.from({ length: count }, () => event));
  await until("all events", () => own.heard.length === count);
  isWatching = false;
  // A turn is 5 ms, and each takes half a one at least: counted, since a busy machine stretches time.
  assert.ok(most > 0 && most <= 20, `${most} events in one turn`);
});

test("D: frames in one chunk have their order, and those after a close are not acted upon", async (t) => {
  const { own, peer } = await accepted(t);
  own.endpoint.onEvent("said", (text) => {
    if (text === "close") for (const one of own.endpoint.peers) one.close();
  });
  const texts = ["one", "two", "close", "three"];
  peer.say(...texts.map((text) => by.envelope(1, LARGE, "t", by.eventPayload("said", text))));
  await peer.closed();
  assert.deepEqual(own.heard, ["one", "two", "close"]);
});

test("D: a handler that throws harms neither the connection nor the next handler", async (t) => {
  const errors: unknown[] = [];
  const own = testEndpoint(t, ["t"], MIDDLE, (error) => errors.push(error));
  const listener = await own.listen();
  const peer = await connectRaw(t, listener.port);
  own.endpoint.onEvent("said", () => {
    throw new Error("on purpose");
  });
  peer.say(by.hello(LARGE), by.responderSynAck());
  for (const text of ["one", "two"]) {
    peer.say(by.envelope(1, LARGE, "t", by.eventPayload("said", text)));
  }
  await pings(peer);
  assert.deepEqual(own.heard, ["one", "two"]);
  assert.equal(errors.length, 2);
});

test("D: who does not close after we have is closed all the same", async (t) => {
  const own = testEndpoint(t, ["t"], MIDDLE);
  const listener = await own.listen();
  const socket = net.connect({ host: "127.0.0.1", port: listener.port, allowHalfOpen: true });
  const peer = new RawPeer(t, socket);
  await once(socket, "connect");
  peer.say(by.hello(LARGE), by.responderSynAck("t"));
  await own.peers(1);
  socket.pause();
  await listener.close();
  assert.equal(own.endpoint.peers.size, 0);
});

/** A peer whose handshake is done; it wants "t". */
async function accepted(t: TestContext, options: NativeListenOptions = {}) {
  const own = testEndpoint(t, ["t"], MIDDLE);
  const listener = await own.listen(options);
  const peer = await connectRaw(t, listener.port);
  peer.say(by.hello(LARGE), by.responderSynAck("t"));
  await own.peers(1);
  await until("the handshake", () => peer.frames.length === 4);
  return { own, peer };
}

async function pings(peer: RawPeer): Promise<void> {
  peer.say(by.ping(LARGE, MIDDLE, "0102"));
  await until("a pong", () => peer.frames.at(-1)?.equals(by.pong(MIDDLE, LARGE, "0102")));
}
