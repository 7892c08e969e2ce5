/** Zeek's own configuration files, run on real processes, and looked into. */
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import type { NodeStatus } from "coppice";
import { connect, type RemoteSupervisor } from "../../src/control/client.ts";
import { type Ended, start } from "../cli/process.ts";
import { freePorts } from "../fixtures/ports.ts";
import { linesOf, pathWithout } from "../fixtures/system.ts";
import {
  atEnd,
  processesOf,
  run,
  type TestTree,
  temporaryDirectory,
  until,
} from "../fixtures/tree.ts";
import { installZeek, recordsOf, type ZeekOptions } from "../fixtures/zeek/install.ts";

const CLUSTER = `[manager]
type = manager
host = localhost

[logger-1]
type = logger
host = localhost

[proxy-1]
type = proxy
host = localhost

[worker-1]
type = worker
host = localhost
interface = lo
lb_procs = 2
lb_method = custom
pin_cpus = 0
env_vars = MY_OWN=s3cret
`;

const ALONE = "[alone]\ntype=standalone\nhost=localhost\ninterface=lo\n";

/** A directory with an installation in it, and configuration files in its etc. */
class Site {
  readonly directory: string;
  /** Where the Zeeks of a tree leave their records. */
  readonly records: string;
  /** Where those that a command starts leave theirs. */
  readonly checked: string;
  readonly env: Record<string, string>;
  readonly #t: TestContext;
  #remote: RemoteSupervisor | undefined;

