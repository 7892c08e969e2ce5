/** The Stem's end of the link, against a listener that comes and goes. */
import assert from "node:assert/strict";
import net from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { StemLink } from "../../src/stem/link.ts";
import { FrameDecoder } from "../../src/wire/frames.ts";
import { encodeMessage } from "../../src/wire/stem-messages.ts";
import { atEnd, temporaryDirectory, until } from "../fixtures/tree.ts";

/** A Supervisor's socket: what it does with each connection, by its channel, is the test's. */
function meet(t: TestContext, admit: (channel: string, socket: net.Socket) => void) {
  const stateDirectory = temporaryDirectory(t);
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    const decoder = new FrameDecoder();
    socket.on("data", (bytes) => {
      for (const { payload } of decoder.push(bytes)) {
        const text = Buffer.from(payload).toString();
        if (text.includes('"hello"'))
          admit((JSON.parse(text) as { channel: string }).channel, socket);
      }
    });
  });
  const happened: string[] = [];
  const setup = { parent: process.pid, token: "t", stateDirectory, nodeOptions: [], keep: 0 };
  let isOver = false;
  const link = new StemLink(setup, {
    connected: () => void happened.push("connected"),
    command: ({ type }) => void happened.push(type),
    disconnected: () => void happened.push("disconnected"),
    isOrphaned: () => isOver,
    orphaned() {},
    isExpecting: () => true,
  });
  server.listen(path.join(stateDirectory, "stem.sock"));
  atEnd(t, () => {
    isOver = true;
    link.finish(() => {});
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { link, happened, sockets };
}

const WELCOME = encodeMessage({ type: "welcome", supervisor: { pid: process.pid }, keep: 0 });

test("36: nothing is sent before the Stem is welcome", async (t) => {
  let control: net.Socket | undefined;
  const { link, happened } = meet(t, (channel, socket) => {
    if (channel === "control") control = socket;
  });
  link.connect();
  await until("a connection", () => control);
  assert.equal(link.send({ type: "note", text: "" }), false);
  assert.equal(happened.length, 0);
  control?.write(WELCOME);
  await until("to be connected", () => happened.includes("connected"));
  assert.equal(link.send({ type: "note", text: "" }), true);
});

test("36: half a link is none, also for one that waits for the next Supervisor", async (t) => {
  const tries: string[] = [];
  let isNext = false;
  const { link, happened } = meet(t, (channel, socket) => {
    tries.push(channel);
    // The next one may begin to listen between the one attempt and the other.
    if (isNext && channel === "control" && tries.filter((one) => one === "control").length === 2)
      socket.destroy();
    else if (channel === "control") socket.write(WELCOME);
  });
  link.connect();
  await until("to be connected", () => happened.includes("connected"));
  isNext = true;
  link.hold();
  await until("to be connected again", () => happened.lastIndexOf("connected") > 1);
  assert.deepEqual(happened, ["connected", "disconnected", "connected"]);
});

test("36: what was on its way out when it was told to hold still arrives", async (t) => {
  let bytes = 0;
  const { link, happened, sockets } = meet(t, (channel, socket) => {
    if (channel === "control") socket.write(WELCOME);
    socket.on("data", (more) => {
      bytes += more.length;
    });
  });
  link.connect();
  await until("to be connected", () => happened.includes("connected"));
  const before = bytes;
  for (const socket of sockets) socket.pause();
  let sent = 0;
  for (let i = 0; i < 200; i++) {
    const message = { type: "note" as const, text: "x".repeat(10_000) };
    sent += encodeMessage(message).length;
    link.send(message);
  }
  link.hold();
  await new Promise((turn) => setImmediate(turn));
  for (const socket of sockets) socket.resume();
  await until("all of it", () => bytes - before >= sent);
});
