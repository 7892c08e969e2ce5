/** Points 12 to 24 of the Supervisor's behaviour: a node's configuration, and what comes of it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import type { ClusterEndpoint, NodeConfig } from "../../src/index.ts";
import { type Puppet, puppet, sharedPuppet } from "../fixtures/puppet.ts";
import { environOf, replaceFile } from "../fixtures/system.ts";
import { isAlive, until } from "../fixtures/tree.ts";

const shared = sharedPuppet();

const SLEEP = ["sleep", "1000"];
/** A node that this long after its start is revived at once, and never counts as new. */
const AT_ONCE = { delay: 0 };

test("12: names that Zeek refuses are refused in its words", async (t) => {
  const tree = await shared(t);
  await tree.create({ name: "taken", command: SLEEP });
  await refuses(tree, { name: "" }, "node names must not be an empty string");
  await refuses(tree, { name: "a b" }, "node names must not contain spaces: 'a b'");
  await refuses(tree, { name: " " }, "node names must not contain spaces: ' '");
  await refuses(tree, { name: "taken" }, "node with name 'taken' already exists");
  await refuses(
    tree,
    { name: "foo", interface: "en0", pcapFile: "x.pcap" },
    "node with name 'foo' has interface and pcap_file set",
  );
  assert.deepEqual(Object.keys(await tree.status()), ["taken"]);
  assert.equal(tree.told.length, 1, "nothing but the first was ever started");
});

test("12: names that cannot be names of files are refused too", async (t) => {
  const tree = await shared(t);
  const long = "é".repeat(101);
  await refuses(tree, { name: "a/b" }, "node names must not contain '/': 'a/b'");
  await refuses(tree, { name: "a\nb" }, 'node names must not contain control characters: "a\\nb"');
  await refuses(
    tree,
    { name: "a\0b" },
    'node names must not contain control characters: "a\\u0000b"',
  );
  await refuses(tree, { name: "." }, "node names must not contain only dots: '.'");
  await refuses(tree, { name: ".." }, "node names must not contain only dots: '..'");
  await refuses(tree, { name: long }, `node names must not contain more than 200 bytes: '${long}'`);
  assert.deepEqual(await tree.status(), {});
});

test("12: names at the edge of what is allowed work", async (t) => {
  const tree = await shared(t);
  const names = ["é".repeat(100), "...", "-x", "__proto__", "constructor", "a'b\"c$d;e*"];
  for (const name of names) {
    const { pid, node } = await tree.create({ name, command: SLEEP });
    assert.ok(isAlive(pid!));
    assert.equal(node.name, name);
  }
  assert.deepEqual(Object.keys(await tree.status()), names);
  for (const name of names) assert.equal(await tree.destroy(name), true, name);
  assert.deepEqual(await tree.status(), {});
});

test("12: what is no configuration is refused, with what is wrong in it", async (t) => {
  const tree = await shared(t);
  for (const [config, words] of [
    ['"foo"', "a node's configuration must be an object"],
    ["{}", "a node's configuration needs a name"],
    ['{ name: "foo", interfaec: "en0" }', "unknown field 'interfaec'"],
    ['{ name: "foo", pcap_file: "x" }', "unknown field 'pcap_file'; did you mean 'pcapFile'?"],
    ['{ name: "foo", cpuAffinity: "1" }', "field 'cpuAffinity'"],
    ['{ name: "foo", command: [] }', "field 'command"],
    ['{ name: "foo", env: { A: 1 } }', "field 'env.A'"],
    ['{ name: "foo", cluster: { m: { role: "BOSS", host: "::1", port: 1 } } }', "'cluster.m.role'"],
    [
      '{ name: "foo", cluster: { m: { role: "MANAGER", host: "::1", port: 65536 } } }',
      "'cluster.m.port'",
    ],
    ['{ name: "foo", revival: { when: "sometimes" } }', "'revival.when'"],
    ['{ name: "foo", stop: { signal: "SIGNOTHING" } }', "'stop.signal'"],
  ] as const) {
    await assert.rejects(tree.call(`supervisor.create(${config})`), (error: Error) => {
      assert.equal(error.name, "NodeConfigError");
      assert.ok(error.message.includes(words), `${error.message} should say ${words}`);
      assert.ok(!error.message.includes("\n"), error.message);
      return true;
    });
  }
  assert.deepEqual(await tree.status(), {});
});