  constructor(t: TestContext, files: Record<string, string>, zeek: ZeekOptions = {}) {
    this.#t = t;
    this.directory = temporaryDirectory(t);
    installZeek(this.file("opt"), zeek);
    this.records = this.file("records");
    this.checked = this.file("checked");
    for (const one of [this.records, this.checked]) fs.mkdirSync(one);
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(this.file(name)), { recursive: true });
      fs.writeFileSync(this.file(name), text);
    }
    this.env = { STANDIN_RECORD: this.records, STANDIN_NO_FIXED_PORTS: "1" };
  }

  file(name: string): string {
    return path.join(this.directory, name);
  }

  run(...args: string[]): TestTree {
    return run(this.#t, this.directory, ["zeek", ...args], this.env);
  }

  /** A command to its end. */
  async coppice(args: string[], env: Record<string, string> = {}): Promise<Ended> {
    const options = { env: { ...this.env, STANDIN_RECORD: this.checked, ...env } };
    const command = start(this.#t, this.directory, args, options);
    command.child.stdin?.end();
    return command.end();
  }

  /** What the tree in this state directory says; nothing while it does not listen. */
  async status(stateDirectory = ".coppice"): Promise<Record<string, NodeStatus>> {
    try {
      this.#remote ??= await connect(`unix:${this.file(stateDirectory)}/control.sock`);
    } catch {
      return {};
    }
    return (await this.#remote.status()).nodes;
  }

  /** Waits until so many nodes are ready, all but the archiver Zeeks, and asks no more. */
  async ready(
    count: number,
    tree: TestTree,
    stateDirectory?: string,
  ): Promise<Record<string, NodeStatus>> {
    // To ask costs the tree more than its nodes do, so nobody asks before all have begun.
    const begun = () =>
      fs.readdirSync(this.records).filter((name) => !name.startsWith("stem.")).length >= count - 1;
    const look = async () => {
      if (!begun()) return;
      const nodes = await this.status(stateDirectory);
      const ready = Object.values(nodes).filter((one) => one.ready === true);
      return ready.length === count ? nodes : undefined;
    };
    const nodes = await until(`${count} nodes that are ready`, look, () => tree.report());
    this.#remote?.close();
    this.#remote = undefined;
    return nodes;
  }

  /** Whether some Zeek of a command's has read its scripts, or of a tree's. */
  hasRead(): boolean {
    return [this.records, this.checked].some((directory) =>
      fs
        .readdirSync(directory)
        .filter((name) => name.endsWith(".json"))
        .some((name) => fs.readFileSync(path.join(directory, name), "utf8").includes('"order"')),
    );
  }

  /** Everything there is, by name. */
  tree(): string[] {
    return fs.readdirSync(this.directory, { recursive: true, encoding: "utf8" }).sort();
  }
}

async function zeekctl(): Promise<string> {
  const first = await freePorts(20);
  return `ZeekPort = ${first}\nMetricsPort = ${first + 10}\nlb_custom.InterfacePrefix =\nMailTo = me\n`;
}

test("a node.cfg is checked, and runs", async (t) => {
  const zeekctlCfg = await zeekctl();
  const site = new Site(t, {
    "opt/etc/node.cfg": CLUSTER,
    "opt/etc/zeekctl.cfg": zeekctlCfg,
    "opt/etc/networks.cfg": "10.0.0.0/8  Private\n",
  });

  await t.test("check shows the plan and each Zeek's verdict, and touches nothing", async (st) => {
    const before = site.tree();
    const scratch = temporaryDirectory(st);
    const args = ["zeek", "check", "opt/etc/node.cfg"];
    const { code, stdout, stderr } = await site.coppice(args, { TMPDIR: scratch });
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^opt\/etc\/node\.cfg \(node\.cfg\): 6 nodes, Zeek 8\.2\.2 \(\S+opt\/bin\/zeek\)\n/,
    );
    assert.match(stdout, /\["worker-1-2"\] = \[\$node_type=Cluster::WORKER/);
    assert.match(stdout, /^worker-1-1 {2}WORKER\n {2}directory +\S+\/opt\/spool\/worker-1-1\n/m);
    assert.match(stdout, /^ {2}command +\S+\/opt\/bin\/zeek .* coppice-settings$/m);
    assert.match(stdout, /^ {15}CLUSTER_NODE=worker-1-1$/m);
    assert.match(stdout, /^ {2}CPU +0$/m);
    assert.match(stdout, /^ {2}ports +\d+ \(logs\), \d+ \(metrics\)$/m);
    for (const name of ["logger-1", "manager", "proxy-1", "worker-1-1", "worker-1-2"])
      assert.ok(stdout.includes(`${name} scripts are ok.\n`), name);
    assert.match(stderr, /^note: opt\/etc\/zeekctl\.cfg:4: MailTo/);
    const made = site.tree().filter((name) => !before.includes(name));
    assert.deepEqual(
      made.filter((name) => !name.startsWith("checked")),
      [],
    );
    const records = recordsOf(site.checked, "worker-1-1");
    assert.ok(records.length > 0);
    for (const record of records) {
      assert.ok(record.argv.includes("-a") && !record.argv.includes("-i"));
      assert.equal(record.env["ZEEKCTL_CHECK_CONFIG"], "1");
    }
    assert.deepEqual(fs.readdirSync(scratch), []);
  });

  const tree = site.run("opt/etc");
  const nodes = await site.ready(6, tree);
  const names = ["logger-1", "manager", "proxy-1", "worker-1-1", "worker-1-2", "archiver"];
  const seed = fs.readFileSync(site.file(".coppice/hash-seed"), "utf8").trim();
  const layout = fs.readFileSync(site.file(".coppice/zeek/worker-1-2/cluster-layout.zeek"), "utf8");

  await t.test("in order, with names, pins and ports as ZeekControl's", async () => {
    assert.deepEqual(Object.keys(nodes), names);
    // What it prints and what it answers come on two ways.
    await tree.line(/^note: opt\/etc\/zeekctl\.cfg:4: MailTo: Coppice sends no mail/, "stderr");
    const since = (name: string) => nodes[name]?.since ?? 0;
    for (const [before, after] of [
      ["logger-1", "manager"],
      ["manager", "proxy-1"],
      ["proxy-1", "worker-1-1"],
      ["proxy-1", "worker-1-2"],
    ] as const)
      assert.ok(since(before) < since(after), `${before} before ${after}`);
    const [record] = recordsOf(site.records, "worker-1-1");
    assert.equal(record?.affinity, "0");
    assert.equal(record?.env["MY_OWN"], "s3cret");
    const port = Number(/ZeekPort = (\d+)/.exec(zeekctlCfg)?.[1]);
    assert.equal(record?.layout?.nodes["manager"]?.["p"], port + 3);
    assert.match(seed, /^[\da-f]{8}$/);
    for (const name of names.slice(0, 5))
      assert.equal(recordsOf(site.records, name)[0]?.settings["global_hash_seed"], seed);
  });

  await t.test("a second one is told who runs there, and not that ports are taken", async () => {
    const { code, stderr } = await site.coppice(["zeek", "opt/etc/node.cfg"]);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `error: a Supervisor (PID ${tree.pid}) already runs here: end it, or choose another place than ${site.file(".coppice")} with --state-dir\n`,
    );
  });

  await t.test("a check for the next time does not mind the ports of what runs here", async () => {
    const { code, stderr } = await site.coppice(["zeek", "check", "opt/etc/node.cfg"]);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /is taken by/);
  });

  await t.test(
    "a reload reads the file anew, and touches nothing but what has changed",
    async () => {
      const remote = await connect(`unix:${site.file(".coppice")}/control.sock`);
      atEnd(t, () => remote.close());
      const idle = await remote.plan();
      assert.deepEqual([...new Set(idle.changes.map(({ action }) => action))], ["keep"]);
      fs.writeFileSync(site.file("opt/etc/node.cfg"), CLUSTER.replace("s3cret", "0ther"));
      const reloaded = await remote.reload();
      assert.deepEqual(reloaded.changed.sort(), ["worker-1-1", "worker-1-2"]);
      const { nodes: now } = await remote.status();
      for (const name of names.filter((one) => !one.startsWith("worker")))
        assert.equal(now[name]?.pid, nodes[name]?.pid, name);
      fs.writeFileSync(site.file("opt/etc/node.cfg"), "[manager]\ntype=");
      await assert.rejects(remote.reload(), { code: "COPPICE_RELOAD", message: /node\.cfg/ });
      fs.writeFileSync(site.file("opt/etc/node.cfg"), CLUSTER);
      assert.equal((await remote.reload()).changed.length, 2);
      await until("all to be ready again", async () =>
        Object.values((await remote.status()).nodes).every(({ ready }) => ready === true),
      );
    },
  );

  await t.test("its logs end in the archive, which outlives whoever writes them", async () => {
    // There is no such file before somebody has said hello.
    const log = () => linesOf(site.file("opt/spool/logger-1/cluster.log"));
    for (const name of ["worker-1-1", "worker-1-2"])
      await until(`a hello from ${name}`, () =>
        log().some((line) => line.includes(`got hello from ${name} `)),
      );
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
    assert.deepEqual(fs.readdirSync(site.file("opt/spool/log-queue")), []);
    const archived = fs.readdirSync(site.file("opt/logs"), { recursive: true, encoding: "utf8" });
    assert.ok(
      archived.some((name) => /\/cluster\./.test(name)),
      `${archived}`,
    );
  });

  await t.test("what check shows is what was executed, the seed and the scripts too", async () => {
    const { stdout } = await site.coppice(["zeek", "check", "opt/etc/node.cfg", "--json"]);
    interface Shown {
      nodes: { name: string; command: string[]; env: Record<string, string> }[];
      layout: string;
      scripts: { node: string; ok: boolean }[];
    }
    const shown = JSON.parse(stdout) as Shown;
    assert.deepEqual(
      shown.scripts.map(({ ok }) => ok),
      [true, true, true, true, true],
    );
    const worker = shown.nodes.find(({ name }) => name === "worker-1-2");
    const stem = recordsOf(site.records, "stem").find(
      ({ env }) => env["CLUSTER_NODE"] === "worker-1-2",
    );
    assert.deepEqual(stem?.argv, worker?.command);
    for (const [name, value] of Object.entries(worker?.env ?? {}))
      assert.equal(stem?.env[name], value, name);
    assert.equal(layout, shown.layout);
    assert.ok(stdout.includes(`global_hash_seed = \\"${seed}\\";`), "the seed is kept");
  });
});

