import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { type WebSocket, WebSocketServer } from "ws";
import type { Endpoint } from "../../../src/broker/endpoint.ts";
import type { Value } from "../../../src/broker/values.ts";
import {
  type Connection,
  peerWebSocket,
  type WebSocketPeerOptions,
} from "../../../src/broker/websocket/client.ts";
import { targetOf } from "../../../src/broker/websocket/target.ts";
import { NoSupervisorError, UsageError } from "../../../src/errors.ts";
import { freePort } from "../../fixtures/ports.ts";
import { atEnd, temporaryDirectory, until } from "../../fixtures/tree.ts";
import { eventText, testEndpoint, testListener } from "../../fixtures/websocket.ts";

const CERTIFICATES = path.join(import.meta.dirname, "../../fixtures/certificates");
const pem = (name: string) => fs.readFileSync(path.join(CERTIFICATES, name), "utf8");

function peer(
  t: TestContext,
  endpoint: Endpoint,
  url: string,
  options: WebSocketPeerOptions = {},
): Connection {
  const connection = peerWebSocket(endpoint, url, { retry: 20, ...options });
  atEnd(t, () => connection.close());
  return connection;
}

/** A server that does what a test says, and keeps what it is told. */
class FakeServer extends EventEmitter<{ client: [WebSocket] }> {
  readonly clients: WebSocket[] = [];
  readonly firsts: string[] = [];
  readonly texts: string[] = [];
  readonly requests: http.IncomingMessage[] = [];
  url = "";