test("12: a configuration is a copy: what the script does to its own later changes nothing", async (t) => {
  const tree = await shared(t);
  const seen = await tree.call<NodeConfig>(
    `(async () => {
      const config = { name: "foo", env: { A: "1" }, command: ["sleep", "1000"], interface: undefined };
      const created = supervisor.create(config);
      config.name = "bar";
      config.env.A = "2";
      await created;
      try { supervisor.status().nodes.foo.node.env.A = "3"; } catch {}
      delete supervisor.status().nodes.foo;
      return supervisor.status().nodes.foo.node;
    })()`,
  );
  assert.deepEqual(seen, { name: "foo", env: { A: "1" }, command: SLEEP });
});

test("13: a node's directory is made, with those above it", async (t) => {
  const tree = await shared(t);
  const absolute = tree.tree.file("some where/else");
  await tree.create({ name: "foo", directory: "deep/er/est", command: SLEEP });
  await tree.create({ name: "bar", directory: absolute, command: SLEEP });
  await tree.create({ name: "again", directory: absolute, command: SLEEP });
  await tree.create({ name: "here", command: SLEEP });
  assert.equal(await directoryOf(tree, "foo"), tree.tree.file("deep/er/est"));
  assert.equal(await directoryOf(tree, "bar"), absolute);
  assert.equal(await directoryOf(tree, "again"), absolute);
  assert.equal(await directoryOf(tree, "here"), tree.tree.directory);
});

test("13: a directory that cannot be made refuses the node", async (t) => {
  const tree = await shared(t, { file: "" });
  const below = tree.tree.file("file/below");
  const failure = "failed to create working directory";
  await refuses(
    tree,
    { name: "foo", directory: "file/below" },
    `${failure} ${below}: Not a directory`,
  );
  await refuses(
    tree,
    { name: "foo", directory: "file" },
    `${failure} ${tree.tree.file("file")}: File exists`,
  );
  await refuses(
    tree,
    { name: "foo", directory: "/proc/coppice/x" },
    `${failure} /proc/coppice/x: No such file or directory`,
  );
  assert.deepEqual(await tree.status(), {});
  assert.ok((await tree.create({ name: "foo", command: SLEEP })).pid, "the name is still free");
});

test("14: directory, files, CPU and environment are in place when a program starts", async (t) => {
  const tree = await shared(t);
  const cpu = [...allowedCpus()].at(-1)!;
  await tree.create({
    name: "foo",
    directory: "deep",
    stdoutFile: "out.log",
    stderrFile: "err.log",
    cpuAffinity: cpu,
    env: { WORD: "said", PATH: `${tree.tree.file("bin")}:${process.env["PATH"]}` },
    cluster: { foo: endpoint("WORKER", 0) },
    command: [
      "sh",
      "-c",
      'grep Cpus_allowed_list /proc/self/status; echo "$WORD as $CLUSTER_NODE in $(pwd)"; echo oops >&2; exec sleep 1000',
    ],
  });
  await contains(tree.tree.file("deep/out.log"), /in .*\n/);
  assert.equal(
    fs.readFileSync(tree.tree.file("deep/out.log"), "utf8"),
    `Cpus_allowed_list:\t${cpu}\nsaid as foo in ${tree.tree.file("deep")}\n`,
  );
  await contains(tree.tree.file("deep/err.log"), /^oops\n$/);
});

test("14: what fails first is what is said: the directory, then the stderr file, then the stdout file", async (t) => {
  const tree = await shared(t);
  const files = { stdoutFile: "no/out", stderrFile: "no/err" };
  const never = { delay: 100_000 };
  const { stderr } = { stderr: () => tree.tree.stderr };
  await tree.create({ name: "both", ...files, command: ["no-such-program"], revival: never });
  await tree.create({
    name: "out",
    stdoutFile: "no/out",
    command: ["no-such-program"],
    revival: never,
  });
  await tree.create({ name: "program", command: ["no-such-program"], revival: never });
  await tree.tree.lines(/\[supervisor:STDERR\] .*\n/, 3, "stderr");
  const reason = "No such file or directory";
  assert.deepEqual(stderr().trimEnd().split("\n"), [
    `[supervisor:STDERR] [both] node 'both' failed to create stderr file no/err: ${reason}`,
    `[supervisor:STDERR] [out] node 'out' failed to create stdout file no/out: ${reason}`,
    `[supervisor:STDERR] [program] node 'program' failed to execute no-such-program: ${reason}`,
  ]);
});

