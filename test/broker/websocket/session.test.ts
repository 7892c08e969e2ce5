import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Value } from "../../../src/broker/values.ts";
import { atEnd, until } from "../../fixtures/tree.ts";
import {
  eventText,
  frame,
  RawClient,
  subscribed,
  subscribedInTime,
  TestClient,
  testEndpoint,
  testListener,
  upgradeRequest,
} from "../../fixtures/websocket.ts";

const error = (context: string) =>
  `{"type":"error","code":"deserialization_failed","context":"${context}"}`;
const BAD_JSON = error("failed to decode JSON object");
const NO_TOPIC = error("no topic in top-level JSON object");
const NO_EVENT = error("failed to create Zeek event");

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

test("A.1.4, A.1.5: subscriptions are acknowledged, and each connection has a name of its own", async (t) => {
  const endpoint = testEndpoint(t, "3eece35d-9f94-568d-861c-6a16c433e090");
  const { url } = await testListener(t, endpoint);
  const names = new Set<string>();
  for (const first of [
    "[]",
    '[""]',
    '["zeek/supervisor","zeek/supervisor"]',
    ' [ "a\\u0062" ]\n',
  ]) {
    const client = await new TestClient(t, url).opened();
    client.ws.send(first);
    const ack = await client.text();
    const [, name = ""] =
      /^\{"type":"ack","endpoint":"(3eece35d-9f94-568d-861c-6a16c433e090-websocket-\d+)","version":"8\.2\.2"\}$/.exec(
        ack,
      ) ?? [];
    assert.notEqual(name, "", ack);
    names.add(name);
    assert.deepEqual(client.isBinary, [false]);
  }
  assert.equal(names.size, 4);
  assert.deepEqual(
    [...names],
    [...endpoint.peers].map(({ info }) => info.id),
  );
  assert.deepEqual(
    [...endpoint.peers].map(({ filter }) => filter.prefixes),
    [[], [""], ["zeek/supervisor"], ["ab"]],
  );
});

test("A.1.5: the version is the door's", async (t) => {
  const { url } = await testListener(t, testEndpoint(t, "server"), { version: "7.0.0" });
  const client = await new TestClient(t, url).opened();
  client.ws.send("[]");
  assert.match(await client.text(), /,"version":"7\.0\.0"\}$/);
});

test("A.1.6: after a bad first message the connection stays, and is dead", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url } = await testListener(t, endpoint, { limits: { subscriptions: 100 } });
  const cases = [
    ["{}", "subscriptions not an array"],
    ["", "subscriptions not an array"],
    ["[", "subscriptions not an array"],
    ['"a"', "subscriptions not an array"],
    ["null", "subscriptions not an array"],
    ["[1]", "individual subscription not a string"],
    ['["a",null]', "individual subscription not a string"],
    ['["a",["b"]]', "individual subscription not a string"],
    [JSON.stringify(["x".repeat(100)]), "subscriptions of more than 100 characters"],
  ];
  for (const [first = "", context = ""] of cases) {
    const client = await new TestClient(t, url).opened();
    client.ws.send(first);
    assert.equal(await client.text(), error(context));
    client.ws.send('["a"]');
    client.ws.send(eventText("a", "ignored"));
    client.ws.send("x");
    client.ws.ping("still there?");
    await until("the pong", () => client.pongs.length === 1);
    assert.deepEqual(client.texts, [error(context)]);
    client.ws.close(1000);
    assert.equal((await client.end()).code, 1000);
  }
  assert.equal(endpoint.peers.size, 0);
});

test("A.1.7: what is sent before the acknowledgement is dealt with after it", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const got: Value[] = [];
  endpoint.subscribe("a");
  endpoint.onEvent("tick", (n: Value) => {
    got.push(n);
    endpoint.publish("a/answer", { name: "tock", args: [n] });
  });
  const { port } = await testListener(t, endpoint);
  const client = new RawClient(t, port);
  const events = ["1", "2", "3"].map((n) => frame(TEXT, eventText("a", "tick", n)));
  // All of it in one packet, upgrade and all.
  client.write(Buffer.concat([Buffer.from(upgradeRequest()), frame(TEXT, '["a"]'), ...events]));
  const frames = await until("the answers", () => {
    const all = client.frames();
    return all.length === 4 && all;
  });
  assert.deepEqual(got, ["1", "2", "3"]);
  assert.match(String(frames[0]?.payload), /^\{"type":"ack"/);
  assert.equal(String(frames[3]?.payload), eventText("a/answer", "tock", "3"));
});