  static async open(t: TestContext, answer = ACK): Promise<FakeServer> {
    const fake = new FakeServer();
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    atEnd(t, () => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    server.on("connection", (ws, request) => {
      fake.clients.push(ws);
      fake.requests.push(request);
      ws.once("message", (data) => {
        fake.firsts.push(String(data));
        if (answer !== "") ws.send(answer);
        ws.on("message", (text) => fake.texts.push(String(text)));
      });
    });
    await until("the server", () => server.address() !== null);
    fake.url = `ws://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    return fake;
  }
}
const ACK = '{"type":"ack","endpoint":"zeek-websocket-1","version":"8.2.2"}';

const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof NoSupervisorError, String(error));
  assert.match(error.message, pattern);
  assert.doesNotMatch(error.message, /\n/);
  return true;
};

test("A.1: two endpoints talk through server and client, both ways", async (t) => {
  const [one, two] = [testEndpoint(t, "one"), testEndpoint(t, "two")];
  const got: [string, Value][] = [];
  one.subscribe("to/one");
  one.onEvent("hello", (text: Value) => got.push(["one", text]));
  two.subscribe("to/two");
  two.onEvent("hello", (text: Value) => got.push(["two", text]));
  const { port } = await testListener(t, one, { version: "8.1.0" });
  const connection = peer(t, two, `ws://127.0.0.1:${port}`, { application: "test/1" });
  assert.equal(connection.version, undefined);
  await connection.connected;
  assert.equal(connection.version, "8.1.0");
  const [server] = two.peers;
  const [client] = one.peers;
  assert.equal(server?.info.kind, "server");
  assert.equal(server?.info.address, `127.0.0.1:${port}`);
  assert.equal(server?.info.id, client?.info.id);
  assert.equal(client?.info.application, "test/1");
  assert.deepEqual(client?.filter.prefixes, ["to/two"]);
  two.publish("to/one", { name: "hello", args: ["from two"] });
  await until("it", () => got.length === 1);
  one.publish("to/two/x", { name: "hello", args: ["from one"] });
  one.publish("to/three", { name: "hello", args: ["to nobody"] });
  await until("it", () => got.length === 2);
  assert.deepEqual(got, [
    ["one", "from two"],
    ["two", "from one"],
  ]);
});

test("B: what one client says gets to the others of the server, and not back to it", async (t) => {
  const server = testEndpoint(t, "server");
  const { port } = await testListener(t, server);
  const got: string[][] = [[], [], []];
  const clients = got.map((list, i) => {
    const endpoint = testEndpoint(t, `client ${i}`);
    endpoint.subscribe("a");
    endpoint.onEvent("say", (what: Value) => list.push(String(what)));
    return endpoint;
  });
  await Promise.all(clients.map((one) => peer(t, one, `ws://127.0.0.1:${port}`).connected));
  clients[0]?.publish("a", { name: "say", args: ["first"] });
  await until("it to come", () => got[1]?.length === 1 && got[2]?.length === 1);
  clients[1]?.publish("a", { name: "say", args: ["second"] });
  await until("it to come", () => got[0]?.length === 1 && got[2]?.length === 2);
  assert.deepEqual(got, [["second"], ["first"], ["first", "second"]]);
});

test("A.1: it speaks as Zeek expects", async (t) => {
  const fake = await FakeServer.open(t);
  const endpoint = testEndpoint(t, "client");
  endpoint.subscribe('b"\\');
  endpoint.subscribe("a/b");
  endpoint.subscribe("a");
  const connection = peer(t, endpoint, fake.url, {
    token: "secret",
    application: "app",
    client: "über\nall",
  });
  await connection.connected;
  endpoint.publish("a", { name: "x", args: [] });
  await until("the event", () => fake.texts.length === 1);
  assert.deepEqual(fake.firsts, ['["a","b\\"\\\\"]']);
  assert.deepEqual(fake.texts, [eventText("a", "x")]);
  const [request] = fake.requests;
  assert.equal(request?.url, "/v1/messages/json");
  assert.equal(request?.headers.authorization, "Bearer secret");
  assert.equal(request?.headers["x-application-name"], "app");
  assert.equal(
    Buffer.from(String(request?.headers["x-coppice-client"]), "latin1").toString(),
    "überall",
  );
  assert.equal(request?.headers["sec-websocket-extensions"], undefined);
});

test("F.2: it takes what Zeek sends, control characters and bytes that are no UTF-8", async (t) => {
  const fake = await FakeServer.open(t);
  const endpoint = testEndpoint(t, "client");
  const got: Value[] = [];
  endpoint.subscribe("");
  endpoint.onEvent("x", (what: Value) => got.push(what));
  await peer(t, endpoint, fake.url).connected;
  const bytes = Buffer.from(eventText("a", "x", "1234"));
  const at = bytes.indexOf("1234");
  bytes.set([0x01, 0xff, 0x5c, 0x76], at); // 0x01, 0xff, \v
  fake.clients[0]?.send(bytes, { binary: false });
  await until("it", () => got.length === 1);
  assert.deepEqual(got, ["\u0001\udcff\v"]);
});

test("A.2: what the server could not take is told", async (t) => {
  const fake = await FakeServer.open(t);
  const endpoint = testEndpoint(t, "client");
  const errors: string[] = [];
  await peer(t, endpoint, fake.url, { onError: (...error) => errors.push(error.join(": ")) })
    .connected;
  const [server] = fake.clients;
  server?.send(
    '{"type":"error","code":"deserialization_failed","context":"failed to create Zeek event"}',
  );
  server?.send('{"type":"error"}');
  server?.send("nonsense");
  server?.send('{"type":"something else"}');
  await until("all", () => errors.length === 4);
  const [refusal, empty, nonsense, other] = errors;
  assert.equal(refusal, "deserialization_failed: failed to create Zeek event");
  assert.equal(empty, ": ");
  assert.match(nonsense ?? "", /^deserialization_failed: ./);
  assert.equal(other, "deserialization_failed: failed to decode JSON object");
  assert.equal(endpoint.peers.size, 1);
});

test("A.1.4: with one attempt, why there is no connection is told", async (t) => {
  const directory = temporaryDirectory(t);
  const port = await freePort();
  const file = path.join(directory, "file");
  fs.writeFileSync(file, "");
  const cases: [string, WebSocketPeerOptions, RegExp][] = [
    [
      `ws://127.0.0.1:${port}`,
      {},
      /^no Supervisor answers at ws:\S+: connection refused: nothing listens there$/,
    ],
    [`ws://localhost:${port}`, {}, /connection refused/],
    // Whoever tells may be out of reach, and is asked more than once.
    ["ws://nowhere.invalid:1", { timeout: 60_000 }, /no such host|EAI_AGAIN/],
    [`unix:${directory}/control.sock`, {}, /control\.sock: no such socket$/],
    [`unix:${directory}/${"x/".repeat(60)}control.sock`, {}, /no such socket$/],
    [`unix:${file}`, {}, /connection refused/],
    [`ws://127.0.0.1:${port}`, { token: "bad\nheader" }, /header/],
  ];
  const guarded = await testListener(t, testEndpoint(t, "server"), { token: "secret" });
  const guardedUrl = `ws://127.0.0.1:${guarded.port}`;
  cases.push([guardedUrl, {}, /wants a token, and not this one \(HTTP 401: a token is needed: /]);
  cases.push([
    guardedUrl,
    { token: "x" },
    /wants a token, and not this one \(HTTP 401: wrong token\)$/,
  ]);
  cases.push([
    `${guardedUrl}/other`,
    { token: "secret" },
    /Invalid URI - use \/v1\/messages\/json \(invalid_uri\)$/,
  ]);
  cases.push([guardedUrl, { token: "secret", application: "a b" }, /invalid_application_name/]);

  const web = http.createServer((request, response) => {
    response.statusCode = Number(request.url?.slice(1)) || 404;
    response.end("first\nsecond");
  });
  web.listen(0, "127.0.0.1");
  atEnd(t, () => web.close());
  await until("a port", () => web.listening);
  const webUrl = `ws://127.0.0.1:${(web.address() as net.AddressInfo).port}`;
  cases.push([webUrl, {}, /not a server of WebSocket JSON v1 \(HTTP 404: first\)$/]);
  cases.push([`${webUrl}/403`, {}, /does not let this connection in \(HTTP 403: first\)$/]);

  const babble = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.end("220 mail.example ESMTP\r\n");
  });
  babble.listen(0, "127.0.0.1");
  atEnd(t, () => babble.close());
  await until("a port", () => babble.listening);
  cases.push([
    `ws://127.0.0.1:${(babble.address() as net.AddressInfo).port}`,
    {},
    /not a WebSocket server$/,
  ]);
  const other = await FakeServer.open(t, "welcome");
  cases.push([other.url, {}, /not a server of WebSocket JSON v1$/]);
  const mute = await FakeServer.open(t, "");
  const silent = net.createServer((socket) => void socket.on("error", () => {}).resume());
  silent.listen(0, "127.0.0.1");
  atEnd(t, () => silent.close());
  await until("a port", () => silent.listening);
  const silentUrl = `ws://127.0.0.1:${(silent.address() as net.AddressInfo).port}`;
  cases.push([silentUrl, { timeout: 100 }, /no answer within 0\.1 s$/]);

  const endpoint = testEndpoint(t, "client");
  const outcome = (url: string, options: WebSocketPeerOptions) => {
    const connection = peer(t, endpoint, url, { ...options, retry: false });
    return connection.connected.finally(() => void connection.close());
  };
  for (const [url, options, pattern] of cases) {
    await assert.rejects(outcome(url, options), refused(pattern));
  }
  // Both the connection and its end are in that time, unless the machine stalls.
  await until("one that was not acknowledged", () =>
    outcome(mute.url, { timeout: 100 }).then(
      () => assert.fail("nobody has acknowledged anything"),
      (error: Error) =>
        error instanceof NoSupervisorError &&
        /: the server has not acknowledged the subscriptions within 0\.1 s$/.test(error.message),
    ),
  );
});