for (const [version, dialect, conf, names] of [
  [
    "8.2.2",
    "8.x",
    "workers = 2\n",
    ["logger-1", "manager", "proxy-1", "worker-1", "worker-2", "archiver"],
  ],
  [
    "9.0.0-rc1",
    "9.0",
    "manager = 1\nloggers = 1\nproxies = 0\nworkers = 1\n",
    ["logger-1", "manager", "worker-1", "archiver"],
  ],
] as const) {
  test(`a zeek.conf of Zeek ${dialect} runs`, async (t) => {
    const first = await freePorts(20);
    const text = `${conf}interface = lo\nworkers_cpu_list = 0\nport = ${first}\nmetrics_port = ${first + 10}\n`;
    const site = new Site(t, { "opt/etc/zeek/zeek.conf": text }, { version });
    const tree = site.run("opt/etc", "--state-dir", "state", "--websocket", "127.0.0.1:0");
    const nodes = await site.ready(names.length, tree, "state");
    assert.deepEqual(Object.keys(nodes), names);
    assert.equal(nodes["worker-1"]?.node.directory, site.file("opt/var/spool/zeek/worker-1"));
    assert.ok(!fs.existsSync(site.file("state/hash-seed")));
    await tree.stop();
  });
}

// Without setpriv nothing but the check itself ends what it has started; with it, too, there is a
// moment before the kernel is told to.
for (const missing of ["", "setpriv"])
  test(`a check that is interrupted leaves neither files nor processes${missing && ", without setpriv too"}`, async (t) => {
    const files = { "opt/etc/node.cfg": ALONE, "opt/etc/zeekctl.cfg": await zeekctl() };
    const never = { "site/local.zeek": "#!stand-in: never-running\n" };
    const site = new Site(t, files, { scripts: never });
    const scratch = temporaryDirectory(t);
    const env = { ...site.env, TMPDIR: scratch, PATH: pathWithout(t, missing) };
    const command = start(t, site.directory, ["zeek", "check", "opt/etc"], { env });
    await until("Zeeks that parse", () => processesOf(scratch).length > 0);
    // One that has not begun yet would not begin in a place that is gone.
    if (missing) await until("one in the midst of it", () => site.hasRead());
    command.child.kill("SIGINT");
    assert.equal((await command.end()).signal, "SIGINT");
    await until("nothing to be left", () => processesOf(scratch).length === 0);
    assert.deepEqual(fs.readdirSync(scratch), []);
  });