test("14: a program is looked for in the node's own directory and PATH", async (t) => {
  const program = "#!/bin/sh\necho I am $0\nexec sleep 1000\n";
  const tree = await shared(t, { "deep/own": program, "bin/found": program });
  for (const file of ["deep/own", "bin/found"]) fs.chmodSync(tree.tree.file(file), 0o755);
  await tree.create({ name: "own", directory: "deep", command: ["./own"] });
  const PATH = `${tree.tree.file("bin")}:${process.env["PATH"]}`;
  await tree.create({ name: "found", directory: "deep", env: { PATH }, command: ["found"] });
  await tree.tree.line(/^\[supervisor:STDOUT\] \[own\] I am \.\/own$/m);
  await tree.tree.line(/^\[supervisor:STDOUT\] \[found\] I am .*bin\/found$/m);
});

test("15: output files are for their owner alone, appended to, and never truncated by a revival", async (t) => {
  const tree = await shared(t, { "out.log": "from before\n" });
  const files = { stdoutFile: "out.log", stderrFile: "new/err.log" };
  fs.mkdirSync(tree.tree.file("new"));
  const says = ["sh", "-c", 'echo "out $COPPICE_NODE"; echo crashed >&2; exec sleep 1000'];
  const config = { name: "foo", ...files, command: says, revival: AT_ONCE };
  const line = `out ${tree.tree.file(".coppice/nodes/foo.json")}\n`;
  const out = tree.tree.file("out.log");
  const err = tree.tree.file("new/err.log");
  const { pid } = await tree.create(config);
  await contains(err, /crashed\n/);
  assert.equal(fs.statSync(err).mode & 0o777, 0o600);
  process.kill(pid!, "SIGKILL");
  await contains(err, /^(crashed\n){2}$/);
  await tree.restart("foo");
  await contains(err, /^(crashed\n){3}$/);
  await tree.destroy("foo");
  await tree.create(config);
  await contains(err, /^(crashed\n){4}$/);
  assert.equal(fs.readFileSync(out, "utf8"), `from before\n${line.repeat(4)}`);
});

test("15: a fresh create truncates if it is asked to; a restart and a revival never do", async (t) => {
  const tree = await shared(t, { "out.log": "from before\n" });
  const out = tree.tree.file("out.log");
  const config: NodeConfig = {
    name: "foo",
    stdoutFile: "out.log",
    truncateOutput: true,
    command: ["sh", "-c", "echo said; exec sleep 1000"],
    revival: AT_ONCE,
  };
  const { pid } = await tree.create(config);
  await contains(out, /^said\n$/);
  process.kill(pid!, "SIGKILL");
  await contains(out, /^said\nsaid\n$/);
  await tree.restart("foo");
  await contains(out, /^said\nsaid\nsaid\n$/);
  await tree.destroy("foo");
  await tree.create(config);
  await contains(out, /^said\n$/);
});

test("15: one file may take both streams", async (t) => {
  const tree = await shared(t);
  const says = ["sh", "-c", "echo one; echo two >&2; echo three; exec sleep 1000"];
  await tree.create({ name: "foo", stdoutFile: "log", stderrFile: "log", command: says });
  await contains(tree.tree.file("log"), /^one\ntwo\nthree\n$/);
});

test("16: a node that cannot enter its directory says why, and starts once it can", async (t) => {
  const tree = await shared(t);
  const directory = tree.tree.file("deep");
  const { pid } = await tree.create({
    name: "foo",
    directory: "deep",
    command: SLEEP,
    revival: { delay: 50, factor: 1 },
  });
  fs.rmdirSync(directory);
  process.kill(pid!, "SIGKILL");
  await says(
    tree,
    "foo",
    `node 'foo' failed to set working directory to ${directory}: No such file or directory`,
  );
  const [, failed] = await tree.news("nodeStatus", "foo", 2);
  assert.equal(failed!.pid, 0);
  assert.equal(failed!.status.pid, undefined);
  assert.equal(failed!.status.state, "waiting");
  assert.equal(failed!.status.lastExit!.code, 1, "as if it had exited with status 1");
  fs.writeFileSync(directory, "");
  await says(
    tree,
    "foo",
    `node 'foo' failed to set working directory to ${directory}: Not a directory`,
  );
  fs.rmSync(directory);
  fs.mkdirSync(directory);
  const { pid: next, generation } = await tree.node("foo", ({ state }) => state === "running");
  assert.ok(isAlive(next!));
  assert.equal(generation, 2, "starts that failed are no starts");
});