test("A.1: what is no address is refused at once", (t) => {
  const endpoint = testEndpoint(t, "client");
  for (const url of [
    "",
    "x",
    "unix:",
    "http://localhost",
    "ws://",
    "ws://a:99999",
    "tcp://a:1",
    "ws://a/#b",
  ]) {
    assert.throws(() => peerWebSocket(endpoint, url), UsageError, url);
  }
  const socket = path.resolve("a.sock");
  assert.deepEqual(targetOf("unix:a.sock").path, socket);
  assert.deepEqual(targetOf("unix:/run/a.sock").path, "/run/a.sock");
  assert.deepEqual(targetOf("unix:///run/a.sock").path, "/run/a.sock");
  assert.deepEqual(targetOf("ws://[::1]:99"), {
    url: "ws://[::1]:99/v1/messages/json",
    address: "[::1]:99",
  });
  assert.deepEqual(targetOf("wss://h"), { url: "wss://h/v1/messages/json", address: "h:443" });
  assert.equal(targetOf("ws://h:1/?a").url, "ws://h:1/?a");
});

test("F.10: it connects again after a loss, and until there is somebody", async (t) => {
  const server = testEndpoint(t, "server");
  const port = await freePort();
  const first = await testListener(t, server, { port });
  const endpoint = testEndpoint(t, "client");
  const lost: string[] = [];
  const failures: string[] = [];
  let added = 0;
  endpoint.on("peerAdded", () => added++);
  endpoint.on("peerLost", (_info, reason) => lost.push(reason));
  const url = `ws://127.0.0.1:${port}`;
  const connection = peer(t, endpoint, url, { onFailure: ({ message }) => failures.push(message) });
  await connection.connected;
  await first.close();
  await until("the loss", () => lost.length === 1);
  assert.deepEqual(lost, ["closed: Terminating (1001)"]);
  await until("failures", () => failures.length >= 3);
  assert.match(failures.at(-1) ?? "", /^no Supervisor answers at \S+: connection refused/);
  await testListener(t, server, { port });
  await until("the connection", () => added === 2);
  for (const peer of server.peers) peer.close();
  await until("the connection", () => added === 3);
  void connection.close();
  await until("its end", () => server.peers.size === 0 && endpoint.peers.size === 0);
});