test("A.1.7: what is published before the acknowledgement is not sent", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url } = await testListener(t, endpoint);
  const client = await new TestClient(t, url).opened();
  endpoint.publish("a", { name: "too early", args: [] });
  client.ws.send('[""]');
  assert.match(await client.text(), /"ack"/);
  endpoint.publish("a", { name: "now", args: [] });
  assert.equal(await client.text(), eventText("a", "now"));
});

test("A.1.8: text and binary are taken, whole and in fragments; text is sent", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const got: Value[] = [];
  endpoint.subscribe("");
  endpoint.onEvent("say", (what: Value) => got.push(what));
  const { port } = await testListener(t, endpoint);
  const client = new RawClient(t, port).write(upgradeRequest()).write(frame(BINARY, '[""]'));
  await client.until(/"ack"/);
  client.write(frame(TEXT, eventText("a", "say", "text")));
  client.write(frame(BINARY, eventText("a", "say", "binary")));
  // A character in two fragments, with a ping between them.
  const bytes = Buffer.from(eventText("a", "say", "früh"));
  const middle = bytes.indexOf(0xc3) + 1;
  client.write(frame(TEXT, bytes.subarray(0, middle), false));
  client.write(frame(PING, "between"));
  client.write(frame(0, "", false));
  client.write(frame(0, bytes.subarray(middle)));
  // One byte at a time.
  for (const byte of frame(TEXT, eventText("a", "say", "slowly")))
    client.write(Uint8Array.of(byte));
  await until("all of them", () => got.length === 4);
  assert.deepEqual(got, ["text", "binary", "früh", "slowly"]);
  endpoint.publish("b", { name: "answer", args: [] });
  await client.until(/answer/);
  assert.deepEqual(
    client.frames().map(({ opcode, fin }) => [opcode, fin]),
    [
      [TEXT, true],
      [PONG, true],
      [TEXT, true],
    ],
  );
});

test("A.2: what cannot be taken is answered, and the connection stays", async (t) => {
  const endpoint = testEndpoint(t, "server");
  endpoint.serve({
    module: "SupervisorControl::",
    topic: "zeek/supervisor",
    check: ({ args }) => args.length === 1,
    isHarmless: () => false,
    handle: () => {},
  });
  const { url } = await testListener(t, endpoint);
  const client = await subscribed(t, url);
  const good = JSON.parse(eventText("a", "x", "y"));
  const cases: [unknown, string][] = [
    ["not JSON", BAD_JSON],
    ["", BAD_JSON],
    ["{", BAD_JSON],
    ["[]", BAD_JSON],
    ["null", BAD_JSON],
    ["{}", BAD_JSON],
    [{ ...good, "@data-type": undefined }, BAD_JSON],
    [{ ...good, "@data-type": "nonsense" }, BAD_JSON],
    [{ ...good, "@data-type": "real", data: 1 }, BAD_JSON],
    // That is looked at before the topic.
    [{ ...good, topic: undefined, data: undefined }, BAD_JSON],
    [{ ...good, topic: undefined }, NO_TOPIC],
    [{ ...good, topic: 7 }, NO_TOPIC],
    [{ ...good, topic: "<$>" }, NO_TOPIC],
    [{ ...good, "@data-type": "string", data: "x" }, NO_EVENT],
    [{ ...good, data: [] }, NO_EVENT],
    [JSON.parse(eventText("zeek/supervisor", "SupervisorControl::any")), NO_EVENT],
  ];
  for (const [message, expected] of cases) {
    client.ws.send(typeof message === "string" ? message : JSON.stringify(message));
    assert.equal(await client.text(), expected, JSON.stringify(message));
  }
  // What is not looked at.
  client.ws.send(JSON.stringify({ data: good.data, "@data-type": "vector", topic: "", type: 7 }));
  client.ws.send("x");
  assert.equal(await client.text(), BAD_JSON);
  assert.equal(client.closed, undefined);
});

