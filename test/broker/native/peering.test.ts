/** Coppice on both sides: transports, routing, and connections that come back. */
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import tls from "node:tls";
import { eventValue } from "../../../src/broker/event.ts";
import type { Tls } from "../../../src/broker/tls.ts";
import { Filter } from "../../../src/broker/topics.ts";
import { ListenError, NoSupervisorError } from "../../../src/errors.ts";
import { type TestEndpoint, testEndpoint } from "../../fixtures/broker-endpoint.ts";
import { freePort } from "../../fixtures/ports.ts";
import * as by from "../../fixtures/raw-broker-peer.ts";
import { LARGE, listenRaw, MIDDLE, RawPeer, SMALL } from "../../fixtures/raw-broker-peer.ts";
import { until } from "../../fixtures/tree.ts";

const CERTIFICATES = path.join(import.meta.dirname, "..", "..", "fixtures", "certificates");
const file = (name: string) => path.join(CERTIFICATES, name);
const read = (name: string) => fs.readFileSync(file(name), "utf8");
const NODE = { cert: read("node.pem"), key: read("node.key"), ca: read("ca.pem") };
const FILES = { cert: file("node.pem"), key: file("node.key"), ca: file("ca.pem") };
const STRANGER = { cert: read("stranger.pem"), key: read("stranger.key"), ca: read("ca.pem") };

const TRANSPORTS: [string, Tls, Tls][] = [
  ["plain TCP", false, false],
  ["anonymous TLS", true, true],
  ["TLS with certificates", NODE, FILES],
];

for (const [name, there, here] of TRANSPORTS) {
  for (const [acceptor, connector] of [
    [SMALL, LARGE],
    [LARGE, SMALL],
  ] as const) {
    test(`D: events go both ways over ${name}, ${acceptor < connector ? "larger" : "smaller"} id connecting`, async (t) => {
      const a = testEndpoint(t, ["to/a"], acceptor);
      const b = testEndpoint(t, ["to/b"], connector);
      const listener = await a.listen({ tls: there });
      await b.peer(listener.port, { tls: here }).connected;
      await a.peers(1);
      assert.deepEqual([a.added[0]?.id, b.added[0]?.id], [connector, acceptor]);
      assert.equal(b.added[0]?.address, `127.0.0.1:${listener.port}`);
      const long = "ü".repeat(400_000);
      for (const text of ["one", "two", long]) {
        a.say("to/b/1", text);
        a.say("to/c", "for nobody");
        b.say("to/a", text);
      }
      await until("all events", () => a.heard.length === 3 && b.heard.length === 3);
      assert.deepEqual(
        [a.heard, b.heard],
        [
          ["one", "two", long],
          ["one", "two", long],
        ],
      );
      await listener.close();
      await b.peers(0);
      assert.equal(a.endpoint.peers.size, 0);
    });
  }
}

test("D: anonymous TLS is Zeek's: TLS 1.2, AECDH-AES256-SHA, no certificate", async (t) => {
  const own = testEndpoint(t, ["x"], MIDDLE);
  const listener = await own.listen({ tls: true });
  const socket = tls.connect({
    host: "127.0.0.1",
    port: listener.port,
    ciphers: "AECDH-AES256-SHA@SECLEVEL=0",
    ecdhCurve: "P-384",
    rejectUnauthorized: false,
  });
  const peer = new RawPeer(t, socket);
  peer.say(by.hello(LARGE), by.responderSynAck());
  assert.deepEqual(await peer.next("a probe"), by.probe);
  await own.peers(1);
  assert.equal(socket.getProtocol(), "TLSv1.2");
  assert.equal(socket.getCipher().name, "AECDH-AES256-SHA");
});

