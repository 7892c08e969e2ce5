/** A stall of our own process ends no connection that is being made: to us, or by us. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { peerWebSocket } from "../../src/broker/websocket/client.ts";
import { testEndpoint } from "../fixtures/broker-endpoint.ts";
import { connectRaw, listenRaw } from "../fixtures/raw-broker-peer.ts";
import { atEnd, until } from "../fixtures/tree.ts";
import { busy } from "../fixtures/turns.ts";

const TIME = 300;
const limits = { handshake: TIME };

test("who connects is waited for after a stall", async (t) => {
  const own = testEndpoint(t, ["t"]);
  const listener = await own.listen({ limits });
  const peer = await connectRaw(t, listener.port);
  await peer.next("a probe");
  await outlasts(own.refused);
  await until("the refusal", () => own.refused.length > 0);
  assert.deepEqual(own.refused, [`no handshake within ${TIME} ms`]);
});

test("a peer to whom we connect is waited for after a stall", async (t) => {
  const { port, next } = await listenRaw(t);
  const own = testEndpoint(t, ["t"]);
  const connection = own.peer(port, { retry: false, limits });
  await next();
  await outlasts(own.failures);
  await assert.rejects(connection.connected, new RegExp(`no handshake within ${TIME} ms`));
});

test("a WebSocket server is waited for after a stall", async (t) => {
  const { port, next } = await listenRaw(t);
  const { endpoint } = testEndpoint(t);
  const connection = peerWebSocket(endpoint, `ws://127.0.0.1:${port}`, {
    retry: false,
    timeout: TIME,
  });
  atEnd(t, () => connection.close());
  const failures: unknown[] = [];
  connection.connected.catch((error) => failures.push(error));
  await next();
  await outlasts(failures);
  await assert.rejects(connection.connected, new RegExp(`no answer within ${TIME / 1000} s`));
});

/** Stands still for longer than anybody is waited for, and takes two turns then. */
async function outlasts(ends: readonly unknown[]): Promise<void> {
  busy(2 * TIME);
  for (let turn = 0; turn < 2; turn++) await new Promise((done) => setTimeout(done, 0));
  assert.deepEqual(ends, []);
}
