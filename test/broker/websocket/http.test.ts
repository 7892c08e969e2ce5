import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import net from "node:net";
import { type TestContext, test } from "node:test";
import { WebSocketDoor } from "../../../src/broker/websocket/door.ts";
import type { WebSocketListenOptions } from "../../../src/broker/websocket/server.ts";
import { atEnd, until } from "../../fixtures/tree.ts";
import {
  eventText,
  frame,
  RawClient,
  subscribed,
  TestClient,
  testEndpoint,
  testListener,
  upgradeRequest,
} from "../../fixtures/websocket.ts";

async function raw(t: TestContext, options: WebSocketListenOptions = {}) {
  const { port } = await testListener(t, testEndpoint(t, "server"), options);
  return (request: string) => new RawClient(t, port).write(request);
}

test("A.1.1: what is no request for a WebSocket is answered with 400 and closed", async (t) => {
  const say = await raw(t);
  const requests = {
    "HTTP/1.0": upgradeRequest({}, "GET /v1/messages/json HTTP/1.0"),
    POST: upgradeRequest({ "Content-Length": "0" }, "POST /v1/messages/json HTTP/1.1"),
    "no upgrade": upgradeRequest({ Upgrade: undefined }),
    "another upgrade": upgradeRequest({ Upgrade: "h2c" }),
    "no connection": upgradeRequest({ Connection: undefined }),
    "no version": upgradeRequest({ "Sec-WebSocket-Version": undefined }),
    "old version": upgradeRequest({ "Sec-WebSocket-Version": "8" }),
    "no key": upgradeRequest({ "Sec-WebSocket-Key": undefined }),
    "bad key": upgradeRequest({ "Sec-WebSocket-Key": "x" }),
    "plain HTTP": "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP/1.0, plain": "GET / HTTP/1.0\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    CONNECT: "CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n",
    nonsense: "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a long head": `GET / HTTP/1.1\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
    "many headers": `GET / HTTP/1.1\r\n${"X: x\r\n".repeat(5000)}\r\n`,
  };
  for (const [name, request] of Object.entries(requests)) {
    const answer = await say(request).until(/\r\n\r\n.*\n/);
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, name);
    assert.match(answer, /\r\nConnection: close\r\n/, name);
    // One line.
    assert.match(answer, /\r\n\r\n[^\n]+\n$/, name);
  }
});

test("A.1.1: a missing Host is fine, and so is a subprotocol", async (t) => {
  const say = await raw(t);
  await say(upgradeRequest({ Host: undefined })).until(/^HTTP\/1\.1 101 /);
  await say(upgradeRequest({ "Sec-WebSocket-Protocol": "a, b" })).until(/^HTTP\/1\.1 101 /);
});

test("A.4: permessage-deflate may be offered, and is not used", async (t) => {
  const say = await raw(t);
  const offer = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
  const answer = await say(upgradeRequest(offer)).until(/\r\n\r\n/);
  assert.match(answer, /^HTTP\/1\.1 101 /);
  assert.doesNotMatch(answer, /extensions/i);
});

test("A.1.1: an upgrade that is not complete in time ends the connection", async (t) => {
  const say = await raw(t, { limits: { upgradeTime: 100 } });
  const clients = ["", "GET /v1/messages/json HTTP/1.1\r\n", upgradeRequest().slice(0, -2)].map(
    say,
  );
  // With a body that never comes.
  clients.push(say("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n"));
  for (const client of clients) await client.end();
  // One that was kept from it by a stall of this process tries again.
  const complete = await until("an upgrade in time", async () => {
    const one = say(upgradeRequest());
    await until("its answer", () => one.isClosed || one.text.includes("\r\n\r\n"));
    return one.text.startsWith("HTTP/1.1 101 ") && one;
  });
  const slow = say("GET");
  await slow.end();
  assert.equal(complete.isClosed, false);
});

test("A.1.1: an upgrade that came in time is one, however late this process gets to reading it", async (t) => {
  const door = new WebSocketDoor(testEndpoint(t, "server"), { limits: { upgradeTime: 50 } });
  atEnd(t, () => door.close());
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  atEnd(t, () => server.close());
  await until("a port", () => server.listening);
  const client = new RawClient(t, (server.address() as net.AddressInfo).port);
  const [socket] = (await once(server, "connection")) as [net.Socket];
  await until("the connection", () => client.socket.readyState === "open");
  // A turn of the loop's in which it has looked for input already: what is next are timers.
  await readFile("/dev/null");
  door.adopt(socket, { local: true });
  socket.resume();
  client.write(upgradeRequest());
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); // A stall of this process.
  await until("an answer", () => client.isClosed || client.text !== "");
  assert.match(client.text, /^HTTP\/1\.1 101 /);
});

test("A.1.2: another path is upgraded, told, and closed with 1008", async (t) => {
  const { url } = await testListener(t, testEndpoint(t, "server"));
  for (const other of [`${url}?x=1`, `${url}/`, url.replace("v1", "v2")]) {
    const client = new TestClient(t, other);
    assert.deepEqual(await client.end(), {
      code: 1008,
      reason: "Invalid URI - use /v1/messages/json",
    });
    assert.deepEqual(client.texts, [
      '{"type":"error","code":"invalid_uri","context":"Invalid URI - use /v1/messages/json"}',
    ]);
  }
});

test("A.1.3: a bad X-Application-Name is told, and closed with 1008", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url } = await testListener(t, endpoint);
  const client = new TestClient(t, url, { headers: { "X-Application-Name": "a b" } });
  assert.deepEqual(await client.end(), { code: 1008, reason: "Invalid X-Application-Name" });
  assert.deepEqual(client.texts, [
    '{"type":"error","code":"invalid_application_name","context":"Invalid X-Application-Name"}',
  ]);
  await subscribed(t, url, [], { headers: { "X-Application-Name": "zeek-client" } });
  const [peer] = endpoint.peers;
  assert.equal(peer?.info.application, "zeek-client");
});

test("A.1.2: who does not answer the closing is ended all the same", async (t) => {
  const say = await raw(t, { limits: { closeTime: 100 } });
  const client = say(upgradeRequest({}, "GET / HTTP/1.1"));
  assert.equal((await client.close()).code, 1008);
  await client.end();
});

test("A.4: more connections than a hundred are just closed", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url, port } = await testListener(t, endpoint, { limits: { connections: 3 } });
  const first = await subscribed(t, url);
  await subscribed(t, url);
  // Counts, although it has said nothing yet.
  const silent = new RawClient(t, port);
  await until("its connection", () => !silent.socket.connecting);
  const further = new RawClient(t, port);
  further.write(upgradeRequest());
  assert.equal(await further.end(), "");
  assert.equal(endpoint.peers.size, 2);
  first.ws.close(1000);
  await first.end();
  await until("a place", async () => {
    const next = new TestClient(t, url);
    await until("an answer", () => next.ws.readyState !== next.ws.CONNECTING);
    return next.ws.readyState === next.ws.OPEN;
  });
});

test("F.8: foreign Origins and Hosts get 403, and no WebSocket", async (t) => {
  const say = await raw(t, { names: ["Supervisor.example"] });
  for (const headers of [
    { Origin: "http://attacker.example" },
    { Origin: "null" },
    { Host: "attacker.example" },
    { Host: "attacker.example", Origin: "http://attacker.example" },
  ]) {
    assert.match(await say(upgradeRequest(headers)).end(), /^HTTP\/1\.1 403 Forbidden\r\n/);
    const plain = upgradeRequest({ ...headers, Upgrade: undefined, Connection: "keep-alive" });
    assert.match(await say(plain).end(), /^HTTP\/1\.1 403 Forbidden\r\n/);
  }
  for (const headers of [
    { Origin: "http://127.0.0.1:9997", Host: "127.0.0.1:9997" },
    { Host: "supervisor.example" },
    { Host: "localhost:1" },
    { Host: "[::1]:1" },
  ]) {
    await say(upgradeRequest(headers)).until(/^HTTP\/1\.1 101 /);
  }
});

test("F.8: with a token, others get 401", async (t) => {
  const say = await raw(t, { token: "secret" });
  for (const headers of [
    {},
    { Authorization: "Bearer wrong" },
    { Authorization: "Basic c2VjcmV0" },
  ]) {
    const answer = await say(upgradeRequest(headers)).end();
    assert.match(answer, /^HTTP\/1\.1 401 Unauthorized\r\n/);
    assert.match(answer, /\r\nWWW-Authenticate: Bearer\r\n/);
    assert.match(await say("GET / HTTP/1.1\r\n\r\n").end(), /^HTTP\/1\.1 401 /);
  }
  await say(upgradeRequest({ Authorization: "Bearer secret" })).until(/^HTTP\/1\.1 101 /);
});

test("F.8: who has the token for looking may not act", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url } = await testListener(t, endpoint, { token: "act", readToken: "look" });
  const looking = await subscribed(t, url, [""], { headers: { Authorization: "Bearer look" } });
  const acting = await subscribed(t, url, [""], { headers: { Authorization: "Bearer act" } });
  assert.deepEqual(
    [...endpoint.peers].map(({ mayControl }) => mayControl),
    [false, true],
  );
  looking.ws.send(eventText("a", "anything"));
  assert.equal(
    await looking.text(),
    '{"type":"error","code":"forbidden","context":"this connection may look, not act"}',
  );
  acting.ws.send(eventText("a", "anything"));
  acting.ws.send("x");
  assert.match(await acting.text(), /deserialization_failed/);
  endpoint.publish("a", { name: "for all", args: [] }, { forReaders: true });
  assert.match(await looking.text(), /for all/);
});

test("F.8: a token that is empty is refused, since it would let everybody in", async (t) => {
  const endpoint = testEndpoint(t, "server");
  for (const options of [{ token: "" }, { readToken: "" }]) {
    await assert.rejects(testListener(t, endpoint, options), /empty token/);
  }
});

test("A.1.1: a connection is adopted with what came in before, and whatever became of it", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const door = new WebSocketDoor(endpoint, {});
  atEnd(t, () => door.close());
  const accepted: net.Socket[] = [];
  const server = net.createServer((socket) => {
    socket.on("error", () => {}); // Until it is adopted, its errors are whose it is.
    accepted.push(socket);
  });
  server.listen(0, "127.0.0.1");
  atEnd(t, () => server.close());
  await until("a port", () => server.listening);
  const { port } = server.address() as net.AddressInfo;

  const early = new RawClient(t, port).write(upgradeRequest());
  const early2 = new RawClient(t, port);
  early2.write(Buffer.concat([Buffer.from(upgradeRequest()), frame(1, '["a"]')]));
  const one = await until("the connection", () => accepted[0]);
  const two = await until("the connection", () => accepted[1]);
  await until("its request", () => one.readableLength > 0 && two.readableLength > 0);
  door.adopt(one, { local: true });
  door.adopt(two, { local: true });
  await early.until(/^HTTP\/1\.1 101 /);
  await early2.until(/"type":"ack"/);
  assert.equal(door.size, 2);
  const [peer] = endpoint.peers;
  assert.equal(peer?.info.address, "unix");

  const gone = new RawClient(t, port).write("GET");
  const third = await until("the connection", () => accepted[2]);
  gone.socket.resetAndDestroy();
  await until("its end", () => third.destroyed || third.readableEnded || gone.isClosed);
  door.adopt(third, { local: true });
  third.destroy();
  door.adopt(third, { local: true });
  await until("it to be forgotten", () => door.size === 2);
});