test("16: a node that cannot open a file says why, and starts once it can", async (t) => {
  const tree = await shared(t);
  const revival = { delay: 50, factor: 1 };
  const created = await tree.create({
    name: "foo",
    stdoutFile: "later/out",
    command: SLEEP,
    revival,
  });
  assert.equal(created.pid, undefined);
  assert.equal(created.state, "waiting");
  assert.equal(created.generation, 0);
  assert.equal(created.lastExit!.code, 1);
  assert.ok(created.nextStart! > 0);
  const reason = "No such file or directory";
  await says(tree, "foo", `node 'foo' failed to create stdout file later/out: ${reason}`);
  await tree.create({ name: "bar", stderrFile: "later", command: SLEEP, revival });
  fs.rmSync(tree.tree.file("later"));
  fs.mkdirSync(tree.tree.file("later"));
  await tree.node("foo", ({ state }) => state === "running");
  assert.ok(fs.existsSync(tree.tree.file("later/out")));
  await tree.restart("bar");
  await says(tree, "bar", "node 'bar' failed to create stderr file later: Is a directory");
});

test("16: a program that cannot be executed says why, and is tried again", async (t) => {
  const tree = await shared(t, {
    plain: "no program",
    "bad/interpreter": "#!/no/such/thing\n",
  });
  fs.chmodSync(tree.tree.file("bad/interpreter"), 0o755);
  const revival = { delay: 50, factor: 1 };
  await tree.create({ name: "missing", command: ["./later"], revival });
  await tree.create({ name: "plain", command: ["./plain"], revival });
  await tree.create({ name: "directory", command: ["./bad"], revival });
  await says(
    tree,
    "missing",
    "node 'missing' failed to execute ./later: No such file or directory",
  );
  await says(tree, "plain", "node 'plain' failed to execute ./plain: Permission denied");
  await says(tree, "directory", "node 'directory' failed to execute ./bad: Is a directory");
  replaceFile(tree.tree.file("later"), "#!/bin/sh\nexec sleep 1000\n", 0o755);
  assert.equal((await tree.node("missing", ({ state }) => state === "running")).generation, 1);
});

test("18: a CPU that cannot be had is said, and the node runs on", async (t) => {
  const tree = await shared(t);
  for (const cpu of [4095, 1_000_000]) {
    const name = `foo-${cpu}`;
    const { pid, state } = await tree.create({ name, cpuAffinity: cpu, command: SLEEP });
    await says(tree, name, `node '${name}' failed to set CPU affinity: Invalid argument`);
    assert.equal(state, "running");
    assert.ok(isAlive(pid!));
    await until("the program", () => cpusOf(pid!) !== undefined);
    assert.equal(cpusOf(pid!), cpusOf(process.pid), "runs where it may");
  }
});

test("19: COPPICE_NODE names a file with the node's configuration, for its owner alone", async (t) => {
  const tree = await shared(t);
  const config: NodeConfig = {
    name: "foo",
    interface: "en0",
    directory: "deep",
    env: { A: "b" },
    cluster: { foo: endpoint("WORKER", 0) },
    command: ["sh", "-c", 'cat "$COPPICE_NODE" > seen; exec sleep 1000'],
  };
  await tree.create(config);
  const seen = await contains(tree.tree.file("deep/seen"), /\}\n$/);
  assert.deepEqual(JSON.parse(seen), { ...config, directory: tree.tree.file("deep") });
  const file = tree.tree.file(".coppice/nodes/foo.json");
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  await tree.destroy("foo");
  await until("the file to go with the node", () => !fs.existsSync(file));
});

test("18: a CPU that can be had is the only one of the node's", async (t) => {
  const tree = await shared(t);
  const command = ["sh", "-c", "grep Cpus_allowed_list /proc/self/status; exec sleep 1000"];
  const cpus = [...allowedCpus()];
  await tree.createAll(cpus.map((cpu) => ({ name: `cpu-${cpu}`, cpuAffinity: cpu, command })));
  for (const cpu of cpus)
    await tree.tree.line(new RegExp(`\\[cpu-${cpu}\\] Cpus_allowed_list:\\s*${cpu}$`, "m"));
});

