import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import tls from "node:tls";
import { WebSocket } from "ws";
import { listenWebSocket } from "../../../src/broker/websocket/server.ts";
import { ListenError } from "../../../src/errors.ts";
import { freePort } from "../../fixtures/ports.ts";
import { atEnd, temporaryDirectory, until } from "../../fixtures/tree.ts";
import {
  frame,
  RawClient,
  subscribed,
  TestClient,
  testEndpoint,
  testListener,
  upgradeRequest,
} from "../../fixtures/websocket.ts";

const CERTIFICATES = path.join(import.meta.dirname, "../../fixtures/certificates");
const pem = (name: string) => fs.readFileSync(path.join(CERTIFICATES, name), "utf8");
const server = { cert: pem("web/web.pem"), key: pem("web/web.key") };

const listenError = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ListenError);
  assert.match(error.message, pattern);
  assert.doesNotMatch(error.message, /\n/);
  return true;
};

test("F.8: it listens on this machine alone, unless told otherwise", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { host, port } = await testListener(t, endpoint);
  assert.equal(host, "127.0.0.1");
  assert.notEqual(port, 0);
  await assert.rejects(
    listenWebSocket(endpoint, { host: "0.0.0.0", port: 0 }),
    listenError(/^will not listen on 0\.0\.0\.0: /),
  );
  for (const consent of [
    { token: "secret" },
    { readToken: "secret" },
    { insecure: true },
    { tls: { ...server, ca: pem("ca.pem") } },
  ]) {
    await testListener(t, endpoint, { host: "0.0.0.0", ...consent });
  }
  await assert.rejects(
    listenWebSocket(endpoint, { host: "0.0.0.0", port: 0, tls: server }),
    listenError(/^will not listen/),
  );
});

