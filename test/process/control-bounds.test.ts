/** What clients can cost a Supervisor: however much they ask, and however little they read. */
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { controlSocket, firstClient, unixClient } from "../fixtures/remote.ts";
import { atEnd, plant, type TestTree, until } from "../fixtures/tree.ts";
import { frame, RawClient, upgradeRequest } from "../fixtures/websocket.ts";
import { event, str, unixUrl } from "../fixtures/zeek-client.ts";

/** A client that has subscribed, and does not read any more. */
async function deafClient(
  t: TestContext,
  tree: TestTree,
  ...prefixes: string[]
): Promise<RawClient> {
  const raw = new RawClient(t, controlSocket(tree));
  raw.write(upgradeRequest()).write(frame(1, JSON.stringify(prefixes)));
  await raw.until(/"type":"ack"/);
  raw.socket.pause();
  return raw;
}

const control = (id: string, method: string, params: object) => {
  const typed = (type: string, data: unknown) => ({ "@data-type": type, data });
  const args = [id, method, JSON.stringify(params)].map(str);
  const call = typed("vector", [str("CoppiceControl::request"), typed("vector", args)]);
  const { data, ...type } = typed("vector", [typed("count", 1), typed("count", 1), call]);
  return JSON.stringify({ topic: "coppice/control", ...type, data });
};

/** Others get their answers long before all is dealt with that one client has asked for. */
async function staysQuick(t: TestContext, tree: TestTree, deaf: RawClient): Promise<void> {
  const remote = await unixClient(t, tree);
  const before = takenFrom(deaf);
  for (let i = 0; i < 5; i++) await remote.status();
  const taken = takenFrom(deaf) - before;
  assert.ok(taken < deaf.socket.bytesWritten / 2, `${taken} bytes were read meanwhile`);
}

/** Bytes of a client's that are not waiting to be read any more, but for what the system holds. */
function takenFrom({ socket }: RawClient): number {
  return socket.bytesWritten - socket.writableLength;
}

test("a client that asks for a lot and reads nothing", async (t) => {
  const tree = plant(t, MANY);
  await tree.line(/^all are there$/m);
  // Of all floods together: the highest of the first must not hide what a later one takes.
  const before = memoryOf(tree.pid);
  for (const [what, request] of [
    ["Zeek's statuses", event("status_request", str("x"), str(""))],
    ["statuses", control("x", "status", {})],
    ["usages", control("x", "usage", {})],
    ["watchings", control("x", "watch", {})],
  ] as const) {
    await t.test(
      `memory stays bounded while a client asks for 100,000 ${what} and reads nothing`,
      async (t) => {
        const deaf = await deafClient(t, tree, "zeek/", "coppice/client/");
        const burst = Buffer.concat(Array.from({ length: 1000 }, () => frame(1, request)));
        for (let i = 0; i < 100; i++) deaf.write(burst);
        await staysQuick(t, tree, deaf);
        // Either it is not read from any more, or it is dropped, or all was taken.
        let taken = -1;
        await until("the flood to end", async () => {
          const last = taken;
          taken = takenFrom(deaf);
          await staysQuick(t, tree, deaf);
          return deaf.isClosed || taken === last;
        });
        const grown = memoryOf(tree.pid) - before;
        assert.ok(grown < 100, `${grown} MiB`);
      },
    );
  }
});

test("clients of a tree without nodes", async (t) => {
  const tree = plant(t, "");

  await t.test(
    "200 connections at once: as many as there may be, the others closed, and room again after",
    async (t) => {
      // Those who look first, and go again, may be counted among the connections for a while yet.
      const remote = await firstClient(t, tree);
      const sockets = Array.from({ length: 200 }, () => {
        const socket = new WebSocket(unixUrl(controlSocket(tree)), { perMessageDeflate: false });
        socket.on("open", () => socket.send('["zeek/"]')).on("error", () => {});
        return socket;
      });
      atEnd(t, () => sockets.map((socket) => socket.terminate()));
      const those = (state: number) => sockets.filter((one) => one.readyState === state).length;
      await until(
        "all to be decided",
        () => those(WebSocket.OPEN) + those(WebSocket.CLOSED) === 200,
        () => `${those(WebSocket.OPEN)} open, ${those(WebSocket.CLOSED)} closed`,
      );
      assert.equal(those(WebSocket.OPEN), 99);
      assert.deepEqual((await remote.status()).nodes, {});
      for (const socket of sockets) socket.terminate();
      await until("room", () =>
        unixClient(t, tree).then(
          () => true,
          () => false,
        ),
      );
    },
  );

  await t.test("connections that say nothing are ended, and cost nothing", async (t) => {
    const silent = Array.from({ length: 20 }, () => net.connect(controlSocket(tree)));
    atEnd(t, () => silent.map((socket) => socket.destroy()));
    for (const socket of silent) socket.on("error", () => {}).resume();
    await until("the end of all", () =>
      silent.every((socket) => socket.destroyed || socket.readableEnded),
    );
  });

  await t.test(
    "memory stays bounded while followers read nothing, and a node writes on",
    async (t) => {
      const remote = await unixClient(t, tree);
      for (let i = 0; i < 5; i++) {
        const deaf = await deafClient(t, tree, "coppice/client/");
        const follow = control("x", "follow", { lines: null, credit: 1e12 });
        deaf.write(frame(1, follow)).write(frame(1, control("y", "watch", {})));
      }
      const before = memoryOf(tree.pid);
      const flood = 'seq -f "%0999.0f" 40000; echo end; exec sleep 1000';
      tree.child.stdout?.removeAllListeners("data").resume();
      await remote.create({ name: "a", command: ["sh", "-c", flood] });
      let last = "";
      remote.follow(
        ({ text }) => {
          last = text;
        },
        { nodes: ["a"] },
      );
      await until("the end of the flood", () => last === "end");
      const grown = memoryOf(tree.pid) - before;
      assert.ok(grown < 250, `${grown} MiB`);
    },
  );
});

/** Resident memory in MiB, at its highest. */
function memoryOf(pid: number): number {
  return (
    Number(/^VmHWM:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024
  );
}

/** So that a status is 30 KiB. */
const MANY = `import { on, supervisor } from "coppice";
on("init", async () => {
  if (!supervisor.isSupervisor()) return;
  const env = { FILLER: "x".repeat(500) };
  const one = (_, i) => supervisor.create({ name: "node-" + i, command: ["sleep", "1000"], env });
  await Promise.all(Array.from({ length: 30 }, one));
  console.log("all are there");
});`;
