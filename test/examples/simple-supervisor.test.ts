/** The example of one node that watches an interface. */
import assert from "node:assert/strict";
import dgram from "node:dgram";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { unixClient } from "../fixtures/remote.ts";
import { run, type TestTree, temporaryDirectory } from "../fixtures/tree.ts";

const EXAMPLE = path.join(import.meta.dirname, "..", "..", "examples", "simple-supervisor.ts");

test("the node watches the interface that was given, and sees its packets", async (t) => {
  const tree = start(t, ["-i", "lo"]);
  const [, pid] = await tree.line(/^node 'watcher' \(PID (\d+)\) watches lo$/m);
  makeTraffic(t);
  await tree.line(/\[watcher\] lo: received [1-9]\d* packets\/s, [1-9]\S* k?B\/s; sent [1-9]/);
  const client = await unixClient(t, tree);
  const watcher = async () => (await client.status("watcher")).nodes["watcher"]!;
  const { since } = await watcher();
  process.kill(Number(pid), "SIGKILL");
  await tree.line(/'watcher' \(PID \d+\) revived/, "stderr");
  // Lines of the one that was killed may still come: there are as many as it lived seconds, at most.
  const { lastExit } = await watcher();
  const seconds = Math.floor((lastExit!.at - since) / 1000);
  await tree.lines(/\[watcher\] lo: /, seconds + 1);
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});

test("without an interface it takes one that is there", async (t) => {
  const tree = start(t, []);
  const [, name = ""] = await tree.line(/^node 'watcher' \(PID \d+\) watches (\S+)$/m);
  assert.ok(fs.existsSync(`/sys/class/net/${name}`), name);
  await tree.line(new RegExp(`\\[watcher\\] ${name}: received`));
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});

test("an interface that is not there is said to be missing, and waited for", async (t) => {
  const tree = start(t, ["-i", "nothing0"]);
  await tree.lines(
    /^\[supervisor:STDERR\] \[watcher\] there is no interface nothing0$/m,
    2,
    "stderr",
  );
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});

function start(t: TestContext, options: string[]): TestTree {
  return run(t, temporaryDirectory(t), ["-j", ...options, EXAMPLE]);
}

/** Packets over the loopback until the test has ended. */
function makeTraffic(t: TestContext): void {
  const socket = dgram.createSocket("udp4");
  const timer = setInterval(() => socket.send("packet", 9, "127.0.0.1"), 20);
  socket.on("error", () => {});
  t.after(() => {
    clearInterval(timer);
    socket.close();
  });
}