/** What a process of Coppice's tells of itself, unless it is told to be quiet. */
const FACTS = `
  import fs from "node:fs";
  import { args, supervisor } from "coppice";
  if (process.env.QUIET === undefined) {
    console.log("bare", args.bareMode);
    if (supervisor.isSupervised()) {
      console.log(/^Cpus_allowed_list.*/m.exec(fs.readFileSync("/proc/self/status"))[0]);
      console.log("layout", JSON.stringify(supervisor.node().cluster));
    }
  }`;

test("script nodes, and a Supervisor with hooks", async (t) => {
  const say = (word: string) => `
    import { on, supervisor } from "coppice";
    if (supervisor.isSupervised() && process.env.QUIET) {
      console.log("${word}");
      on("init", () => console.log("init ${word}"));
      await new Promise((resolve) => setTimeout(resolve));
    }`;
  const scripts = ["base-1", "base-2", "user-1", "user-2", "more"];
  const tree = await puppet(
    t,
    `${FACTS}
     import { hook } from "coppice";
     if (supervisor.isSupervisor()) {
       hook("stdout", (node, line) => console.log("hooked", node, "stdout", line));
       hook("stderr", (node, line) => console.log("hooked", node, "stderr", line));
     }
     ${say("tree").replace(/import .*/, 'import { on } from "coppice";')}`,
    {
      files: Object.fromEntries(scripts.map((name) => [`scripts/${name}.mjs`, say(name)])),
      operands: ["scripts/more.mjs"],
      options: ["-j", "-e", "if (process.title.includes('foo')) console.log('exec')"],
    },
  );
  const cluster: Record<string, ClusterEndpoint> = {
    none: endpoint("NONE", 0),
    logger: { ...endpoint("LOGGER", 5001), metricsPort: 9991 },
    manager: { ...endpoint("MANAGER", 5000), host: "10.0.0.1" },
    proxy: { ...endpoint("PROXY", 65_535), host: "fe80::1%en0" },
    "worker-1": { ...endpoint("WORKER", 0), interface: "en0" },
    "worker-2": { ...endpoint("WORKER", 0), pcapFile: "x.pcap" },
  };
  const cpu = [...allowedCpus()].at(-1)!;
  const created = await tree.createAll([
    { name: "worker-1", cluster },
    { name: "yes", bareMode: true, cpuAffinity: cpu },
    { name: "no", bareMode: false },
    {
      name: "foo",
      env: { QUIET: "1" },
      directory: "elsewhere",
      addlBaseScripts: ["scripts/base-1.mjs", tree.tree.file("scripts/base-2.mjs")],
      addlUserScripts: ["scripts/user-1.mjs", "scripts/user-2.mjs"],
    },
  ]);

  await t.test("18: a CPU that can be had is the only one of a script node's", async () => {
    await tree.tree.line(new RegExp(`\\[yes\\] Cpus_allowed_list:\\s*${cpu}$`, "m"));
  });

  await t.test("21: bareMode is as set, or as the Supervisor's (-j)", () =>
    bareModes(tree, "worker-1", false),
  );

  await t.test(
    "22: scripts are loaded in order: addlBaseScripts, the command line's, addlUserScripts, then init",
    async () => {
      const order = ["base-1", "base-2", "tree", "more", "user-1", "user-2"];
      await tree.tree.line(/\[foo\] init user-2$/m);
      const said = [...tree.tree.stdout.matchAll(/^\[supervisor:STDOUT\] \[foo\] (.*)/gm)];
      assert.deepEqual(
        said.map(([, words]) => words),
        [...order, "exec", ...order.map((word) => `init ${word}`)],
      );
    },
  );

  await t.test("23: a cluster's layout reaches the node as it was given", async () => {
    assert.deepEqual(created[0]!.node.cluster, cluster);
    const [, layout] = await tree.tree.line(/\[worker-1\] layout (.*)/);
    assert.deepEqual(JSON.parse(layout!), cluster);
  });

  await t.test(
    "17: with output files set output goes straight to the file: no prefix, no hook",
    async () => {
      await tree.clear();
      const command = ["sh", "-c", "echo to stdout; echo to stderr >&2; exec sleep 1000"];
      await tree.create({ name: "out", stdoutFile: "out.log", command });
      await tree.create({ name: "err", stderrFile: "err.log", command });
      await tree.create({ name: "both", stdoutFile: "both.out", stderrFile: "both.err", command });
      await contains(tree.tree.file("out.log"), /^to stdout\n$/);
      await contains(tree.tree.file("err.log"), /^to stderr\n$/);
      await contains(tree.tree.file("both.out"), /^to stdout\n$/);
      await contains(tree.tree.file("both.err"), /^to stderr\n$/);
      await tree.tree.line(/^\[supervisor:STDERR\] \[out\] to stderr$/m, "stderr");
      await tree.tree.line(/^\[supervisor:STDOUT\] \[err\] to stdout$/m);
      await tree.tree.stop();
      const hooked = tree.tree.stdout.split("\n").filter((line) => line.startsWith("hooked"));
      assert.deepEqual(hooked.sort(), [
        "hooked err stdout to stdout",
        "hooked out stderr to stderr",
      ]);
      const printed = `${tree.tree.stdout}${tree.tree.stderr}`.split("\n");
      assert.equal(printed.filter((line) => line.startsWith("[supervisor:")).length, 2);
    },
  );
});

