/** A stall of our own process ends no connection that is being made: to us, or by us. */
import assert from "node:assert/strict";
import net from "node:net";
import { type TestContext, test } from "node:test";
import { peerWebSocket } from "../../src/broker/websocket/client.ts";
import { testEndpoint } from "../fixtures/broker-endpoint.ts";
import { RawPeer } from "../fixtures/raw-broker-peer.ts";
import { atEnd, until } from "../fixtures/tree.ts";

const TIME = 300;
const limits = { handshake: TIME };

test("who connects is waited for after a stall", async (t) => {
  const own = testEndpoint(t, ["t"]);
  const listener = await own.listen({ limits });
  const peer = new RawPeer(t, net.connect(listener.port, "127.0.0.1"));
  await peer.next("a probe");
  await outlasts(own.refused);
  await until("the refusal", () => own.refused.length > 0);
  assert.deepEqual(own.refused, [`no handshake within ${TIME} ms`]);
});

test("a peer to whom we connect is waited for after a stall", async (t) => {
  const { port, accepted } = await silent(t);
  const own = testEndpoint(t, ["t"]);
  const connection = own.peer(port, { retry: false, limits });
  await accepted;
  await outlasts(own.failures);
  await assert.rejects(connection.connected, new RegExp(`no handshake within ${TIME} ms`));
});

test("a WebSocket server is waited for after a stall", async (t) => {
  const { port, accepted } = await silent(t);
  const { endpoint } = testEndpoint(t);
  const connection = peerWebSocket(endpoint, `ws://127.0.0.1:${port}`, {
    retry: false,
    timeout: TIME,
  });
  atEnd(t, () => connection.close());
  const failures: unknown[] = [];
  connection.connected.catch((error) => failures.push(error));
  await accepted;
  await outlasts(failures);
  await assert.rejects(connection.connected, new RegExp(`no answer within ${TIME / 1000} s`));
});

/** Stands still for longer than anybody is waited for, and takes two turns then. */
async function outlasts(ends: readonly unknown[]): Promise<void> {
  const until = performance.now() + 2 * TIME;
  while (performance.now() < until);
  for (let turn = 0; turn < 2; turn++) await new Promise((done) => setTimeout(done, 0));
  assert.deepEqual(ends, []);
}

/** A server that accepts, and says nothing. */
async function silent(t: TestContext): Promise<{ port: number; accepted: Promise<void> }> {
  const { promise: accepted, resolve } = Promise.withResolvers<void>();
  const server = net.createServer((socket) => {
    socket.on("error", () => {}).resume();
    atEnd(t, () => socket.destroy());
    resolve();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  atEnd(t, () => server.close());
  return { port: (server.address() as net.AddressInfo).port, accepted };
}
