/** Waiting, but not for ever. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { within } from "../../src/os/within.ts";
import { atEnd } from "../fixtures/tree.ts";
import { busy } from "../fixtures/turns.ts";

const late = () => assert.fail("the time was over");

test("what comes in time is what there is, and so is its error", async () => {
  assert.equal(await within(60_000, Promise.resolve(7), late), 7);
  await assert.rejects(within(60_000, Promise.reject(new Error("its own")), late), /its own/);
});

test("when the time is over, what was said for that case is what there is", async () => {
  const never = new Promise<never>(() => {});
  assert.equal(await within(1, never, () => "late"), "late");
  const fails = () => Promise.reject(new Error("too late"));
  await assert.rejects(within(1, never, fails), /too late/);
});

test("what has come while this process could not look has come in time", async (t) => {
  const server = net.createServer((socket) => socket.end("an answer")).listen(0, "127.0.0.1");
  atEnd(t, () => server.close());
  await once(server, "listening");
  const socket = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  const answer = once(socket, "data");
  await Promise.all([once(socket, "connect"), once(server, "connection")]);
  const waiting = within(20, answer, late);
  // The answer is there, and before anybody reads it the time is over.
  busy(40);
  assert.equal(String((await waiting)[0]), "an answer");
});