test("A.3: who breaks the protocol is closed with 1002, bad text with 1007, too much with 1009", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { port } = await testListener(t, endpoint, { limits: { message: 1000 } });
  const bad = Buffer.from([0x22, 0xff, 0x22]);
  const code = (number: number) => Buffer.from([number >> 8, number & 0xff]);
  const cases: [string, number, Buffer][] = [
    ["not masked", 1002, Buffer.from([0x81, 0])],
    ["reserved bits", 1002, Buffer.concat([Buffer.from([0xf1, 0x80]), Buffer.alloc(4)])],
    ["unknown opcode", 1002, frame(3, "")],
    ["continuation of nothing", 1002, frame(0, "x")],
    [
      "text in a fragmented message",
      1002,
      Buffer.concat([frame(TEXT, "x", false), frame(TEXT, "y")]),
    ],
    ["fragmented ping", 1002, frame(PING, "", false)],
    ["long ping", 1002, frame(PING, "x".repeat(126))],
    ["half a close code", 1002, frame(CLOSE, "x")],
    ["close code 999", 1002, frame(CLOSE, code(999))],
    ["close code 1004", 1002, frame(CLOSE, code(1004))],
    ["close code 1006", 1002, frame(CLOSE, code(1006))],
    ["close code 1015", 1002, frame(CLOSE, code(1015))],
    ["close code 2999", 1002, frame(CLOSE, code(2999))],
    ["invalid UTF-8", 1007, frame(TEXT, bad)],
    ["invalid UTF-8 in fragments", 1007, Buffer.concat([frame(TEXT, bad, false), frame(0, "")])],
    ["invalid UTF-8 in a close", 1007, frame(CLOSE, Buffer.concat([code(1000), bad]))],
    ["too large", 1009, frame(TEXT, "x".repeat(1001))],
    [
      "too large in fragments",
      1009,
      Buffer.concat([frame(TEXT, "x".repeat(600), false), frame(0, "x".repeat(600))]),
    ],
    ["an absurd length", 1009, Buffer.from([0x82, 0xff, 0xff, 255, 255, 255, 255, 255, 255, 255])],
  ];
  for (const [name, expected, bytes] of cases) {
    const client = new RawClient(t, port).write(upgradeRequest()).write(frame(TEXT, "[]"));
    await client.until(/"ack"/);
    client.write(bytes);
    assert.equal((await client.close()).code, expected, name);
    // As the protocol has it, and no reset.
    client.write(frame(CLOSE, code(expected)));
    await client.end();
  }
  await until("all to be gone", () => endpoint.peers.size === 0);
});

test("A.3: bytes that are no UTF-8 are taken in binary", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const got: Value[] = [];
  endpoint.subscribe("");
  endpoint.onEvent("say", (what: Value) => got.push(what));
  const { url } = await testListener(t, endpoint);
  const client = await subscribed(t, url);
  const bytes = Buffer.from(eventText("a", "say", "X"));
  bytes[bytes.indexOf("X")] = 0xff;
  client.ws.send(bytes);
  await until("it", () => got.length === 1);
  assert.deepEqual(got, ["\udcff"]);
});

