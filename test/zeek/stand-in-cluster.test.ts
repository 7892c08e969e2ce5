/** The stand-in for Zeek as a node of a cluster: its layout, its ports, its logs. */
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { describe, test } from "node:test";
import { freePorts } from "../fixtures/ports.ts";
import { until } from "../fixtures/tree.ts";
import { endingOfLayout } from "../fixtures/zeek/inside.ts";
import { type RunSettings, ZeekBench } from "../fixtures/zeek/run.ts";

const ZEROMQ = "frameworks/cluster/backend/zeromq";
const BROKER = "frameworks/cluster/backend/broker";
const GENERATOR = "misc/systemd-generator";

/** The spec's own example of a layout, with ports that are free. */
interface Ports {
  manager: number;
  logger: number;
  metrics: number;
}

function layout({ manager, logger, metrics }: Ports): string {
  return `# manager + logger + proxy + 2 workers
redef Cluster::manager_is_logger = F;
redef Cluster::nodes = {
	["manager"]  = [$node_type=Cluster::MANAGER, $ip=127.0.0.1, $p=${manager}/tcp, $metrics_port=${metrics}/tcp],
	["logger-1"] = [$node_type=Cluster::LOGGER,  $ip=127.0.0.1, $p=${logger}/tcp, $manager="manager", $metrics_port=0/tcp],
	["proxy-1"]  = [$node_type=Cluster::PROXY,   $ip=127.0.0.1, $manager="manager", $zone_id=""],
	["worker-1"] = [$node_type=Cluster::WORKER,  $ip=127.0.0.1, $manager="manager"],
};
`;
}

const FIXED = layout({ manager: 27760, logger: 27761, metrics: 9991 });

describe("the stand-in's layout", () => {
  test("the grammar's own example and its variants are taken, and all else is a parse error", async (t) => {
    const bench = new ZeekBench(t);
    const right: Record<string, string> = {
      example: FIXED,
      "IPv6 addresses": FIXED.replaceAll("127.0.0.1", "[::1]"),
      "a manager that logs":
        'redef Cluster::nodes = { ["manager"] = [$node_type=Cluster::MANAGER, $ip=::1, $p=1/tcp], };'.replace(
          "::1",
          "[::1]",
        ),
      "nodes that are added": `${FIXED}redef Cluster::nodes += { ["w"] = [$node_type=Cluster::WORKER, $ip=10.0.0.1, $manager="manager"], };`,
    };
    const without = (what: string | RegExp, other = "") => {
      assert.notEqual(FIXED.replace(what, other), FIXED, String(what));
      return FIXED.replace(what, other);
    };
    const wrong: Record<string, string> = {
      "nothing at all": "",
      "a missing semicolon": without("F;", "F"),
      "a missing last semicolon": without("};", "}"),
      "a missing comma after an entry": without('"manager"],', '"manager"]'),
      "a missing comma between fields": without("MANAGER,", "MANAGER"),
      "a comma before the bracket": without("0/tcp]", "0/tcp,]"),
      "no $node_type": without("$node_type=Cluster::PROXY,   "),
      "no $ip": without("Cluster::WORKER,  $ip=127.0.0.1,", "Cluster::WORKER,"),
      "a field twice": without("$ip=127.0.0.1,", "$ip=127.0.0.1, $ip=127.0.0.1,"),
      "an unknown field": without("$zone_id", "$interface"),
      "an unknown type": without("Cluster::PROXY", "Cluster::TIME_MACHINE"),
      "a type without its module": without("Cluster::PROXY", "PROXY"),
      "a port without a protocol": without("27760/tcp", "27760"),
      "a udp port": without("27760/tcp", "27760/udp"),
      "a port that is too high": without("27760/tcp", "70000/tcp"),
      "an address that is none": without("127.0.0.1", "127.0.0.256"),
      "IPv6 without brackets": without("127.0.0.1", "::1"),
      "a host's name": without("127.0.0.1", "localhost"),
      "a quoted address": without("127.0.0.1", '"127.0.0.1"'),
      "an unquoted name": without('["proxy-1"]', "[proxy-1]"),
      "single quotes": without('["proxy-1"]', "['proxy-1']"),
      "a node twice": without("proxy-1", "worker-1"),
      "true instead of T": without("= F;", "= false;"),
      "other code": `@load base/frameworks/telemetry/options\n${FIXED}`,
      "another redef": `${FIXED}redef Telemetry::metrics_address = "127.0.0.1";\n`,
      "two managers": without("Cluster::PROXY", "Cluster::MANAGER"),
      "no manager": without("Cluster::MANAGER", "Cluster::PROXY"),
      "a manager of the manager": without("9991/tcp", '9991/tcp, $manager="manager"'),
      "a worker without a manager": without(/,\s+\$manager="manager"\],\n\};/, "],\n};"),
      "a manager that is not there": without('$manager="manager"', '$manager="boss"'),
      "a logger without a port": without("$p=27761/tcp, "),
      "a logger at port 0": without("27761/tcp", "0/tcp"),
      "a logger and a manager that logs": without("= F;", "= T;"),
    };
    const judge = (text: string) => endingOfLayout("cluster-layout.zeek", text);
    for (const [what, text] of Object.entries(right)) assert.equal(judge(text), undefined, what);
    for (const [what, text] of Object.entries(wrong)) {
      assert.equal(judge(text)?.status, 1, what);
      assert.match(judge(text)?.message ?? "", /^error in cluster-layout\.zeek, line \d+: /, what);
    }
    bench.write("at/cluster-layout.zeek", without("F;", "F"));
    const env = { CLUSTER_NODE: "manager", ZEEKCTL_CHECK_CONFIG: "1" };
    const { code, stderr } = await bench.run(["-a", "-b", "misc/stats"], { cwd: "at", env });
    assert.equal(code, 1);
    assert.match(stderr, /^error in .*\/at\/cluster-layout\.zeek, line \d+: /);
  });

  test("it must be found through ZEEKPATH, also in bare mode, whenever CLUSTER_NODE is set", async (t) => {
    const bench = new ZeekBench(t);
    const env = { CLUSTER_NODE: "manager", ZEEKCTL_CHECK_CONFIG: "1" };
    const missing = await bench.run(["-a", "-b", "misc/stats"], { env, cwd: "cwd" });
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^fatal error in .*, line \d+: can't find cluster-layout$/m);
    bench.write("generated/cluster-layout.zeek", FIXED);
    const found = { ...env, ZEEKPATH: `${bench.file("generated")}:${bench.zeek.zeekPath}` };
    assert.deepEqual(await bench.run(["-a", "-b", "misc/stats"], { env: found, cwd: "cwd" }), OK);
    const [, record] = bench.records("manager");
    assert.equal(record?.layoutFile, bench.file("generated/cluster-layout.zeek"));
    assert.equal(record?.layout?.nodes["logger-1"]?.["p"], 27761);
    // It is read before anything that the command line names.
    const names = record?.order ?? [];
    assert.ok(names.findIndex((name) => name.endsWith("cluster-layout.zeek")) < names.length - 1);
  });
});

