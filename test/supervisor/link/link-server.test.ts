/** What a Stem says on its two connections, which come in any order. */
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { LinkServer } from "../../../src/supervisor/link/link-server.ts";
import type { OutputReceiver } from "../../../src/supervisor/output/output-receiver.ts";
import {
  type Channel,
  decodeOutput,
  encodeMessage,
  encodeOutputHead,
  type FromStem,
} from "../../../src/wire/stem-messages.ts";
import { places } from "../../../src/wire/stem-setup.ts";
import { until } from "../../fixtures/tree.ts";

const TOKEN = "token";
const SYNCED: FromStem = { type: "synced", ending: [], last: { id: 0, request: 0 } };

/** @returns what has happened, in order, and a Stem's end of each connection */
async function meet(t: TestContext) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "coppice-link-"));
  const happened: string[] = [];
  const receiver = {
    connection: (socket: net.Socket) => {
      socket.once("close", () => happened.push("output closed"));
      return (payload: Uint8Array) =>
        happened.push(Buffer.from(decodeOutput(payload).bytes).toString());
    },
  };
  const server = new LinkServer(receiver as unknown as OutputReceiver, {
    connected: () => happened.push("connected"),
    message: ({ type }) => happened.push(type),
    disconnected: () => happened.push("disconnected"),
  });
  server.expect(TOKEN);
  await server.listen(directory);
  const sockets: net.Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    fs.rmSync(directory, { recursive: true });
  });
  const open = (channel: Channel): net.Socket => {
    const socket = net.connect(path.join(directory, places.socket));
    socket.on("error", () => {});
    sockets.push(socket);
    socket.write(encodeMessage({ type: "hello", channel, token: TOKEN, pid: 1 }));
    return socket;
  };
  return { happened, open };
}

function printed(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const head = encodeOutputHead({ node: "a", pid: 101, stream: "stdout" }, bytes.length);
  return Buffer.concat([head, bytes]);
}

test("what nodes print is read once it is known which there are, and nothing of it is lost", async (t) => {
  const { happened, open } = await meet(t);
  const output = open("output");
  for (const text of ["1", "2"]) output.write(printed(text));
  const control = open("control");
  await until("the Stem to be let in", () => happened.includes("connected"));
  output.write(printed("3"));
  control.write(encodeMessage({ type: "note", text: "" }));
  await until("its note", () => happened.includes("note"));
  control.write(encodeMessage(SYNCED));
  await until("all that was printed", () => happened.includes("3"));
  assert.deepEqual(happened, ["connected", "note", "synced", "1", "2", "3"]);
  // And from then on at once, on a next connection, too.
  output.end(printed("4"));
  await until("its end", () => happened.includes("output closed"));
  open("output").write(printed("5"));
  await until("the next one's", () => happened.includes("5"));
  assert.deepEqual(happened.slice(-3), ["4", "output closed", "5"]);
});

test("a Stem that goes before it has said what it has: what its nodes have printed is read all the same", async (t) => {
  const { happened, open } = await meet(t);
  const control = open("control");
  await until("the Stem to be let in", () => happened.includes("connected"));
  const output = open("output");
  for (const text of ["1", "2"]) output.write(printed(text));
  output.end();
  control.end();
  await until("its end", () => happened.includes("output closed"));
  assert.deepEqual(
    happened.filter((what) => what !== "disconnected"),
    ["connected", "1", "2", "output closed"],
  );
});

test("output that comes when its Stem has gone is read as well", async (t) => {
  const { happened, open } = await meet(t);
  open("control").end();
  await until("its end", () => happened.includes("disconnected"));
  open("output").end(printed("1"));
  await until("its output's end", () => happened.includes("output closed"));
  assert.deepEqual(happened, ["connected", "disconnected", "1", "output closed"]);
});
