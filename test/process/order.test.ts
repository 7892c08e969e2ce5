/** The order of real nodes: starts, ends, failures, stops that outlast a Stem. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import type { ClusterEndpoint, NodeConfig } from "../../src/index.ts";
import { puppet, RemoteError } from "../fixtures/puppet.ts";
import { isAlive, until } from "../fixtures/tree.ts";

const CLUSTER: Record<string, ClusterEndpoint> = {
  "worker-1": { role: "WORKER", host: "127.0.0.1", port: 0 },
  manager: { role: "MANAGER", host: "127.0.0.1", port: 0 },
  "logger-1": { role: "LOGGER", host: "127.0.0.1", port: 0 },
  "proxy-1": { role: "PROXY", host: "127.0.0.1", port: 0 },
  "worker-2": { role: "WORKER", host: "127.0.0.1", port: 0 },
};

/** Says when it begins, when it is ready and when it ends, in one file for all. */
function witness(name: string): NodeConfig {
  const say = (what: string) => `echo ${what} ${name} >> log`;
  const script = `trap '${say("ends")}; exit 0' TERM; ${say("begins")}; sleep 0.1; ${say("ready")}; echo >&3; while :; do sleep 0.01; done`;
  return { name, command: ["sh", "-c", script], cluster: CLUSTER, ready: { fd: 3 } };
}

const linesOf = (file: string): string[] =>
  fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim().split("\n") : [];

/** Every line about an earlier level is before every line about a later one. */
function assertLevels(lines: string[], levels: string[][]): void {
  const levelOf = (line: string) =>
    levels.findIndex((names) => names.includes(line.split(" ").at(-1) ?? ""));
  const order = lines.map(levelOf);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
    lines.join("\n"),
  );
}

const UP = [["logger-1"], ["manager"], ["proxy-1"], ["worker-1", "worker-2"]];

test("a cluster in one tree", async (t) => {
  const own = await puppet(t);
  const log = own.tree.file("log");
  let seen = 0;
  /** What was said since this was asked last, once there are so many lines that `counts` takes. */
  const said = async (count: number, counts: (line: string) => boolean = () => true) => {
    const lines = () => linesOf(log).slice(seen);
    await until(
      `${count} lines`,
      () => lines().filter(counts).length >= count,
      () => own.tree.report(),
    );
    const those = lines();
    seen += those.length;
    return those.filter(counts);
  };
  const isBegun = (line: string) => !line.startsWith("ends");

  await t.test("40: it starts by role, each ready before the next", async () => {
    await own.createAll(Object.keys(CLUSTER).map(witness));
    const begun = await said(10);
    assert.equal(begun.length, 10);
    assertLevels(begun, UP);
    const both = (what: string) => begun.filter((line) => line.startsWith(`${what} worker`)).length;
    assert.deepEqual([both("begins"), both("ready")], [2, 2]);
  });

  await t.test(
    "28: a restart of all ends it in the one order and starts it in the other",
    async () => {
      assert.equal(await own.restart(""), true);
      const again = await said(15);
      assert.equal(again.length, 15);
      assertLevels(
        again.filter((line) => !isBegun(line)),
        [...UP].reverse(),
      );
      assertLevels(again.filter(isBegun), UP);
      assert.ok(again.indexOf("ends logger-1") < again.indexOf("begins logger-1"));
    },
  );

  await t.test("36: a new Stem starts it in order too", async () => {
    const old = Object.values(await own.status()).map(({ pid }) => pid!);
    process.kill(await own.tree.stem(), "SIGKILL");
    // What they still say is of no interest here, nor to the next test.
    await until("the old ones to be gone", () => !old.some(isAlive));
    const begun = await said(10, isBegun);
    assert.equal(begun.length, 10);
    assertLevels(begun, UP);
  });

  await t.test("40: it ends the other way round", async () => {
    await own.tree.stop();
    const ended = await said(5);
    assert.equal(ended.length, 5);
    assertLevels(ended, [...UP].reverse());
  });
});

