/** A Supervisor that was killed, and a tree that waits for the next. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NodeConfig } from "../../src/core/config.ts";
import { coppice } from "../cli/process.ts";
import { plantReloadable, want } from "../fixtures/reloadable.ts";
import { unixClient } from "../fixtures/remote.ts";
import { sh } from "../fixtures/system.ts";
import { isAlive, run, temporaryDirectory, until } from "../fixtures/tree.ts";

/** It has no pid of ours in its name: lives are told apart by their own. */
const TALKER: NodeConfig = {
  name: "talker",
  command: sh(
    'echo "life $$"; until test -e speak; do sleep 0.05; done; echo spoken; exec sleep 1000',
  ),
};
const LEAVING: NodeConfig = { name: "leaving", command: ["sleep", "1000"] };

describe("--keep", { concurrency: 2 }, () => {
  test("the next Supervisor takes the nodes over, and what it is killed by does not matter", async (t) => {
    const directory = temporaryDirectory(t);
    const options = ["-j", "--keep"];
    const first = plantReloadable(t, [TALKER, LEAVING], { directory, options });
    const client = await unixClient(t, first);
    const pid = await until("a node", async () => (await client.status()).nodes["talker"]?.pid);
    await client.create({ name: "remote", command: ["sleep", "1000"] });
    const { nodes } = await client.status();
    const leaving = nodes["leaving"]?.pid;
    const stem = await first.stem();
    process.kill(first.pid, "SIGKILL");
    await first.ended;
    want(first, [TALKER]);

    const second = run(t, directory, [...options, "tree.mjs"]);
    await second.line(/^info: taken over: 1 stopped \('leaving'\), 2 kept$/m, "stderr");
    const next = await unixClient(t, second);
    const now = (await next.status()).nodes;
    assert.deepEqual([now["talker"]?.pid, now["remote"]?.pid], [pid, nodes["remote"]?.pid]);
    await until("what is no longer wanted to end", () => !isAlive(leaving!));
    await coppice(t, directory, "restart remote");
    assert.notEqual((await next.status()).nodes["remote"]?.pid, nodes["remote"]?.pid);
    const third = await coppice(t, directory, "-j --keep tree.mjs");
    assert.equal(third.code, 1, "two at once cannot be");
    assert.match(third.stderr, new RegExp(`^error: .*PID ${second.pid}`));

    // Its Stem is no child of the second Supervisor, which finds out of its death all the same.
    process.kill(stem, "SIGKILL");
    await second.line(/Supervisor stem \(PID \d+\) died .*: starting another/, "stderr");
    const another = await until("another process", async () => {
      const found = (await next.status()).nodes["talker"]?.pid;
      return found !== pid && found;
    });
    assert.ok(!isAlive(pid), "no node runs twice");
    await second.line(new RegExp(`^\\[supervisor:STDOUT\\] \\[talker\\] life ${another}$`, "m"));
    const { code } = await second.stop();
    assert.equal(code, 0);
    assert.ok(!isAlive(another));
  });

  test("if none comes in time, the tree ends in order", async (t) => {
    const tree = plantReloadable(t, [TALKER], { options: ["-j", "--keep", "1"] });
    const client = await unixClient(t, tree);
    const pid = await until("a node", async () => (await client.status()).nodes["talker"]?.pid);
    const stem = await tree.stem();
    process.kill(tree.pid, "SIGKILL");
    await until("the Stem to end", () => !isAlive(stem));
    assert.ok(!isAlive(pid), "its node ended first");
  });

  test("one that was started without it waits for no other", async (t) => {
    const { code, stderr } = await coppice(t, temporaryDirectory(t), "--keep tree.mjs");
    assert.equal(code, 2);
    assert.match(stderr, /^error: --keep is for a Supervisor: it needs -j\n$/);
    const wrong = await coppice(t, temporaryDirectory(t), "-j --keep=soon tree.mjs");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /^error: --keep is a number of seconds up to \d+, not 'soon'\n$/);
  });
});