test("scripts that do not parse fail with Zeek's own words, those that never end with the limit", async (t) => {
  const cases: [string, string, RegExp][] = [
    [
      "#!stand-in: parse-error\n",
      "60",
      /^alone scripts failed\.\n {2}.*site\/local\.zeek, line 1: syntax error/m,
    ],
    [
      "#!stand-in: never-running\n",
      "0.5",
      /^alone scripts failed\.\n {2}not parsed within 0\.5 s\n/m,
    ],
  ];
  const settings = await zeekctl();
  const checked = cases.map(async ([script, timeout, words]) => {
    const files = { "opt/etc/node.cfg": ALONE, "opt/etc/zeekctl.cfg": settings };
    const site = new Site(t, files, { scripts: { "site/local.zeek": script } });
    const args = ["zeek", "check", "opt/etc", "--timeout", timeout];
    const { code, stdout } = await site.coppice(args);
    assert.equal(code, 1);
    assert.match(stdout, words);
  });
  await Promise.all(checked);
});

test("what is wrong is told with file and line, all of it, and nothing is touched", async (t) => {
  const text = `${CLUSTER}lb_proc = 3\n[worker-2]\ntype = worker\nhost = 192.0.2.7\ninterface = lo\n`;
  const site = new Site(t, { "opt/etc/node.cfg": text, "opt/etc/zeekctl.cfg": "ZekPort = 1\n" });
  const before = site.tree();
  const told = [["zeek"], ["zeek", "check"]].map((args) =>
    site.coppice([...args, "opt/etc/node.cfg"]),
  );
  for (const { code, stdout, stderr } of await Promise.all(told)) {
    assert.equal(code, 1);
    assert.equal(stdout, "");
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, 3, stderr);
    assert.match(
      lines[0] ?? "",
      /^error: opt\/etc\/node\.cfg:21: .*unknown key 'lb_proc'; did you mean 'lb_procs'\?$/,
    );
    assert.match(
      lines[1] ?? "",
      /^error: opt\/etc\/node\.cfg:24: node 'worker-2' is on host '192\.0\.2\.7', which is not this machine/,
    );
    assert.match(lines[2] ?? "", /^error: opt\/etc\/zeekctl\.cfg:1: .*'ZeekPort'/);
  }
  assert.deepEqual(site.tree(), before);
});

