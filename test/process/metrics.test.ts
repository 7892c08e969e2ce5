/** What monitoring sees of one tree, as it is scraped, and what the docs say of it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";
import { ASKED, ask, status, statusWhen } from "../fixtures/ask.ts";
import { client, TOKEN } from "../fixtures/remote.ts";
import { plant, type TestTree, until } from "../fixtures/tree.ts";

const DOCS = path.join(import.meta.dirname, "../../docs");
const LINES = 2_500;
const LINE = "a line that is counted";
const TREE = `
  import { broker, on, supervisor } from "coppice";
  const limits = { upgradeTime: 600_000, answerTime: 600_000 };
  on("init", async () => {
    const open = await broker.listenWebSocket({ port: 0, limits });
    const closed = await broker.listenWebSocket({ port: 0, limits, token: "${TOKEN}" });
    await supervisor.create({
      name: "printer",
      command: ["sh", "-c", "yes '${LINE}' | head -n ${LINES}; printf 'err'; printf 'no end' >&2; exec sleep 1000"],
    });
    await supervisor.create({
      name: "victim",
      command: ["sleep", "1000"],
      cluster: { victim: { role: "WORKER", host: "::1", port: 0, metricsPort: 9991 } },
    });
    console.log(\`ports \${open.port} \${closed.port}\`);
  });`;

interface Page {
  status: number | undefined;
  type: string | undefined;
  text: string;
}

function get(target: http.RequestOptions, where: string, token?: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const options = { ...target, path: where, agent: false as const, headers };
    http
      .get(options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => {
          const { statusCode, headers } = response;
          resolve({ status: statusCode, type: headers["content-type"], text });
        });
        response.on("error", reject);
      })
      .on("error", reject);
  });
}

/** Series and their values, without help and types. */
async function scrape(target: http.RequestOptions): Promise<Map<string, number>> {
  const { text } = await get(target, "/metrics");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Scrapes until it is as wanted. */
function scrapeWhen(
  target: http.RequestOptions,
  tree: TestTree,
  isWanted: (series: Map<string, number>) => boolean,
): Promise<Map<string, number>> {
  let last = new Map<string, number>();
  return until(
    "a scrape",
    async () => {
      last = await scrape(target);
      return isWanted(last) ? last : undefined;
    },
    () => `${[...last].map((pair) => pair.join(" ")).join("\n")}\n${tree.report()}`,
  );
}

const printer = (name: string, more = "") =>
  `coppice_node_${name}{${more}node="printer",kind="program"}`;
const victim = (name: string, more = "") =>
  `coppice_node_${name}{${more}node="victim",role="worker",kind="program"}`;

test("a tree, as monitoring sees it", async (t) => {
  const tree = plant(t, TREE, { options: ASKED });
  const [, openPort, closedPort] = await tree.line(/ports (\d+) (\d+)/);
  const open = { host: "127.0.0.1", port: Number(openPort) };
  const closed = { host: "127.0.0.1", port: Number(closedPort) };

  await t.test("output is counted to the byte", async () => {
    const stdout = 'stream="stdout",';
    const stderr = 'stream="stderr",';
    const series = await scrapeWhen(
      open,
      tree,
      (now) =>
        now.get(printer("output_bytes_total", stdout)) === LINES * (LINE.length + 1) + 3 &&
        now.get(printer("output_bytes_total", stderr)) === 6,
    );
    assert.equal(series.get(printer("output_lines_total", stdout)), LINES);
    assert.equal(series.get(printer("output_lines_total", stderr)), 0);
  });

  await t.test("a node that is killed has ended, and runs again", async () => {
    const before = await scrapeWhen(
      open,
      tree,
      (now) => (now.get(victim("resident_memory_bytes")) ?? 0) > 0,
    );
    assert.equal(before.get(victim("up")), 1);
    assert.equal(before.get(victim("starts_total")), 1);
    assert.equal(before.get(victim("exits_total", 'reason="signal",')), 0);
    const { pid = 0 } = await status(tree, "victim");
    process.kill(pid, "SIGKILL");
    await statusWhen(tree, "victim", (now) => now.pid !== undefined && now.pid !== pid);
    const after = await scrape(open);
    assert.equal(after.get(victim("up")), 1);
    assert.equal(after.get(victim("starts_total")), 2);
    assert.equal(after.get(victim("revivals_total")), 1);
    assert.equal(after.get(victim("exits_total", 'reason="signal",')), 1);
    assert.equal(after.get(victim("exits_total", 'reason="error",')), 0);
    const [was, is] = [before, after].map((one) => one.get(victim("start_time_seconds")) ?? 0);
    assert.ok(is! > was!, `${is} after ${was}`);
    assert.ok(after.get(victim("last_exit_time_seconds"))! >= was!);
  });

  await t.test("where nodes' metrics are, and how the tree does, is told", async () => {
    assert.deepEqual(await get(open, "/services.json"), {
      status: 200,
      type: "application/json",
      text: '[{"targets":["[::1]:9991"],"labels":{"node":"victim","role":"worker"}}]',
    });
    const well = { status: 200, type: "text/plain; charset=utf-8", text: "ok\n" };
    assert.deepEqual(await get(open, "/healthz"), well);
    assert.deepEqual(await get(open, "/readyz"), well);
    await ask(
      tree,
      'supervisor.create({ name: "lost", command: ["/nowhere/at/all"] }).then(() => 1)',
    );
    const ill = await get(closed, "/readyz", TOKEN);
    assert.equal(ill.status, 503);
    assert.deepEqual(JSON.parse(ill.text), {
      status: "unavailable",
      reasons: ["node 'lost' is waiting"],
    });
    const lost = await scrape(open);
    assert.ok(
      lost.get('coppice_node_exits_total{reason="start_failed",node="lost",kind="program"}')! >= 1,
    );
    assert.equal(lost.get('coppice_node_starts_total{node="lost",kind="program"}'), 0);
  });

  await t.test("who shows no token learns that something is wrong, and nothing else", async () => {
    assert.equal((await get(closed, "/metrics")).status, 401);
    assert.equal((await get(closed, "/services.json")).status, 401);
    assert.equal((await get(closed, "/healthz")).text, "ok\n");
    const ill = await get(closed, "/readyz");
    assert.deepEqual([ill.status, ill.text], [503, '{"status":"unavailable"}\n']);
    assert.equal((await get(closed, "/metrics", TOKEN)).status, 200);
  });

  await t.test("a destroyed node's series go, and begin anew with its name", async () => {
    await ask(tree, 'supervisor.destroy("printer")');
    const without = await scrape(open);
    assert.deepEqual(
      [...without.keys()].filter((key) => key.includes('"printer"')),
      [],
    );
    await ask(
      tree,
      'supervisor.create({ name: "printer", command: ["sleep", "1000"] }).then(() => 1)',
    );
    const anew = await scrape(open);
    assert.equal(anew.get(printer("starts_total")), 1);
    assert.equal(anew.get(printer("output_lines_total", 'stream="stdout",')), 0);
    assert.equal(anew.get(printer("exits_total", 'reason="signal",')), 0);
  });

  await t.test("it is told on the control socket too, and requests are counted", async (t) => {
    const socketPath = path.join(tree.directory, ".coppice/control.sock");
    const counted =
      'coppice_control_requests_total{protocol="coppice",method="status",outcome="ok"}';
    const remote = await client(t, `unix:${socketPath}`);
    await remote.status();
    const series = await scrape({ socketPath });
    assert.ok(series.get(counted)! >= 1);
    assert.equal(series.get('coppice_connections{kind="client"}'), 1);
    assert.ok(series.get('coppice_messages_received_total{kind="client"}')! >= 1);
    assert.ok(series.get('coppice_messages_sent_total{kind="client"}')! >= 1);
    assert.equal(series.get("coppice_stem_linked"), 1);
    assert.equal(series.get("coppice_stem_starts_total"), 1);
    assert.ok(series.get("coppice_stem_resident_memory_bytes")! > 1e6);
    assert.ok(series.get("process_resident_memory_bytes")! > 1e6);
  });

  await t.test("the docs' table and dashboard have the metrics that there are", async () => {
    const { text, type } = await get(open, "/metrics");
    assert.equal(type, "text/plain; version=0.0.4; charset=utf-8");
    const real = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, a, b]) => [a!, b!]));
    const page = fs.readFileSync(path.join(DOCS, "metrics.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) \|/gm)];
    assert.deepEqual(
      rows.map(([, name, kind]) => `${name} ${kind}`),
      [...real].map(([name, kind]) => `${name} ${kind}`),
    );
    const labels = new Map(
      rows.map(([, name, , further]) => [name!, further!.match(/\w+/g) ?? []]),
    );
    for (const series of (await scrape(open)).keys()) {
      const [, full = "", pairs = ""] = /^(\w+)(?:\{(.*)\})?$/.exec(series) ?? [];
      const name = real.has(full) ? full : full.replace(/_(bucket|sum|count)$/, "");
      const own = [...pairs.matchAll(/(\w+)="/g)].map(([, label]) => label!);
      const common = name.startsWith("coppice_node_") ? ["node", "role", "kind"] : [];
      const known = [...common, ...(labels.get(name) ?? [])];
      assert.deepEqual(
        own.filter((label) => !known.includes(label)),
        [],
        series,
      );
    }
    const dashboard = fs.readFileSync(path.join(DOCS, "grafana.json"), "utf8");
    const asked = new Set(dashboard.match(/\b(?:coppice|process|nodejs)_\w+/g));
    const parts = ["", "_bucket", "_sum", "_count"];
    for (const name of asked) {
      assert.ok(
        parts.some(
          (part) => name.endsWith(part) && real.has(name.slice(0, name.length - part.length)),
        ),
        name,
      );
    }
    assert.ok(asked.size > 20);
  });
});
