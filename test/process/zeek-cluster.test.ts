/** A Zeek cluster: the same nodes with `zeek: {}`, and the logs that come of them. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { freePort } from "../fixtures/ports.ts";
import { until } from "../fixtures/tree.ts";
import { clusterOf, plantZeek, type ZeekTree } from "../fixtures/zeek/tree.ts";

describe("a Zeek cluster", { concurrency: 2 }, () => {
  test("by Zeek's own Stem", async (t) => {
    const zeek = await plantZeek(t);
    await layoutsOfOnesOwn(t, zeek);
    await lifeOfCluster(t, zeek, {});
  });

  test("executed", async (t) => {
    await lifeOfCluster(t, await plantZeek(t), { supervised: false });
  });
});

async function lifeOfCluster(
  t: TestContext,
  zeek: ZeekTree,
  own: { supervised?: boolean },
): Promise<void> {
  await t.test(
    "what a Zeek alone wrote before it was killed is in the queue after its revival",
    async () => {
      await zeek.create({ name: "foo", interface: "lo", directory: "spool/foo", zeek: own });
      const { pid } = await zeek.ready("foo");
      process.kill(pid!, "SIGKILL");
      const next = await zeek.ready("foo", 2);
      assert.ok(isQueued(zeek, "conn", `process ${pid}\n`));
      assert.match(zeek.read("spool/foo/conn.log"), new RegExp(`process ${next.pid}\n`));
      await zeek.puppet.destroy("foo");
    },
  );

  await t.test("it starts in order, and finds itself", async () => {
    zeek.puppet.told.length = 0;
    await plantCluster(zeek, own);
    const told = zeek.puppet.told.filter(({ event }) => event === "nodeStatus");
    const started = told.map(({ node }) => node);
    assert.deepEqual(started, ["logger-1", "manager", "proxy-1", "worker-1"]);
    for (const name of ["manager", "proxy-1", "worker-1"])
      await until(`${name} in the log`, () => zeek.read(LOG).includes(`got hello from ${name} `));
  });

  await t.test(
    "what a logger wrote before it was killed is in the queue after its revival",
    async () => {
      const { pid } = await zeek.ready("logger-1");
      await until("a log", () => zeek.read("spool/logger-1/conn.log").includes(`process ${pid}\n`));
      process.kill(pid!, "SIGKILL");
      await zeek.ready("logger-1", 2);
      assert.ok(isQueued(zeek, "conn", `process ${pid}\n`));
      assert.ok(isQueued(zeek, "cluster", "got hello from worker-1 "));
      const after = await zeek.puppet.status();
      assert.equal(after["worker-1"]?.generation, 1);
    },
  );

  await t.test("its logs end in the queue", async () => {
    const { pid } = await zeek.ready("logger-1", 2);
    await until("the worker again", () => zeek.read(LOG).includes("got hello from worker-1 "));
    const written = zeek.read(LOG);
    assert.deepEqual(await zeek.tree.stop(), { code: 0, signal: null });
    assert.ok(isQueued(zeek, "conn", `process ${pid}\n`));
    assert.ok(isQueued(zeek, "cluster", written));
    assert.ok(!fs.existsSync(zeek.file("spool/logger-1/log-queue")));
    assert.ok(!fs.existsSync(zeek.file(LOG)));
    assert.ok(!fs.existsSync(zeek.file(".coppice/zeek")));
  });
}

async function layoutsOfOnesOwn(t: TestContext, zeek: ZeekTree): Promise<void> {
  await t.test("a layout and a log script of the user's own are used as they are", async () => {
    const ports = [await freePort(), await freePort()];
    const layout =
      `redef Cluster::manager_is_logger = F;\nredef Cluster::nodes = {\n` +
      `\t["boss"] = [$node_type=Cluster::MANAGER, $ip=127.0.0.1, $p=${ports[0]}/tcp],\n` +
      `\t["log"] = [$node_type=Cluster::LOGGER, $ip=127.0.0.1, $p=${ports[1]}/tcp, $manager="boss"],\n};\n`;
    fs.writeFileSync(zeek.file("my-layout.zeek"), layout);
    fs.writeFileSync(zeek.file("my-logs.zeek"), "");
    for (const name of ["boss", "log"]) {
      const own = { layout: "my-layout.zeek", logScript: "./my-logs.zeek" };
      await zeek.create({ name, interface: "lo", zeek: own });
      const record = await zeek.recordOf(await zeek.ready(name));
      assert.equal(zeek.read(`.coppice/zeek/${name}/cluster-layout.zeek`), layout);
      assert.deepEqual(Object.keys(record.layout?.nodes ?? {}), ["boss", "log"]);
      assert.equal(record.env["CLUSTER_NODE"], name);
      assert.ok(record.order.includes(zeek.file("my-logs.zeek")));
      assert.ok(!record.order.some((file) => file.endsWith("coppice-log-queue.zeek")));
    }
    for (const name of ["boss", "log"]) await zeek.puppet.destroy(name);
  });

  await t.test("a layout that is not there is a failed start, told in one line", async () => {
    const own = { layout: "no-such.zeek" };
    await zeek.create({ name: "lost", interface: "lo", zeek: own, revival: { delay: 600_000 } });
    await zeek.tree.line(
      /\[lost\] node 'lost' failed to read its layout \S+\/no-such\.zeek: No such file or directory\n/,
      "stderr",
    );
    await zeek.puppet.destroy("lost");
  });
}

/** Resolves when all of its nodes are ready. */
async function plantCluster(zeek: ZeekTree, own: { supervised?: boolean }): Promise<void> {
  const cluster = clusterOf([await freePort(), await freePort(), await freePort()]);
  const configs = Object.keys(cluster).map((name) => ({
    name,
    directory: `spool/${name}`,
    cluster,
    ...(name === "worker-1" ? { interface: "lo" } : {}),
    zeek: own,
  }));
  // All at once: who waits for whom is not the script's business.
  await zeek.puppet.createAll(configs);
  for (const name of Object.keys(cluster)) await zeek.ready(name);
}

function isQueued(zeek: ZeekTree, name: string, words: string): boolean {
  return queueOf(zeek, name).some((text) => text.includes(words));
}

/** The texts of the rotated logs of this path. */
function queueOf(zeek: ZeekTree, name: string): string[] {
  const queue = zeek.file("spool/log-queue");
  return fs
    .readdirSync(queue)
    .filter((file) => file.startsWith(`${name}__`))
    .map((file) => fs.readFileSync(`${queue}/${file}`, "utf8"));
}

const LOG = "spool/logger-1/cluster.log";