test("D: with certificates, one without and one of a stranger are refused, on either side", async (t) => {
  const own = testEndpoint(t, ["x"], MIDDLE);
  const listener = await own.listen({ tls: NODE });
  for (const [what, options] of [
    ["none", { rejectUnauthorized: false }],
    ["a stranger's", { ...STRANGER, rejectUnauthorized: false }],
    ["none, TLS 1.2", { rejectUnauthorized: false, maxVersion: "TLSv1.2" }],
  ] as const) {
    const refused = own.refused.length;
    const peer = new RawPeer(
      t,
      tls.connect({ host: "127.0.0.1", port: listener.port, ...options }),
    );
    peer.say(by.hello(LARGE), by.responderSynAck());
    await peer.closed(`a client with ${what} to be refused`);
    await until("the refusal", () => own.refused.length > refused);
    assert.match(own.refused.at(-1) ?? "", /^no TLS: /);
    assert.deepEqual(peer.frames, []);
  }
  const other = testEndpoint(t, ["x"], LARGE);
  for (const wrong of [STRANGER, true, false] as const) {
    const connection = other.peer(listener.port, { tls: wrong, retry: false });
    await assert.rejects(connection.connected, NoSupervisorError);
  }
  const stranger = await other.listen({ tls: { ...STRANGER, ca: read("ca.pem") } });
  await assert.rejects(
    own.peer(stranger.port, { tls: NODE, retry: false }).connected,
    /cannot peer with 127\.0\.0\.1:\d+: /,
  );
  assert.deepEqual([own.added, other.added], [[], []]);
});

test("D: plain against TLS fails in the time that a handshake has, both ways", async (t) => {
  const own = testEndpoint(t, ["x"], MIDDLE);
  const other = testEndpoint(t, ["x"], LARGE);
  for (const there of [true, false]) {
    const listener = await own.listen({ tls: there, limits: { handshake: 300 } });
    const connection = other.peer(listener.port, {
      tls: !there,
      retry: false,
      limits: { handshake: 300 },
    });
    await assert.rejects(connection.connected, NoSupervisorError);
    await listener.close();
  }
});

test("D: certificates that cannot be had are told at once", async (t) => {
  const own = testEndpoint(t);
  const incomplete = /TLS with certificates needs all of cert, key and ca$/;
  const missing = { ...FILES, key: file("nothing.key") };
  const unread = /cannot read .*nothing\.key: no such file or directory$/;
  await assert.rejects(own.listen({ tls: { cert: NODE.cert } }), incomplete);
  await assert.rejects(own.listen({ tls: missing }), unread);
  assert.throws(() => own.peer(1, { tls: { ca: NODE.ca } }), incomplete);
  assert.throws(() => own.peer(1, { tls: missing }), unread);
  const broken = { ...NODE, cert: "-----BEGIN CERTIFICATE-----\nnone" };
  await assert.rejects(own.listen({ tls: broken }), (error: Error) => {
    assert.ok(error instanceof ListenError);
    assert.match(error.message, /^cannot listen on 127\.0\.0\.1:0: TLS cannot be set up: .+$/);
    return true;
  });
  await assert.rejects(own.peer(1, { tls: broken }).connected, /TLS cannot be set up/);
});

