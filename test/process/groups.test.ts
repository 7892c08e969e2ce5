/** Groups on the command line, and nodes that are stopped and stay known, on real trees. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { type TestContext, test } from "node:test";
import { connect, type RemoteSupervisor } from "../../src/control/client.ts";
import type { NodeConfig, NodeStatus, Role } from "../../src/index.ts";
import { type Result, coppice as verb } from "../cli/fake.ts";
import { coppice, type Ended, start } from "../cli/process.ts";
import { unixClient } from "../fixtures/remote.ts";
import { isAlive, plant, type TestTree, until } from "../fixtures/tree.ts";

const ROLES: Record<string, Role> = {
  "worker-1": "WORKER",
  "worker-2": "WORKER",
  "proxy-1": "PROXY",
  manager: "MANAGER",
};

const ALL = Object.keys(ROLES);

/** Writes down when it starts and when it is told to end; it is ready once it can be told. */
const PROGRAM = `trap 'echo "-$0" >> order; kill $!; exit 0' TERM
while test -e "hold-$0"; do sleep 0.01; done
echo "+$0" >> order; echo up; sleep 1000 & wait`;

/** A cluster of programs, created in an order that is not that of the roles. */
async function plantCluster(t: TestContext, files: Record<string, string>): Promise<Cluster> {
  const entries = Object.entries(ROLES).map(([name, role]) => [
    name,
    { role, host: "127.0.0.1", port: 0 },
  ]);
  const cluster = Object.fromEntries(entries);
  const nodes = Object.keys(ROLES).map(
    (name): NodeConfig => ({
      name,
      cluster,
      command: ["sh", "-c", PROGRAM, name],
      ready: { line: "^up$" },
    }),
  );
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     on("init", () => {
       for (const node of ${JSON.stringify(nodes)}) supervisor.create(node);
       console.log("planted");
     });`,
    { script: "tree.mjs", files },
  );
  await tree.line(/^planted$/m);
  return new Cluster(t, tree, await unixClient(t, tree));
}

class Cluster {
  readonly tree: TestTree;
  readonly #t: TestContext;
  readonly #remote: RemoteSupervisor;

  constructor(t: TestContext, tree: TestTree, remote: RemoteSupervisor) {
    this.tree = tree;
    this.#t = t;
    this.#remote = remote;
  }

  /** A command in this process, on the real tree: a process for each would be most of the cost. */
  async run(text: string): Promise<Result & { code: number }> {
    const result = await verb(text.split(" "), {
      connect,
      directory: this.tree.directory,
      now: Date.now,
      sleep: (milliseconds) => new Promise((over) => setTimeout(over, milliseconds)),
    });
    return { ...result, code: result.status };
  }

  /** A command in a process of its own. */
  command(text: string): Promise<Ended> {
    return coppice(this.#t, this.tree.directory, text);
  }

  start(text: string) {
    return start(this.#t, this.tree.directory, text.split(" "));
  }

  async nodes(): Promise<Record<string, NodeStatus>> {
    return (await this.#remote.status()).nodes;
  }

  async pids(): Promise<(number | undefined)[]> {
    const nodes = await this.nodes();
    return ALL.map((name) => nodes[name]?.pid);
  }

  /** Waits until these are ready. */
  async ready(...names: string[]): Promise<void> {
    await until(`${names.join(", ")} to be ready`, async () => {
      const nodes = await this.nodes();
      return names.every((name) => nodes[name]?.ready === true);
    });
  }

  /** What has started and ended since this was asked last. */
  order(): string[] {
    const lines = fs.readFileSync(this.tree.file("order"), "utf8").trim().split("\n");
    fs.writeFileSync(this.tree.file("order"), "");
    return lines;
  }
}

/** Nodes of one role come in any order. */
function tiers(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/-[12]$/, ""));
}

/** Whom a node waits for is told to those who wait for 2 s: on a machine that stalls, anybody may. */
const AT_MOST_NOTES = /^(?:note: node '\S+' is \w+, waits for .*\n)*$/;
const STARTED = ["+manager", "+proxy", "+worker", "+worker"];
const ENDED = ["-worker", "-worker", "-proxy", "-manager"];

test("groups, in one cluster", async (t) => {
  const cluster = await plantCluster(t, { "hold-manager": "", "hold-proxy-1": "" });

  await t.test(
    "status tells who waits for whom, and who is not ready; events tell who is",
    async () => {
      const events = cluster.start("events manager workers");
      /**
       * Once somebody runs, and all others are known to wait for those that are not ready: news of
       * one node may come later than that of another. To ask with a command is too dear to be done
       * again and again.
       */
      const table = async (name: string) => {
        await until(`${name} to run, and the others to wait`, async () => {
          const nodes = await cluster.nodes();
          const isTold = ({ state, waitsFor = [] }: NodeStatus) =>
            state === "running" ||
            (waitsFor.length > 0 && waitsFor.every((other) => nodes[other]?.ready !== true));
          return nodes[name]?.state === "running" && Object.values(nodes).every(isTold);
        });
        return (await cluster.run("status")).stdout;
      };
      const held = await table("manager");
      assert.match(held, /^manager +manager +running, not ready +\d+ /m);
      assert.match(held, /^NAME +ROLE +STATE +PID /);
      assert.match(held, /^proxy-1 +proxy +pending, waits for manager +- /m);
      assert.match(held, /^worker-1 +worker +pending, waits for proxy-1 and manager +- /m);
      const waiting = cluster.start("wait manager --for ready");
      await until("somebody to watch", async () => {
        await cluster.run("restart manager");
        return /node 'manager' was started/.test(events.stdout);
      });
      fs.rmSync(cluster.tree.file("hold-manager"));
      assert.match((await waiting.end()).stdout, /^node 'manager' is ready \(PID \d+\)\n$/);
      assert.match(await table("proxy-1"), /^worker-2 +worker +pending, waits for proxy-1 +- /m);
      fs.rmSync(cluster.tree.file("hold-proxy-1"));
      await cluster.ready(...ALL);
      await events.line(/node 'manager' is ready \(PID \d+\)$/m);
      await events.line(/node 'worker-2' is ready \(PID \d+\)$/m);
      assert.doesNotMatch(events.stdout, /proxy-1' (?:was|is ready)/);
      events.child.kill();
      const begun = cluster.order().filter((line) => line.startsWith("+"));
      assert.deepEqual(tiers(begun), STARTED);
    },
  );

  await t.test(
    "restart workers: those alone; a group that is mistyped or empty is told",
    async () => {
      await cluster.ready(...ALL);
      const before = await cluster.pids();
      const restarted = await cluster.command("restart workers");
      assert.equal(restarted.code, 0);
      assert.match(restarted.stderr, AT_MOST_NOTES);
      assert.match(restarted.stdout, /^restarted 'worker-1' \(PID \d+\)$/m);
      assert.match(restarted.stdout, /^restarted 'worker-2' \(PID \d+\)$/m);
      const after = await cluster.pids();
      const changed = ALL.filter((_, at) => before[at] !== after[at]);
      assert.deepEqual(changed, ["worker-1", "worker-2"]);
      // None of these does anything, so that they need not wait for each other.
      const [mistyped, misspelt, empty, none] = await Promise.all(
        ["restart worker", "restart wrkers", "restart loggers", "restart"].map((text) =>
          cluster.run(text),
        ),
      );
      for (const [word, ended] of [
        ["worker", mistyped],
        ["wrkers", misspelt],
      ] as const)
        assert.deepEqual(
          [ended?.code, ended?.stderr],
          [1, `error: there is no node '${word}'; did you mean 'workers'?\n`],
        );
      assert.deepEqual(
        [empty?.code, empty?.stderr],
        [
          1,
          "error: the group 'loggers' has no nodes; groups that have: all, manager, proxies, workers\n",
        ],
      );
      assert.equal(none?.code, 2);
      // The node that is called manager is all that there is of its group.
      assert.match(
        (await cluster.run("restart manager")).stdout,
        /^restarted 'manager' \(PID \d+\)\n$/,
      );
    },
  );

  await t.test(
    "stop proxies: they stay known, and stopped when the Stem has been revived, until start",
    async () => {
      const { tree } = cluster;
      await cluster.ready(...ALL);
      const before = await cluster.nodes();
      const stopped = await cluster.command("stop proxies");
      assert.deepEqual([stopped.code, stopped.stdout], [0, "stopped 'proxy-1'\n"]);
      assert.match(stopped.stderr, AT_MOST_NOTES);
      assert.ok(!isAlive(before["proxy-1"]!.pid!));
      await tree.line(/^info: stop 'proxy-1', ordered by unix \(.*coppice-stop\)$/m, "stderr");
      const stem = await tree.stem();
      process.kill(stem, "SIGKILL");
      await until("another Stem", async () => (await tree.stem()) !== stem);
      const old = Object.values(before).map(({ pid }) => pid!);
      await until("the old ones to be gone", () => !old.some(isAlive));
      await cluster.ready("manager", "worker-1", "worker-2");
      const after = await cluster.nodes();
      assert.deepEqual([after["proxy-1"]?.state, after["proxy-1"]?.pid], ["stopped", undefined]);
      for (const name of ["manager", "worker-1", "worker-2"])
        assert.notEqual(after[name]?.pid, before[name]?.pid);
      assert.match((await cluster.run("status")).stdout, /^proxy-1 +proxy +stopped +- /m);
      const named = await cluster.run("start manager proxies");
      assert.equal(named.code, 0);
      assert.match(named.stdout, /^'manager' runs already \(PID \d+\)$/m);
      assert.match(named.stdout, /^started 'proxy-1' \(PID \d+\)$/m);
      assert.equal((await cluster.nodes())["manager"]?.pid, after["manager"]?.pid);
      assert.equal((await cluster.run("start")).stdout, "no node is stopped\n");
    },
  );

  await t.test(
    "stop all: the tree stays; start: all of them; each in the order of the roles",
    async () => {
      await cluster.ready(...ALL);
      cluster.order();
      const stopped = await cluster.run("stop all");
      assert.deepEqual([stopped.code, stopped.stdout.trim().split("\n").length], [0, 4]);
      assert.deepEqual(tiers(cluster.order()), ENDED);
      for (const { state } of Object.values(await cluster.nodes())) assert.equal(state, "stopped");
      const started = await cluster.run("start");
      assert.equal(started.code, 0);
      assert.match(started.stderr, AT_MOST_NOTES);
      for (const name of ALL)
        assert.match(started.stdout, new RegExp(`^started '${name}' \\(PID \\d+\\)$`, "m"));
      await cluster.ready(...ALL);
      assert.deepEqual(tiers(cluster.order()), STARTED);
      const json = JSON.parse((await cluster.run("stop workers worker-1 --json")).stdout);
      assert.deepEqual(json, { nodes: { "worker-1": { done: true }, "worker-2": { done: true } } });
      const ended = await cluster.run("stop");
      assert.deepEqual([ended.code, ended.stdout], [0, "the tree has ended\n"]);
      assert.deepEqual(await cluster.tree.end(), { code: 0, signal: null });
    },
  );
});