test("A.3: a close is answered with its code, and the loss told", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const lost: string[] = [];
  endpoint.on("peerLost", (_info, reason) => lost.push(reason));
  const { url, port } = await testListener(t, endpoint);
  for (const [code, reason] of [
    [1000, ""],
    [1000, "done"],
    [4000, ""],
  ] as const) {
    const client = await subscribed(t, url);
    client.ws.close(code, reason);
    assert.deepEqual(await client.end(), { code, reason });
  }
  const silent = new RawClient(t, port).write(upgradeRequest()).write(frame(TEXT, "[]"));
  await silent.until(/"ack"/);
  silent.write(frame(CLOSE, ""));
  await silent.end();
  await until("four losses", () => lost.length === 4);
  const rude = new RawClient(t, port).write(upgradeRequest()).write(frame(TEXT, "[]"));
  await rude.until(/"ack"/);
  rude.socket.resetAndDestroy();
  const ended = new RawClient(t, port).write(upgradeRequest()).write(frame(TEXT, "[]"));
  await ended.until(/"ack"/);
  ended.socket.end();
  await until("all losses", () => lost.length === 6);
  assert.deepEqual(lost.slice(0, 4), ["closed", "closed: done (1000)", "closed (4000)", "closed"]);
  assert.deepEqual(lost.slice(4), ["connection lost", "connection lost"]);
});

test("A.3: the server's end closes all with 1001, and ends those who do not answer", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const listener = await testListener(t, endpoint, { limits: { closeTime: 200 } });
  const client = await subscribed(t, listener.url);
  const unsubscribed = await new TestClient(t, listener.url).opened();
  const lost: string[] = [];
  endpoint.on("peerLost", (_info, reason) => lost.push(reason));
  const deaf = new RawClient(t, listener.port).write(upgradeRequest()).write(frame(TEXT, "[]"));
  await deaf.until(/"ack"/);
  const connecting = new RawClient(t, listener.port).write("GET");
  await until("its connection", () => !connecting.socket.connecting);
  const closing = listener.close();
  assert.deepEqual(await client.end(), { code: 1001, reason: "Terminating" });
  assert.deepEqual(await unsubscribed.end(), { code: 1001, reason: "Terminating" });
  assert.deepEqual(await deaf.close(), { code: 1001, reason: "Terminating" });
  await connecting.end();
  await closing;
  await deaf.end();
  await until("all losses", () => lost.length === 2);
  assert.deepEqual(lost, ["Terminating", "Terminating"]);
  const late = new TestClient(t, listener.url);
  assert.equal((await late.end()).code, 1006);
});

test("A.3: a peer that is closed by its endpoint is closed with 1001", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url } = await testListener(t, endpoint);
  const client = await subscribed(t, url);
  for (const peer of endpoint.peers) peer.close();
  assert.deepEqual(await client.end(), { code: 1001, reason: "Terminating" });
  await until("the peer to be gone", () => endpoint.peers.size === 0);
});

test("A.4: pings come at an interval, and whoever answers stays", async (t) => {
  const { url } = await testListener(t, testEndpoint(t, "server"), {
    limits: { pingInterval: 250 },
  });
  const client = await pinged(t, url, 4);
  assert.deepEqual(
    client.pings.slice(0, 3),
    [0, 1, 2].map((n) => `ixwebsocket::heartbeat::0.25s::${n}`),
  );
  assert.equal(client.closed, undefined);
});

/**
 * A client that has answered so many pings but the last. One whose answer was kept back by a stall
 * of this process, which is both sides, is closed: then another tries.
 */
async function pinged(t: TestContext, url: string, count: number): Promise<TestClient> {
  return until(`${count} pings`, async () => {
    const client = await subscribedInTime(t, url);
    if (client === false) return false;
    await until("its pings", () => client.closed !== undefined || client.pings.length >= count);
    return client.closed === undefined && client;
  });
}

test("A.4: whoever does not answer a ping is closed with 1011, subscribed or not", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const limits = { pingInterval: 300, closeTime: 100 };
  const { url, port } = await testListener(t, endpoint, { limits });
  const lost: string[] = [];
  endpoint.on("peerLost", (_info, reason) => lost.push(reason));
  const client = await subscribed(t, url, [], { autoPong: false });
  const early = new TestClient(t, url, { autoPong: false });
  const deaf = new RawClient(t, port).write(upgradeRequest()).write(frame(TEXT, "{}"));
  // What it sends is no answer.
  const sending = setInterval(() => deaf.write(frame(TEXT, "x")), 10);
  atEnd(t, () => clearInterval(sending));
  for (const one of [client, early]) {
    assert.deepEqual(await one.end(), { code: 1011, reason: "Ping timeout" });
    assert.deepEqual(one.pings, ["ixwebsocket::heartbeat::0.3s::0"]);
  }
  assert.deepEqual(await deaf.close(), { code: 1011, reason: "Ping timeout" });
  await deaf.end();
  await until("the loss", () => lost.length > 0);
  assert.deepEqual(lost, ["Ping timeout"]);
});