test("F.10: whoever is told to wait for nobody connects when there is somebody", async (t) => {
  const socket = path.join(temporaryDirectory(t), "control.sock");
  const endpoint = testEndpoint(t, "client");
  let failures = 0;
  const connection = peer(t, endpoint, `unix:${socket}`, { onFailure: () => failures++ });
  await until("failures", () => failures >= 2);
  const server = testEndpoint(t, "server");
  await testListener(t, server, { path: socket });
  await connection.connected;
  const [client] = server.peers;
  assert.equal(client?.info.address, "unix");
});

test("A.1.4: other subscriptions mean another connection, one for all of them", async (t) => {
  const fake = await FakeServer.open(t);
  const endpoint = testEndpoint(t, "client");
  const lost: string[] = [];
  endpoint.on("peerLost", (_info, reason) => lost.push(reason));
  const connection = peer(t, endpoint, fake.url, { retry: false });
  // Made together with the connection: no other one.
  endpoint.subscribe("a");
  await connection.connected;
  assert.deepEqual(fake.firsts, ['["a"]']);
  endpoint.subscribe("b");
  endpoint.subscribe("c");
  await until("another", () => fake.firsts.length === 2 && endpoint.peers.size === 1);
  endpoint.subscribe("a/b"); // Covered.
  endpoint.subscribe("d");
  await until("another", () => fake.firsts.length === 3 && endpoint.peers.size === 1);
  assert.deepEqual(fake.firsts, ['["a"]', '["a","b","c"]', '["a","b","c","d"]']);
  assert.equal(lost.length, 2);
});

test("F.10: what was published is sent before the connection is closed with 1000", async (t) => {
  const server = testEndpoint(t, "server");
  const got: Value[] = [];
  const lost: string[] = [];
  server.subscribe("a");
  server.onEvent("n", (n: Value) => got.push(n));
  server.on("peerLost", (_info, reason) => lost.push(reason));
  const { port } = await testListener(t, server);
  const endpoint = testEndpoint(t, "client");
  // It is about what is sent, not about how long that may take.
  const connection = peer(t, endpoint, `ws://127.0.0.1:${port}`, { closeTime: 600_000 });
  await connection.connected;
  for (let i = 0; i < 3000; i++)
    endpoint.publish("a", { name: "n", args: [`${i}`.padStart(1000)] });
  void connection.close();
  void connection.close();
  await until("its end", () => lost.length === 1);
  assert.deepEqual(lost, ["closed"]);
  assert.equal(got.length, 3000);
});