test("nodes one after the other in one tree", async (t) => {
  const own = await puppet(t);
  t.afterEach(() => own.destroy(""));

  await t.test("a node does not wait for ever for one that fails, and says so", async () => {
    const command = ["sh", "-c", "while ! test -e fail; do sleep 0.02; done; exit 1"];
    await own.create({ name: "bad", command, ready: { fd: 3 }, revival: { delay: 50 } });
    const starting = own.create({
      name: "next",
      command: ["sleep", "1000"],
      after: ["bad"],
      afterTimeout: 300,
    });
    // Only one that has not failed for so long already is waited for at all.
    await own.node("next", ({ waitsFor }) => waitsFor !== undefined);
    fs.writeFileSync(own.tree.file("fail"), "");
    const { pid } = await starting;
    assert.ok(pid !== undefined);
    await own.tree.line(
      /^warning: node 'next' starts without 'bad', failed for too long$/m,
      "stderr",
    );
  });

  await t.test("a circle is refused, and named", async () => {
    const command = ["sleep", "1000"];
    await own.create({ name: "a", command, ready: "started" });
    void own.create({ name: "b", command, after: ["c"] }).catch(() => {});
    await own.node("b", ({ state }) => state === "pending");
    await assert.rejects(own.create({ name: "c", command, after: ["a", "b"] }), (error) => {
      assert.ok(error instanceof RemoteError);
      assert.equal(error.code, "COPPICE_NODE_CONFIG");
      assert.equal(error.message, "node 'c' would wait for itself: 'c' after 'b' after 'c'");
      return true;
    });
    assert.deepEqual(Object.keys(await own.status()), ["a", "b"]);
  });

  await t.test(
    "a node that was stopped stays known, and stopped, though the Stem dies",
    async () => {
      const command = ["sleep", "1000"];
      const stopNode = (name: string) => own.call(`supervisor.stopNode(${JSON.stringify(name)})`);
      const startNode = (name: string) => own.call(`supervisor.startNode(${JSON.stringify(name)})`);
      const { pid } = await own.create({ name: "a", command });
      await own.create({ name: "b", command });
      assert.equal(await stopNode("a"), true);
      assert.throws(() => process.kill(pid!, 0), /ESRCH/);
      assert.deepEqual((await own.status("a"))["a"]?.state, "stopped");
      const stem = await own.tree.stem();
      process.kill(stem, "SIGKILL");
      await own.node("b", ({ state, generation }) => state === "running" && generation === 2);
      const { state, generation, pid: none } = (await own.status("a"))["a"]!;
      assert.deepEqual([state, generation, none], ["stopped", 1, undefined]);
      assert.equal(await stopNode("a"), true, "it is stopped already");
      assert.equal(await startNode("a"), true);
      assert.equal((await own.status("a"))["a"]?.state, "running");
      assert.equal(await startNode("a"), true, "it runs already");
      assert.equal(await startNode("nobody"), false);
      assert.equal(await stopNode(""), true);
      for (const status of Object.values(await own.status())) assert.equal(status.state, "stopped");
      assert.equal(await startNode(""), true);
      for (const status of Object.values(await own.status())) assert.equal(status.state, "running");
    },
  );

  await t.test(
    "a node that waits for its revival starts at once when it is told to, and stays down when it is stopped",
    async () => {
      await own.create({
        name: "a",
        command: ["sh", "-c", "test -e go && exec sleep 1000"],
        revival: { delay: 60_000 },
      });
      await own.node("a", ({ state }) => state === "waiting");
      fs.writeFileSync(own.tree.file("go"), "");
      assert.equal(await own.call('supervisor.startNode("a")'), true);
      assert.equal((await own.status("a"))["a"]?.state, "running");
      process.kill((await own.status("a"))["a"]!.pid!, "SIGKILL");
      await own.node("a", ({ state }) => state === "waiting");
      assert.equal(await own.call('supervisor.stopNode("a")'), true);
      const { state, nextStart } = (await own.status("a"))["a"]!;
      assert.deepEqual([state, nextStart], ["stopped", undefined]);
    },
  );

  await t.test(
    "a destroyed node is waited for by nobody, and its stop is not put off by those that stay",
    async () => {
      const command = ["sleep", "1000"];
      await own.create({ name: "a", command });
      await own.create({ name: "b", command, after: ["a"] });
      assert.equal(await own.destroy("a"), true);
      assert.equal((await own.status("b"))["b"]?.state, "running");
    },
  );
});