test("D: what cannot be listened on is told in one line", async (t) => {
  const own = testEndpoint(t);
  const { port } = await own.listen();
  const failures: [object, RegExp][] = [
    [{ port }, new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}: address already in use$`)],
    [{ host: "192.0.2.1" }, /^cannot listen on 192\.0\.2\.1:0: address not available$/],
    [{ host: "not a host" }, /^cannot listen on not a host:0: [^\n]+$/],
    [{ host: "::1::" }, /^cannot listen on \[::1::\]:0: [^\n]+$/],
    [{ port: 65536 }, /^cannot listen on 127\.0\.0\.1:65536: [^\n]+$/],
  ];
  for (const [options, message] of failures) {
    await assert.rejects(own.listen(options), (error: Error) => {
      assert.ok(error instanceof ListenError);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("B: no echo, and nothing passes from one peer to another", async (t) => {
  const hub = testEndpoint(t, ["t"], MIDDLE);
  const listener = await hub.listen();
  const [a, b] = [testEndpoint(t, ["t"]), testEndpoint(t, ["t"])];
  await Promise.all([a, b].map((one) => one.peer(listener.port).connected));
  await hub.peers(2);
  a.say("t", "from a");
  b.say("t", "from b");
  await until("both at the hub", () => hub.heard.length === 2);
  hub.say("t", "from the hub");
  await until("the hub's", () => [a, b].every(({ heard }) => heard.length > 0));
  assert.deepEqual([a.heard, b.heard], [["from the hub"], ["from the hub"]]);
});

test("B: what a client of ours says goes to a peer, and what a peer says to the client", async (t) => {
  const hub = testEndpoint(t, [], MIDDLE);
  const listener = await hub.listen();
  const a = testEndpoint(t, ["t"]);
  await a.peer(listener.port).connected;
  await hub.peers(1);
  const { client, got } = clientOf(hub, ["t"]);
  await until("the client's filter", () => [...a.endpoint.peers][0]?.filter.matches("t"));
  a.say("t", "from a");
  await until("an event for the client", () => got.length > 0);
  assert.deepEqual(got, ["t"]);
  hub.endpoint.receive(client, "t", event("from a client"));
  hub.say("t", "from the hub");
  await until("two events", () => a.heard.length === 2);
  assert.deepEqual(a.heard, ["from a client", "from the hub"]);
  hub.endpoint.detach(client, "gone");
  await until("the filter without it", () => ![...a.endpoint.peers][0]?.filter.matches("t"));
});

test("D: a connection is tried until there is a listener, and again whenever it is lost", async (t) => {
  const spare = await freePort();
  const a = testEndpoint(t, ["t"], SMALL);
  const b = testEndpoint(t, ["t"], LARGE);
  const connection = b.peer(spare);
  await until("failures", () => b.failures.length > 1);
  assert.equal(b.failures[0], `cannot peer with 127.0.0.1:${spare}: connection refused`);
  for (let round = 1; round <= 3; round++) {
    const listener = await a.listen({ port: spare });
    await connection.connected;
    await Promise.all([a.peers(1), b.peers(1)]);
    b.say("t", `round ${round}`);
    await until("an event", () => a.heard.length === round);
    await listener.close();
    await b.peers(0);
  }
  assert.deepEqual(new Set(b.lost), new Set(["the connection was closed by the peer"]));
  void connection.close();
  await a.listen({ port: spare });
});

test("D: waits begin with `firstRetry` and grow by half, up to `retry`", async (t) => {
  const spare = await freePort();
  const at: number[] = [];
  const onFailure = () => at.push(performance.now());
  testEndpoint(t).peer(spare, { firstRetry: 20, retry: 60, onFailure });
  await until("six attempts", () => at.length >= 6);
  const waits = at.slice(1, 6).map((time, i) => time - at[i]!);
  // A timer may be early by the part of a millisecond that Node.js leaves out, and late by any time.
  for (const [i, wait] of [20, 30, 45, 60, 60].entries()) {
    assert.ok(waits[i]! > wait - 2, `wait ${i}: ${waits[i]} ms`);
  }
});

test("D: with retry off there is one attempt, and a lost connection stays lost", async (t) => {
  const spare = await freePort();
  const a = testEndpoint(t, ["t"]);
  const b = testEndpoint(t, ["t"]);
  await assert.rejects(b.peer(spare, { retry: false }).connected, (error: Error) => {
    assert.ok(error instanceof NoSupervisorError);
    assert.match(error.message, /^cannot peer with 127\.0\.0\.1:\d+: connection refused$/);
    return true;
  });
  await assert.rejects(b.peer(70_000, { retry: false }).connected, /cannot peer with/);
  await assert.rejects(b.peer(70_000).connected, /cannot peer with/);
  const listener = await a.listen({ port: spare });
  await b.peer(listener.port, { retry: false }).connected;
  await listener.close();
  await b.peers(0);
  const attempts = await listenRaw(t, spare);
  const other = testEndpoint(t);
  other.peer(spare);
  await attempts.next();
  assert.equal(attempts.peers.length, 1, "only the other endpoint has tried");
});

test("D: closing a connection ends it in every state, and nothing is tried again", async (t) => {
  const server = await listenRaw(t);
  const own = testEndpoint(t, ["t"], MIDDLE);
  for (const tls of [false, true]) {
    const early = own.peer(server.port, { tls });
    void early.close();
    await assert.rejects(early.connected, /: closed$/);
  }
  const during = own.peer(server.port);
  const peer = await until("a hello", () => server.peers.find(({ frames }) => frames.length > 0));
  void during.close();
  await peer.closed();
  const waiting = own.peer(1);
  await until("a failure", () => own.failures.length > 0);
  void waiting.close();
  const after = own.peer(server.port);
  await until("another hello", () => server.peers.filter(({ frames }) => frames.length > 0)[1]);
  const last = server.peers.at(-1)!;
  last.say(by.versionSelect(SMALL), by.originatorSyn(), by.originatorAck);
  await after.connected;
  void after.close();
  await last.closed();
  assert.equal(own.endpoint.peers.size, 0);
  assert.deepEqual(own.lost, ["the connection was closed here"]);
});

test("D: two that connect to each other at once have one peering, and have it back when it is lost", async (t) => {
  const a = testEndpoint(t, ["t"], SMALL);
  const b = testEndpoint(t, ["t"], LARGE);
  const [atA, atB] = [await a.listen(), await b.listen()];
  const [fromA, fromB] = [a.peer(atB.port), b.peer(atA.port)];
  await Promise.all([fromA.connected, fromB.connected]);
  await Promise.all([a.peers(1), b.peers(1)]);
  a.say("t", "once");
  await until("the event", () => b.heard.length > 0);
  for (const one of a.endpoint.peers) one.close();
  await until("it to be back", () => a.added.length > 1 && b.added.length > 1);
  a.say("t", "again");
  await until("the other event", () => b.heard.includes("again"));
  assert.deepEqual(b.heard, ["once", "again"]);
});

test("D: a second connection to a peer is as good as the first, and takes over from it", async (t) => {
  const a = testEndpoint(t, ["t"], SMALL);
  const b = testEndpoint(t, ["t"], LARGE);
  const listener = await a.listen();
  const first = b.peer(listener.port);
  await first.connected;
  // Its own end may still be at the handshake's last step, and refuse another connection as long as it is.
  await until("the first", () => a.added.length === 1);
  const second = b.peer(listener.port);
  await second.connected;
  assert.deepEqual([a.endpoint.peers.size, b.endpoint.peers.size], [1, 1]);
  void first.close();
  await until("the second", () => b.added.length === 2);
  assert.deepEqual(b.failures, []);
});

test("D: an endpoint that connects to itself is refused", async (t) => {
  const own = testEndpoint(t, ["t"]);
  const listener = await own.listen();
  const connection = own.peer(listener.port, { retry: false });
  await assert.rejects(connection.connected, /an endpoint cannot peer with itself/);
});

test("D: closing a listener closes what has not said anything yet, too", async (t) => {
  for (const tls of [false, true]) {
    const own = testEndpoint(t, ["t"]);
    // One that nobody else listens on once it is closed.
    const listener = await own.listen({ tls, port: await freePort() });
    const socket = net.connect({ host: "127.0.0.1", port: listener.port });
    const peer = new RawPeer(t, socket);
    if (!tls) await peer.next("a probe");
    else await new Promise((done) => socket.once("connect", done));
    await listener.close();
    await peer.closed();
    await assert.rejects(
      new Promise((resolve, reject) => {
        net
          .connect({ host: "127.0.0.1", port: listener.port }, () => resolve(0))
          .on("error", reject);
      }),
    );
  }
});

test("D: nothing of a connection stays with the endpoint", async (t) => {
  const own = testEndpoint(t, ["t"]);
  const other = testEndpoint(t, ["t"]);
  const on = t.mock.method(own.endpoint, "on").mock;
  const off = t.mock.method(own.endpoint, "off").mock;
  const listeners = () => on.callCount() - off.callCount();
  const listener = await own.listen();
  for (let i = 0; i < 3; i++) {
    const connection = other.peer(listener.port);
    await connection.connected;
    await own.peers(1);
    assert.equal(listeners(), 1);
    void connection.close();
    await own.peers(0);
    assert.equal(listeners(), 0);
  }
});

/** A client of a WebSocket listener, as far as the endpoint is concerned. */
function clientOf({ endpoint }: TestEndpoint, prefixes: string[]) {
  const got: string[] = [];
  const client = {
    info: { kind: "client" as const, address: "127.0.0.1:1", id: "client" },
    mayControl: true,
    filter: new Filter(prefixes),
    send: ({ topic }: { topic: string }) => got.push(topic),
    close() {},
  };
  endpoint.attach(client);
  return { client, got };
}

function event(text: string) {
  return eventValue({ name: "said", args: [text] });
}