test("an environment, and a Supervisor in bare mode", async (t) => {
  const tree = await puppet(t, `process.env.SCRIPT = "set by the script";${FACTS}`, {
    options: ["-j", "-b"],
    env: {
      INHERITED: "as it was",
      CHANGED: "as it was",
      EMPTIED: "as it was",
      COPPICE_NODE: "/elsewhere.json",
      COPPICE_STEM: "{}",
      COPPICE_NO_SIGKILL: "1",
      COPPICE_ANYTHING: "1",
      CLUSTER_NODE: "someone else",
    },
  });

  await t.test(
    "19: env overrides what is inherited, and Coppice's own variables are not inherited",
    async () => {
      const { pid } = await tree.create({
        name: "foo",
        env: { CHANGED: "by env", EMPTIED: "", ADDED: "a=b c\nd", COPPICE_NODE: "/mine.json" },
        command: SLEEP,
      });
      const env = await environmentOf(pid!);
      assert.equal(env["INHERITED"], "as it was");
      assert.equal(env["CHANGED"], "by env");
      assert.equal(env["EMPTIED"], "");
      assert.equal(env["ADDED"], "a=b c\nd");
      assert.equal(env["SCRIPT"], undefined, "the environment is that of before any script");
      const names = Object.keys(env).filter((name) => /COPPICE|CLUSTER/.test(name));
      assert.deepEqual(names, ["COPPICE_NODE"]);
      assert.equal(env["COPPICE_NODE"], tree.tree.file(".coppice/nodes/foo.json"));
    },
  );

  await t.test("20: CLUSTER_NODE is set if and only if there is a cluster", async () => {
    const variable = async (config: NodeConfig) => {
      const { pid } = await tree.create({ command: SLEEP, ...config });
      return (await environmentOf(pid!))["CLUSTER_NODE"];
    };
    const cluster = { boss: endpoint("MANAGER", 5000) };
    assert.equal(await variable({ name: "without" }), undefined);
    assert.equal(await variable({ name: "empty", cluster: {} }), undefined);
    assert.equal(await variable({ name: "with", cluster }), "with");
    assert.equal(await variable({ name: "both", cluster, env: { CLUSTER_NODE: "x" } }), "both");
  });

  await t.test("21: bareMode is as set, or as the Supervisor's (-j -b)", async () => {
    await tree.createAll([
      { name: "unset" },
      { name: "yes", bareMode: true },
      { name: "no", bareMode: false },
    ]);
    await bareModes(tree, "unset", true);
  });
});