test("a port that is taken names its holder, an interface that is not there what there is", async (t) => {
  const zeekctlCfg = await zeekctl();
  const port = Number(/ZeekPort = (\d+)/.exec(zeekctlCfg)?.[1]);
  const server = net.createServer().listen(port + 4, "127.0.0.1");
  await once(server, "listening");
  atEnd(t, () => server.close());
  const text = CLUSTER.replace("interface = lo", "interface = nosuch0").replace(
    /lb_.*\n|pin_.*\n/g,
    "",
  );
  const site = new Site(t, { "opt/etc/node.cfg": text, "opt/etc/zeekctl.cfg": zeekctlCfg });
  const before = site.tree();
  const { code, stderr } = await site.coppice(["zeek", "opt/etc/node.cfg"]);
  assert.equal(code, 1);
  const name = fs.readFileSync("/proc/self/comm", "utf8").trim();
  assert.ok(
    stderr.includes(
      `error: opt/etc/node.cfg: port ${port + 4} of 'logger-1' (logs) is taken by ${name} (PID ${process.pid}): `,
    ),
    stderr,
  );
  assert.match(
    stderr,
    /error: opt\/etc\/node\.cfg:16: node 'worker-1': there is no interface 'nosuch0'; there are .*\blo\b/,
  );
  assert.deepEqual(site.tree(), before);
  const checked = await site.coppice(["zeek", "check", "opt/etc/node.cfg"]);
  assert.equal(checked.code, 1);
  assert.match(checked.stderr, /is taken by/);
  assert.match(checked.stdout, /logger-1 scripts are ok\./);
});

test("a place that cannot be used ends it with one line", async (t) => {
  const settings = await zeekctl();
  const site = new Site(t, {
    "opt/etc/node.cfg": ALONE,
    "opt/etc/zeekctl.cfg": `${settings}SpoolDir = /dev/null/spool\n`,
  });
  const other = new Site(t, {
    "opt/etc/node.cfg": ALONE,
    "opt/etc/zeekctl.cfg": settings,
    "opt/spool/alone": "a file where the node's directory should be",
  });
  const both = [site, other].map((one) => one.coppice(["zeek", "opt/etc"]));
  const [spool, directory] = await Promise.all(both);
  assert.equal(spool?.code, 1);
  assert.match(
    spool.stderr,
    /^error: cannot make the directory \/dev\/null\/spool: Not a directory$/m,
  );
  assert.equal(directory?.code, 1);
  assert.match(
    directory.stderr,
    /^error: failed to create working directory \S+\/opt\/spool\/alone: File exists$/m,
  );
});

test("diag of a node that crashed shows its end, its last words and what it was started with", async (t) => {
  const site = new Site(
    t,
    {
      "opt/etc/node.cfg": `${ALONE}env_vars=MY_OWN=s3cret\n`,
      "opt/etc/zeekctl.cfg": await zeekctl(),
    },
    {
      scripts: {
        "site/local.zeek":
          "#!stand-in: print-stderr my last words\n#!stand-in: once crash SIGSEGV 50\n",
      },
    },
  );
  const tree = site.run("opt/etc/node.cfg");
  const look = async () => (await site.status())["alone"]?.lastExit;
  await until("a crash", look, () => tree.report());
  await site.ready(2, tree);
  // A node's words and its status come on two ways; what is printed is kept.
  await tree.line(/^\[supervisor:STDERR\] \[alone\] my last words$/m, "stderr");
  const { code, stdout } = await site.coppice(["zeek", "diag", "alone"]);
  assert.equal(code, 0);
  assert.match(stdout, /^\[alone\]\n/);
  assert.match(stdout, /last end: ended by SIGSEGV, /);
  assert.match(stdout, /zeek version 8\.2\.2\nLinux \S+\n/);
  assert.match(
    stdout,
    /==== stderr\.log \(from what the Supervisor keeps\)\n(.*\n)*my last words\n/,
  );
  assert.match(
    stdout,
    /==== \.cmdline \(of process \d+, which Zeek's own Stem has read lo\)\n.*coppice-settings\n/,
  );
  assert.match(stdout, /^ZEEKPATH=\S+\/\.coppice\/zeek\/alone:/m);
  assert.match(stdout, /^MY_OWN=\(hidden\)$/m);
  assert.doesNotMatch(stdout, /s3cret/);
  assert.match(stdout, /==== \.status\nRUNNING \[run_loop\]\n/);
  assert.match(stdout, /==== No reporter\.log\n/);
});