test("F.10: a connection closed before it was made is not made", async (t) => {
  const fake = await FakeServer.open(t);
  const endpoint = testEndpoint(t, "client");
  const connection = peer(t, endpoint, fake.url);
  void connection.close();
  await assert.rejects(connection.connected, refused(/was closed by this process$/));
  const next = peer(t, endpoint, fake.url);
  await next.connected;
  const [server] = endpoint.peers;
  server?.close(); // For good.
  await until("its end", () => endpoint.peers.size === 0);
  assert.equal(fake.firsts.length, 1);
});

test("A.4: a server that does not read is dropped, and tried again", async (t) => {
  const fake = await FakeServer.open(t);
  const endpoint = testEndpoint(t, "client");
  const lost: string[] = [];
  endpoint.on("peerLost", (_info, reason) => lost.push(reason));
  await peer(t, endpoint, fake.url).connected;
  fake.clients[0]?.pause();
  const text = "x".repeat(1 << 20);
  await until("the loss", () => {
    endpoint.publish("a", { name: "x", args: [text] });
    return lost.length === 1;
  });
  assert.deepEqual(lost, ["the server does not read what is sent"]);
  await until("another", () => endpoint.peers.size === 1);
});

test("A.1: a Unix socket, however deep it lies, leaves no descriptor open", async (t) => {
  const directory = path.join(temporaryDirectory(t), ...Array(5).fill("x".repeat(50)));
  fs.mkdirSync(directory, { recursive: true });
  const socket = path.join(directory, "control.sock");
  const server = testEndpoint(t, "server");
  await testListener(t, server, { path: socket });
  const count = () => fs.readdirSync("/proc/self/fd").length;
  const before = count();
  const endpoint = testEndpoint(t, "client");
  const connection = peer(t, endpoint, `unix:${socket}`, { client: "me, myself\nand I" });
  await connection.connected;
  const [client] = server.peers;
  assert.equal(client?.info.client, "me, myselfand I");
  void connection.close();
  await until("all to be closed", () => count() <= before);
  const nobody = peer(t, endpoint, `unix:${socket}x`, { retry: false });
  await assert.rejects(nobody.connected, refused(/no such socket/));
  await until("all to be closed", () => count() <= before);
});

test("A.4: TLS, with certificates on both sides", async (t) => {
  const server = testEndpoint(t, "server");
  const { port } = await testListener(t, server, {
    tls: { cert: pem("web/web.pem"), key: pem("web/web.key"), ca: pem("ca.pem") },
  });
  const endpoint = testEndpoint(t, "client");
  const ca = pem("web/web.pem");
  for (const host of ["127.0.0.1", "localhost"]) {
    const tls = { ca, cert: pem("node.pem"), key: pem("node.key") };
    const connection = peer(t, endpoint, `wss://${host}:${port}`, { tls });
    await connection.connected;
    void connection.close();
  }
  const options = { retry: false } as const;
  const distrusting = peer(t, endpoint, `wss://127.0.0.1:${port}`, options);
  await assert.rejects(
    distrusting.connected,
    refused(/: nobody who is trusted here has signed its certificate$/),
  );
  const nobody = peer(t, endpoint, `wss://127.0.0.1:${port}`, { ...options, tls: { ca } });
  await assert.rejects(
    nobody.connected,
    refused(/TLS: tlsv13 alert certificate required$|connection lost$/),
  );
  const plain = peer(t, endpoint, `ws://127.0.0.1:${port}`, options);
  await assert.rejects(plain.connected, refused(/./));
});

test("A.4: certificates may be given by their files' names", async (t) => {
  const file = (name: string) =>
    path.join(import.meta.dirname, "..", "..", "fixtures", "certificates", name);
  const { port } = await testListener(t, testEndpoint(t, "server"), {
    tls: { cert: file("web/web.pem"), key: file("web/web.key"), ca: file("ca.pem") },
  });
  const endpoint = testEndpoint(t, "client");
  const tls = { ca: file("web/web.pem"), cert: file("node.pem"), key: file("node.key") };
  const connection = peer(t, endpoint, `wss://127.0.0.1:${port}`, { tls });
  await connection.connected;
  void connection.close();
  const missing = peer(t, endpoint, `wss://127.0.0.1:${port}`, {
    tls: { ca: "/nowhere/ca.pem" },
    retry: false,
  });
  await assert.rejects(missing.connected, refused(/cannot read \/nowhere\/ca\.pem/));
});