test("many nodes", async (t) => {
  const tree = await puppet(t, "");

  await t.test("24: 32 nodes with a layout of 1,024 entries each", async () => {
    const entries = Array.from({ length: 1024 }, (_, i): [string, ClusterEndpoint] => [
      `node-${i}`,
      { ...endpoint(i === 0 ? "MANAGER" : "WORKER", i), interface: `en${i}` },
    ]);
    const cluster = Object.fromEntries(entries);
    const names = Array.from({ length: 32 }, (_, i) => `node-${i}`);
    // What it is given, and then no end.
    const command = ["sh", "-c", 'exec tail -n +1 -f "$COPPICE_NODE"'];
    const configs = names.map((name) => ({ name, cluster, command, stdoutFile: `${name}.seen` }));
    const created = await tree.createAll(configs);
    for (const { pid, state } of created) {
      assert.equal(state, "running");
      assert.ok(isAlive(pid!));
    }
    assert.deepEqual(await tree.call("Object.keys(supervisor.status().nodes)"), names);
    assert.deepEqual((await tree.status("node-31"))["node-31"]!.node.cluster, cluster);
    for (const config of configs) {
      const seen = await contains(tree.tree.file(config.stdoutFile), /\n\}\n$/);
      assert.deepEqual(JSON.parse(seen), config);
    }
    assert.equal(await tree.destroy(), true);
    for (const { pid } of created) assert.ok(!isAlive(pid!));
  });

  await t.test(
    "24: 1,000 nodes: all start, each can be restarted and destroyed, and all end",
    async () => {
      const names = Array.from({ length: 1000 }, (_, i) => `node-${i}`);
      const created = await tree.createAll(names.map((name) => ({ name, command: SLEEP })));
      const pids = new Set(created.map(({ pid }) => pid!));
      assert.equal(pids.size, 1000);
      for (const pid of pids) assert.ok(isAlive(pid));
      assert.equal(await tree.restart("node-500"), true);
      assert.equal(await tree.destroy("node-999"), true);
      const status = await tree.status();
      assert.equal(Object.keys(status).length, 999);
      assert.ok(Object.values(status).every(({ state }) => state === "running"));
      assert.equal(status["node-500"]!.generation, 2);
      assert.deepEqual(await tree.tree.stop(), { code: 0, signal: null });
      for (const pid of pids) assert.ok(!isAlive(pid));
    },
  );
});

/** @param unset the node without a `bareMode`; the others are `yes` and `no` */
async function bareModes(tree: Puppet, unset: string, own: boolean): Promise<void> {
  for (const [name, bareMode] of [
    [unset, own],
    ["yes", true],
    ["no", false],
  ] as const) {
    const [, bare] = await tree.tree.line(new RegExp(`\\[${name}\\] bare (\\w+)$`, "m"));
    assert.equal(bare, String(bareMode), name);
  }
  assert.match(tree.tree.stdout, new RegExp(`^bare ${own}$`, "m"));
}

function endpoint(role: ClusterEndpoint["role"], port: number): ClusterEndpoint {
  return { role, host: "127.0.0.1", port };
}

async function refuses(tree: Puppet, config: NodeConfig, message: string): Promise<void> {
  await assert.rejects(tree.create(config), {
    name: "NodeConfigError",
    code: "COPPICE_NODE_CONFIG",
    message,
  });
}

/** Waits until a node's stderr has had exactly this line. */
async function says(tree: Puppet, name: string, line: string): Promise<void> {
  const wanted = `[supervisor:STDERR] [${name}] ${line}`;
  await until(
    wanted,
    () => tree.tree.stderr.split("\n").includes(wanted),
    () => tree.tree.report(),
  );
}

/** Waits until a file matches, and returns its text. */
async function contains(file: string, pattern: RegExp): Promise<string> {
  const text = () => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "");
  return until(
    `${pattern} in ${file}`,
    () => (pattern.test(text()) ? text() : undefined),
    () => text(),
  );
}

async function directoryOf(tree: Puppet, name: string): Promise<string> {
  return fs.readlinkSync(`/proc/${(await tree.status(name))[name]!.pid}/cwd`);
}

/** The environment of a node whose program is `sleep`, once it has replaced what it is started through. */
async function environmentOf(pid: number): Promise<Record<string, string>> {
  const name = () => fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  await until(`${pid} to be sleep`, () => name() === "sleep", name);
  const entries = await environOf(pid);
  return Object.fromEntries(entries.map((entry) => /^([^=]*)=(.*)$/s.exec(entry)!.slice(1)));
}

function cpusOf(pid: number): string | undefined {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  return /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
}

function allowedCpus(): number[] {
  return cpusOf(process.pid)!
    .split(",")
    .flatMap((range) => {
      const [from = 0, to = from] = range.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}