describe("the stand-in's node", () => {
  test("needs a name that is in the layout, and a backend", async (t) => {
    const { bench, run } = await cluster(t);
    const unknown = await run("nosuch", [ZEROMQ]);
    assert.equal(unknown.code, 1);
    assert.match(
      unknown.stderr,
      /'nosuch' is not a valid node in the Cluster::nodes configuration/,
    );
    const none = await run("worker-1", ["local"]);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /Cluster::node set to 'worker-1', but Cluster::backend is /);
    // Settings of a backend are known only once it is loaded.
    bench.write("own.zeek", "redef Cluster::Backend::ZeroMQ::ipv6 = T;\n");
    const early = await run("worker-1", [bench.file("own.zeek"), ZEROMQ]);
    assert.equal(early.code, 1);
    assert.match(early.stderr, /unknown identifier Cluster::Backend::ZeroMQ::ipv6/);
  });

  test("has the function for the queue's names only where logs are written", async (t) => {
    const { bench, run } = await cluster(t);
    bench.write("logs.zeek", "redef Log::rotation_format_func = archiver_rotation_format_func;\n");
    const env = { ZEEKCTL_CHECK_CONFIG: "1" };
    assert.equal((await run("worker-1", ["-a", ZEROMQ, bench.file("logs.zeek")], { env })).code, 1);
    assert.equal((await run("logger-1", ["-a", ZEROMQ, bench.file("logs.zeek")], { env })).code, 0);
  });

  test("binds its ports, and a port that is taken ends it", async (t) => {
    const { bench, run, ports } = await cluster(t);
    const cases: [string, number, RegExp, string[]][] = [
      ["logger-1", ports.logger, /Failed initialize ZeroMQ backend/, [ZEROMQ]],
      ["manager", ports.metrics, /Failed to setup Prometheus endpoint/, [ZEROMQ]],
      [
        "manager",
        ports.manager,
        /Failed to spawn ZeroMQ proxy thread/,
        [ZEROMQ, ...endpoints(ports.manager)],
      ],
      ["manager", ports.manager, /Failed to listen on/, [BROKER]],
    ];
    for (const [name, port, failure, args] of cases) {
      const holder = net.createServer();
      await new Promise<void>((listening) => holder.listen(port, "127.0.0.1", listening));
      const { code, stderr } = await run(name, args);
      await new Promise((closed) => holder.close(closed));
      assert.equal(code, 1, name);
      assert.match(stderr, failure);
    }
    // A check joins no cluster, binds nothing and needs no backend.
    const env = { ZEEKCTL_CHECK_CONFIG: "1", ZEEKCTL_DISABLE_LISTEN: "1" };
    assert.equal((await run("logger-1", ["-a", "local"], { env })).code, 0);
    // An XPUB that is connected to an XPUB would go unnoticed by Zeek.
    const crossed = endpoints(ports.manager).filter((text) => !text.includes("connect"));
    assert.match(
      (await run("worker-1", [ZEROMQ, ...crossed])).stderr,
      /XPUB connects to the proxy's XSUB/,
    );
    assert.equal(bench.records("manager").length, 3);
  });

  test("runs until it is told to end; loggers write who is there, and rotate into the queue", async (t) => {
    const { bench, start, ports } = await cluster(t);
    const args = [ZEROMQ, GENERATOR, "local", "-U", ".status"];
    const worker = start("worker-1", ["-i", "lo", ...args]);
    await bench.status("spool/worker-1", "RUNNING");
    const logger = start("logger-1", args);
    await until("the worker's greeting", () =>
      bench.read("spool/logger-1/cluster.log").includes("got hello from worker-1 ("),
    );
    const manager = start("manager", args);
    await bench.status("spool/manager", "RUNNING");
    const metrics = await bodyOf(ports.metrics, "metrics");
    assert.match(metrics, /^zeek_net_received_packets_total\{endpoint="manager"\} \d+$/m);
    const services = JSON.parse(await bodyOf(ports.metrics, "services.json"));
    assert.deepEqual(services, [
      { targets: [`127.0.0.1:${ports.metrics}`], labels: { endpoint: "manager" } },
    ]);
    worker.child.kill("SIGTERM");
    assert.deepEqual(await worker.ended, { code: 0, signal: null });
    await until("the worker's end to be seen", () =>
      bench.read("spool/logger-1/cluster.log").includes("node down: worker-1"),
    );
    for (const { child } of [manager, logger]) child.kill("SIGTERM");
    assert.deepEqual(await Promise.all([manager.ended, logger.ended]), [OK_END, OK_END]);
    assert.equal(bench.read("spool/logger-1/.status"), "TERMINATED [atexit]\n");
    assert.deepEqual(
      fs
        .readdirSync(bench.file("spool/log-queue"))
        .map((name) => name.replace(/\d/g, "n"))
        .sort(),
      ["cluster", "conn"].map((name) => `${name}__nnnn-nn-nn-nn-nn-nn__nnnn-nn-nn-nn-nn-nn__.log`),
    );
    assert.deepEqual(fs.readdirSync(bench.file("spool/logger-1")), [".status"]);
    assert.ok(!fs.existsSync(bench.file("spool/worker-1/conn.log")));
  });

  test("without a script for its logs it runs zeekctl's command, which is not there", async (t) => {
    const { bench, start } = await cluster(t);
    const logger = start("logger-1", [ZEROMQ, "-U", ".status"]);
    await bench.status("spool/logger-1", "RUNNING");
    logger.child.kill("SIGTERM");
    assert.deepEqual(await logger.ended, OK_END);
    await logger.sees(/archive-log: not found/);
    assert.match(fs.readdirSync(bench.file("spool/logger-1")).join(" "), /conn\.\d{4}-[\d-]+\.log/);
  });

  test("what a killed logger leaves is rotated by the next one, or truncated", async (t) => {
    const { bench, start } = await cluster(t);
    const conn = "spool/logger-1/conn.log";
    const life = async (args: string[], signal: NodeJS.Signals) => {
      fs.rmSync(bench.file("spool/logger-1/.status"), { force: true });
      const run = start("logger-1", [ZEROMQ, ...args, "-U", ".status"]);
      await bench.status("spool/logger-1", "RUNNING");
      const { pid } = run.child;
      assert.match(bench.read(conn), new RegExp(`of process ${pid}$`, "m"));
      run.child.kill(signal);
      await run.ended;
      return pid;
    };
    const first = await life([GENERATOR], "SIGKILL");
    assert.ok(fs.existsSync(bench.file("spool/logger-1/.shadow.conn.log")));
    const queue = () =>
      fs
        .readdirSync(bench.file("spool/log-queue"))
        .map((name) => bench.read(`spool/log-queue/${name}`));
    const second = await life([GENERATOR], "SIGKILL");
    assert.ok(queue().some((text) => text.includes(`of process ${first}`)));
    // No script: no flag. The log is opened anew, and what was in it is lost.
    await life([], "SIGKILL");
    assert.ok(!bench.read(conn).includes(`of process ${second}`));
    assert.ok(!queue().some((text) => text.includes(`of process ${second}`)));
  });

  test("logs are rotated in time, too, and take the lines that a test asks for", async (t) => {
    const { bench, start } = await cluster(t);
    bench.write("say.zeek", "#!stand-in: write-log weird something odd\n");
    const script = bench.file("say.zeek");
    const logger = start("logger-1", [
      ZEROMQ,
      GENERATOR,
      script,
      "Log::default_rotation_interval=1sec",
    ]);
    await until("a rotation", () => {
      const queue = bench.file("spool/log-queue");
      const [name] = fs.existsSync(queue)
        ? fs.readdirSync(queue).filter((name) => name.startsWith("weird"))
        : [];
      return (
        name !== undefined &&
        bench.read(`spool/log-queue/${name}`).includes("something odd\n#close")
      );
    });
    assert.equal(logger.child.exitCode, null);
  });

  test("a leftover that cannot be moved is fatal, and several loggers mark their logs", async (t) => {
    const { bench, run, ports } = await cluster(t);
    const second = `	["logger-2"] = [$node_type=Cluster::LOGGER,  $ip=127.0.0.1, $p=${ports.manager}/tcp, $manager="manager"],\n};`;
    bench.write("generated/cluster-layout.zeek", layout(ports).replace("};", second));
    const env = { STANDIN_MISBEHAVE: "terminate" };
    assert.equal((await run("logger-2", [ZEROMQ, GENERATOR], { env })).code, 0);
    assert.match(
      fs.readdirSync(bench.file("spool/log-queue")).join(" "),
      /conn__[^_]+__[^_]+__log_suffix=logger-2__\.log/,
    );
    bench.write("spool/logger-1/conn.log", "left\n");
    bench.write("spool/logger-1/.shadow.conn.log", ".log\n\n");
    // Nothing can be renamed into another file system.
    const elsewhere = "Log::default_rotation_dir=/proc/self";
    const { code, stderr } = await run("logger-1", [ZEROMQ, GENERATOR, elsewhere], { env });
    assert.equal(code, 1);
    assert.match(stderr, /fatal error: Found leftover\/unprocessed log 'conn\.log'/);
    assert.equal(bench.read("spool/logger-1/conn.log"), "left\n");
  });
});

