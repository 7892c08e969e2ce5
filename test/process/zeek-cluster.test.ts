/** A Zeek cluster: the same nodes with `zeek: {}`, and the logs that come of them. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { freePort } from "../fixtures/remote.ts";
import { until } from "../fixtures/tree.ts";
import { clusterOf, plantZeek, type ZeekTree } from "../fixtures/zeek/tree.ts";

for (const zeekConfig of [{}, { supervised: false }]) {
  const way = "supervised" in zeekConfig ? "executed" : "by Zeek's own Stem";

  test(`a cluster starts in order, finds itself, and its logs end in the queue (${way})`, async (t) => {
    const zeek = await plantZeek(t);
    await plantCluster(zeek, zeekConfig);
    const told = zeek.puppet.told.filter(({ event }) => event === "nodeStatus");
    const started = told.map(({ node }) => node);
    assert.deepEqual(started, ["logger-1", "manager", "proxy-1", "worker-1"]);
    const log = "spool/logger-1/cluster.log";
    for (const name of ["manager", "proxy-1", "worker-1"])
      await until(`${name} in the log`, () => zeek.read(log).includes(`got hello from ${name} `));
    assert.deepEqual(await zeek.tree.stop(), { code: 0, signal: null });
    const [queued = ""] = queueOf(zeek, "cluster");
    assert.match(queued, /got hello from worker-1/);
    assert.ok(!fs.existsSync(zeek.file("spool/logger-1/log-queue")));
    assert.ok(!fs.existsSync(zeek.file(log)));
    assert.ok(!fs.existsSync(zeek.file(".coppice/zeek")));
  });

  test(`what a logger wrote before it was killed is in the queue after its revival (${way})`, async (t) => {
    const zeek = await plantZeek(t);
    await plantCluster(zeek, zeekConfig);
    const { pid } = await zeek.ready("logger-1");
    await until("a log", () => zeek.read("spool/logger-1/conn.log").includes(`process ${pid}\n`));
    process.kill(pid!, "SIGKILL");
    await zeek.ready("logger-1", 2);
    assert.ok(queueOf(zeek, "conn").some((text) => text.includes(`process ${pid}\n`)));
    const after = await zeek.puppet.status();
    assert.equal(after["worker-1"]?.generation, 1);
  });

  test(`what a Zeek alone wrote before it was killed is in the queue after its revival (${way})`, async (t) => {
    const zeek = await plantZeek(t);
    await zeek.create({ name: "foo", interface: "lo", directory: "spool/foo", zeek: zeekConfig });
    const { pid } = await zeek.ready("foo");
    process.kill(pid!, "SIGKILL");
    const next = await zeek.ready("foo", 2);
    assert.ok(queueOf(zeek, "conn").some((text) => text.includes(`process ${pid}\n`)));
    assert.match(zeek.read("spool/foo/conn.log"), new RegExp(`process ${next.pid}\n`));
  });
}

test("a layout and a log script of the user's own are used as they are", async (t) => {
  const ports = [await freePort(), await freePort()];
  const layout =
    `redef Cluster::manager_is_logger = F;\nredef Cluster::nodes = {\n` +
    `\t["boss"] = [$node_type=Cluster::MANAGER, $ip=127.0.0.1, $p=${ports[0]}/tcp],\n` +
    `\t["log"] = [$node_type=Cluster::LOGGER, $ip=127.0.0.1, $p=${ports[1]}/tcp, $manager="boss"],\n};\n`;
  const zeek = await plantZeek(t, { files: { "my-layout.zeek": layout, "my-logs.zeek": "" } });
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
});

test("a layout that is not there is a failed start, told in one line", async (t) => {
  const zeek = await plantZeek(t);
  const own = { layout: "no-such.zeek" };
  await zeek.create({ name: "foo", interface: "lo", zeek: own, revival: { delay: 600_000 } });
  await zeek.tree.line(
    /\[foo\] node 'foo' failed to read its layout \S+\/no-such\.zeek: No such file or directory\n/,
    "stderr",
  );
});

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
  await zeek.puppet.call(
    `Promise.all(${JSON.stringify(configs)}.map((config) => supervisor.create(config)))`,
  );
  for (const name of Object.keys(cluster)) await zeek.ready(name);
}

/** The texts of the rotated logs of this path. */
function queueOf(zeek: ZeekTree, name: string): string[] {
  const queue = zeek.file("spool/log-queue");
  return fs
    .readdirSync(queue)
    .filter((file) => file.startsWith(`${name}__`))
    .map((file) => fs.readFileSync(`${queue}/${file}`, "utf8"));
}