test("A.4: why it cannot listen is told in one line", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { port } = await testListener(t, endpoint);
  const cases: [Parameters<typeof listenWebSocket>[1], RegExp][] = [
    [
      { port },
      new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}: something else listens there$`),
    ],
    [{ port: 70_000 }, /^cannot listen on 127\.0\.0\.1:70000: /],
    [
      { host: "192.0.2.1", port: 0, insecure: true },
      /^cannot listen on 192\.0\.2\.1:0: this machine has no such address$/,
    ],
    [
      { host: "nowhere.invalid", port: 0, insecure: true },
      /^cannot listen on nowhere\.invalid:0: /,
    ],
    [
      { port: 0, tls: { cert: "x", key: "y" } },
      /^cannot listen on 127\.0\.0\.1:0: its certificate or key: /,
    ],
    [{ path: "/nowhere/at/all.sock" }, /^cannot listen on \/nowhere\/at\/all\.sock: /],
  ];
  for (const [options, pattern] of cases) {
    await assert.rejects(listenWebSocket(endpoint, options), listenError(pattern));
  }
});

test("A.4: once closed, its port is free again", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const port = await freePort();
  const { close, url } = await testListener(t, endpoint, { port });
  const client = await subscribed(t, url);
  await close();
  await close();
  await client.end();
  await testListener(t, endpoint, { port });
});

test("F.8: a Unix socket is this user's, and needs neither token nor Host", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const socket = path.join(temporaryDirectory(t), "control.sock");
  const listener = await testListener(t, endpoint, {
    path: socket,
    token: "secret",
    limits: { closeTime: 100 },
  });
  assert.deepEqual([listener.host, listener.port, listener.path], ["", 0, socket]);
  assert.equal(fs.statSync(socket).mode & 0o777, 0o600);
  const client = new RawClient(t, socket);
  const headers = { Host: "x.example", Origin: "http://x", "X-Coppice-Client": "coppice\tctl" };
  client.write(upgradeRequest(headers)).write(frame(1, "[]"));
  await client.until(/"ack"/);
  const [peer] = endpoint.peers;
  assert.deepEqual(
    [peer?.info.address, peer?.info.client, peer?.info.kind, peer?.mayControl],
    ["unix", "coppice\tctl".replace("\t", ""), "client", true],
  );
  await subscribed(t, `ws+unix:${socket}:/v1/messages/json`);
  await listener.close();
  assert.equal(fs.existsSync(socket), false);
});

test("F.8: a client of TCP has an address, and no name that it gave itself", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url } = await testListener(t, endpoint);
  await subscribed(t, url, [], { headers: { "X-Coppice-Client": "root" } });
  const [peer] = endpoint.peers;
  assert.match(peer?.info.address ?? "", /^127\.0\.0\.1:\d+$/);
  assert.equal(peer?.info.client, undefined);
});

test("F.8: a Unix socket that nobody answers is replaced, a living one and other files are not", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const directory = temporaryDirectory(t);
  const socket = path.join(directory, "control.sock");
  const first = await testListener(t, endpoint, { path: socket });
  await assert.rejects(
    listenWebSocket(endpoint, { path: socket }),
    listenError(/control\.sock: something else listens there$/),
  );
  await subscribed(t, `ws+unix:${socket}:/v1/messages/json`);
  await first.close();

  // One whose process did not end well.
  const stale = net.createServer().listen(socket);
  await until("it to listen", () => stale.listening);
  fs.linkSync(socket, `${socket}.kept`);
  await new Promise((closed) => stale.close(closed));
  fs.renameSync(`${socket}.kept`, socket);
  await testListener(t, endpoint, { path: socket });
  await subscribed(t, `ws+unix:${socket}:/v1/messages/json`);

  const file = path.join(directory, "file");
  fs.writeFileSync(file, "kept");
  await assert.rejects(listenWebSocket(endpoint, { path: file }), listenError(/something else/));
  assert.equal(fs.readFileSync(file, "utf8"), "kept");
});

test("F.8: a Unix socket may lie as deep as it likes", async (t) => {
  const directory = path.join(temporaryDirectory(t), ...Array(5).fill("x".repeat(50)));
  fs.mkdirSync(directory, { recursive: true });
  const socket = path.join(directory, "control.sock");
  const before = fs.readdirSync("/proc/self/fd").length;
  const listener = await listenWebSocket(testEndpoint(t, "server"), { path: socket });
  assert.equal(fs.statSync(socket).mode & 0o777, 0o600);
  await listener.close();
  await listener.close();
  assert.equal(fs.existsSync(socket), false);
  assert.equal(fs.readdirSync("/proc/self/fd").length, before);
});

test("A.4: TLS, with the server's certificate", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url, port } = await testListener(t, endpoint, {
    tls: server,
    limits: { upgradeTime: 300 },
  });
  // One that was kept from it by a stall of this process tries again.
  const client = await until("an upgrade in time", async () => {
    const one = new TestClient(t, url, { ca: server.cert });
    await until("how it ends", () => one.closed ?? one.ws.readyState === WebSocket.OPEN);
    return one.closed === undefined && one;
  });
  client.ws.send('["a"]');
  assert.match(await client.text(), /^\{"type":"ack",/);
  endpoint.publish("a", { name: "secret", args: [] });
  assert.match(await client.text(), /secret/);
  const [peer] = endpoint.peers;
  assert.match(peer?.info.address ?? "", /^127\.0\.0\.1:\d+$/);
  // Who does not speak TLS, or not to the end, is let go.
  await new RawClient(t, port).write(upgradeRequest()).end();
  await new RawClient(t, port).end();
  const silent = tls.connect({ port, host: "127.0.0.1", ca: server.cert });
  silent.on("error", () => {});
  atEnd(t, () => silent.destroy());
  await until("its end", () => silent.destroyed);
  const distrusting = new TestClient(t, url);
  assert.equal((await distrusting.end()).code, 1006);
  assert.equal(client.ws.readyState, WebSocket.OPEN);
});

test("A.4: with authorities for clients, only who has a certificate of theirs gets in", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url } = await testListener(t, endpoint, { tls: { ...server, ca: pem("ca.pem") } });
  const ca = server.cert;
  await subscribed(t, url, [], {
    ca,
    cert: pem("node.pem"),
    key: pem("node.key"),
  });
  for (const options of [{ ca }, { ca, cert: pem("stranger.pem"), key: pem("stranger.key") }]) {
    const client = new TestClient(t, url, options);
    assert.equal((await client.end()).code, 1006);
  }
  assert.equal(endpoint.peers.size, 1);
});