/** A layout at free ports, and a way to start its nodes in directories of their own. */
async function cluster(t: TestContext) {
  const bench = new ZeekBench(t);
  // A central proxy takes the one after the manager's, too.
  const manager = await freePorts(4);
  const [logger, metrics] = [manager + 2, manager + 3];
  const ports = { manager, logger, metrics };
  bench.write("generated/cluster-layout.zeek", layout(ports));
  const settings = (name: string, more: RunSettings = {}): RunSettings => ({
    cwd: `spool/${name}`,
    env: {
      CLUSTER_NODE: name,
      ZEEKPATH: `${bench.file("generated")}:${bench.zeek.zeekPath}`,
      ...more.env,
    },
  });
  return {
    bench,
    ports,
    start: (name: string, args: string[]) => bench.start(args, settings(name)),
    run: (name: string, args: string[], more?: RunSettings) =>
      bench.run(args, settings(name, more)),
  };
}

/** Over a connection of its own: `fetch` keeps one, which its server closes if the test is stalled. */
async function bodyOf(port: number, name: string): Promise<string> {
  const request = http.get(`http://127.0.0.1:${port}/${name}`, { agent: false });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return text(response);
}

/** As assignments: where the central proxy listens, and where nodes connect to it. */
function endpoints(port: number): string[] {
  const at = (name: string, number: number) =>
    `Cluster::Backend::ZeroMQ::${name}_endpoint=tcp://127.0.0.1:${number}`;
  return [
    at("listen_xpub", port),
    at("connect_xsub", port),
    at("listen_xsub", port + 1),
    at("connect_xpub", port + 1),
  ];
}

const OK = { code: 0, signal: null, stdout: "", stderr: "" };
const OK_END = { code: 0, signal: null };