test("A.4: a negative interval sends no pings", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const other = await testListener(t, endpoint, { limits: { pingInterval: 250 } });
  const { url } = await testListener(t, endpoint, { limits: { pingInterval: -1 } });
  const client = await subscribed(t, url, [], { autoPong: false });
  await pinged(t, other.url, 3);
  assert.deepEqual(client.pings, []);
  assert.equal(client.closed, undefined);
});

test("A.4: a client's pings are answered, in order with its messages", async (t) => {
  const { port } = await testListener(t, testEndpoint(t, "server"));
  const client = new RawClient(t, port).write(upgradeRequest());
  const pings = Array.from({ length: 200 }, (_, i) => frame(PING, String(i).padStart(125, "-")));
  client.write(Buffer.concat([...pings, frame(TEXT, "[]"), frame(PING, "")]));
  const frames = await until("all answers", () => {
    const all = client.frames();
    return all.length === 202 && all;
  });
  assert.deepEqual(
    frames.map(({ opcode }) => opcode),
    [...Array(200).fill(PONG), TEXT, PONG],
  );
  assert.equal(String(frames[199]?.payload), "199".padStart(125, "-"));
});

test("B: nobody gets what he has said; others get one copy, whatever their subscriptions", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const first = await testListener(t, endpoint);
  const second = await testListener(t, endpoint);
  const alice = await subscribed(t, first.url, [""]);
  const bob = await subscribed(t, first.url, ["a", "a/b", "a/b"]);
  const carol = await subscribed(t, second.url, ["a/"]);
  const dave = await subscribed(t, second.url, ["b", "a/b/c/d"]);
  const eve = await subscribed(t, first.url, []);
  alice.ws.send(eventText("a/b/c", "hello", "from alice"));
  assert.equal(await bob.text(), eventText("a/b/c", "hello", "from alice"));
  assert.equal(await carol.text(), eventText("a/b/c", "hello", "from alice"));
  bob.ws.send(eventText("b", "hello", "from bob"));
  assert.equal(await alice.text(), eventText("b", "hello", "from bob"));
  assert.equal(await dave.text(), eventText("b", "hello", "from bob"));
  for (const client of [alice, bob, carol, dave, eve]) {
    client.ws.ping();
    await until("the pong", () => client.pongs.length === 1);
  }
  assert.deepEqual(
    [alice, bob, carol, dave, eve].map(({ texts }) => texts.length),
    [2, 2, 2, 2, 1],
  );
});

test("F.10: what a client has sent before it closed is dealt with", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const got: Value[] = [];
  const lostAt: number[] = [];
  endpoint.subscribe("a");
  endpoint.onEvent("count", (n: Value) => got.push(n));
  endpoint.on("peerLost", () => lostAt.push(got.length));
  const { url, port } = await testListener(t, endpoint);
  const client = await subscribed(t, url);
  for (let i = 0; i < 5000; i++) client.ws.send(eventText("a", "count", String(i)));
  client.ws.close(1000);
  await until("its loss", () => lostAt.length === 1);
  assert.deepEqual(lostAt, [5000]);
  // And one that did it all in one packet.
  const events = Array.from({ length: 100 }, (_, i) =>
    frame(TEXT, eventText("a", "count", `${i}`)),
  );
  new RawClient(t, port).write(
    Buffer.concat([Buffer.from(upgradeRequest()), frame(TEXT, "[]"), ...events, frame(CLOSE, "")]),
  );
  await until("its loss", () => lostAt.length === 2);
  assert.deepEqual(lostAt, [5000, 5100]);
  assert.equal(got.at(-1), "99");
});
