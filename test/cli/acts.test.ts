/** The verbs that change the tree: `create`, `destroy`, `restart`, `stop`. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { NodeStatus } from "../../src/core/status.ts";
import { ConnectionLostError, ForbiddenError } from "../../src/errors.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";
import { coppice, FakeRemote, node } from "./fake.ts";

const created = ({ asked }: FakeRemote) =>
  asked.filter((one) => one.startsWith("create ")).map((one) => JSON.parse(one.slice(7)));

test("create NAME with options: paths are the caller's", async () => {
  const remote = new FakeRemote();
  const argv =
    "create web -d work -e A=1 --env B=x=y --cpu 1 --interface lo --stdout-file out.log --stderr-file /var/err.log --truncate-output --script a.ts --base-script b.ts --bare-mode --revival failure --revival-limit 3 --stop-signal int -- ./server --port 80";
  const { status, stdout } = await coppice(argv.split(" "), { remote });
  assert.equal(stdout, "created 'web' (PID 201)\n");
  assert.equal(status, 0);
  assert.deepEqual(created(remote), [
    {
      name: "web",
      command: ["/home/me/server", "--port", "80"],
      directory: "/home/me/work",
      env: { A: "1", B: "x=y" },
      cpuAffinity: 1,
      interface: "lo",
      stdoutFile: "/home/me/out.log",
      stderrFile: "/var/err.log",
      truncateOutput: true,
      bareMode: true,
      addlUserScripts: ["/home/me/a.ts"],
      addlBaseScripts: ["/home/me/b.ts"],
      revival: { when: "failure", limit: 3 },
      stop: { signal: "SIGINT" },
    },
  ]);
});

test("create: who it is and what it is held to", async () => {
  const remote = new FakeRemote();
  const argv =
    "create web --user ann --group 7 --umask 027 --nice=-5 --limit nofile=256:1K --limit core=unlimited --limit as=:2G --memory-max 512M --cpu-max 1.5 --tasks-max 9 -- x";
  await coppice(argv.split(" "), { remote });
  assert.deepEqual(created(remote), [
    {
      name: "web",
      command: ["x"],
      user: "ann",
      group: "7",
      umask: "027",
      nice: -5,
      limits: { nofile: { soft: "256", hard: "1K" }, core: "unlimited", as: { hard: "2G" } },
      memoryMax: "512M",
      cpuMax: 1.5,
      tasksMax: 9,
    },
  ]);
});

test("create NAME alone is a script node; a program on the search path stays as it is", async () => {
  const remote = new FakeRemote();
  await coppice(["create", "plain"], { remote });
  await coppice(["create", "sleeper", "--", "sleep", "-1"], { remote });
  assert.deepEqual(created(remote), [
    { name: "plain" },
    { name: "sleeper", command: ["sleep", "-1"] },
  ]);
});

test("create: what it comes after, and when it is ready; one sign, and no more", async () => {
  const remote = new FakeRemote();
  const run = (options: string) =>
    coppice(["create", ...options.split(" "), "--", "x"], { remote, directory: "/here" });
  await run("a --after db --after cache --ready-fd 3");
  await run("b --ready-port 80");
  await run("c --ready-port ::1:80");
  await run("d --ready-port run/d.sock");
  await run("e --ready-line ^up$");
  await run("f --ready-file e.pid");
  assert.deepEqual(
    created(remote).map(({ after, ready }) => [after, ready]),
    [
      [["db", "cache"], { fd: 3 }],
      [undefined, { port: 80 }],
      [undefined, { port: "::1:80" }],
      [undefined, { port: "/here/run/d.sock" }],
      [undefined, { line: "^up$" }],
      [undefined, { file: "/here/e.pid" }],
    ],
  );
  const both = await run("g --ready-fd 3 --ready-line x");
  assert.equal(both.status, 2);
  assert.match(
    both.stderr,
    /^error: either --ready-fd or --ready-line, not both; see coppice create --help\n$/,
  );
  assert.equal((await run("h --ready-fd three")).status, 2);
});

test("create: how its health is checked; one way, and no more; how often alone is none", async () => {
  const remote = new FakeRemote();
  const run = (name: string, ...options: string[]) =>
    coppice(["create", name, ...options], { remote, directory: "/here" });
  const often = ["--health-interval", "0.5", "--health-timeout", "2", "--health-failures", "1"];
  await run("a", "--health-http", "8080", ...often);
  await run("b", "--health-http=80/alive");
  await run("c", "--health-port", "run/c.sock");
  await run("d", "--health-command", "test -e x && ./look");
  await run("e", "--health-heartbeat", "--health-failures=2");
  await run("f", "--health-fd", "7");
  assert.deepEqual(
    created(remote).map(({ health }) => health),
    [
      { http: 8080, interval: 500, timeout: 2000, failures: 1 },
      { http: "80/alive" },
      { port: "/here/run/c.sock" },
      { command: ["sh", "-c", "test -e x && ./look"] },
      { heartbeat: true, failures: 2 },
      { heartbeat: { fd: 7 } },
    ],
  );
  const both = await run("g", "--health-fd", "7", "--health-port", "1");
  assert.equal(both.status, 2);
  assert.match(both.stderr, /^error: either --health-port or --health-fd, not both; see/);
  const none = await run("h", "--health-failures", "2");
  assert.equal(none.status, 2);
  assert.match(none.stderr, /^error: --health-failures needs a check: one of --health-http, --/);
  assert.equal((await run("i", "--health-fd", "seven")).status, 2);
});

test("create: a file that is rotated, and what is said of it", async () => {
  const remote = new FakeRemote();
  const run = (options: string) =>
    coppice(["create", ...options.split(" "), "--", "x"], { remote, directory: "/here" });
  await run("a --output-file out.log");
  await run(
    "b --output-file /var/b.log --output-max-size 500K --output-keep 0 --output-compress -d w",
  );
  assert.deepEqual(
    created(remote).map(({ output }) => output),
    [{ file: "/here/out.log" }, { file: "/var/b.log", maxSize: "500K", keep: 0, compress: true }],
  );
  const alone = await run("c --output-keep 3");
  assert.equal(alone.status, 2);
  assert.match(
    alone.stderr,
    /^error: --output-keep needs --output-file; see coppice create --help/,
  );
  const odd = await run("d --output-file f --output-max-size 10X");
  assert.equal(odd.status, 2);
  assert.match(odd.stderr, /^error: --output-max-size is a size such as 500K or 10M, not '10X'/);
});

test("create: whom a node waits for is told to whoever waits for the command", async () => {
  const remote = new FakeRemote(
    node("web", { state: "pending", waitsFor: ["db", "cache"], generation: 0 }),
  );
  const { promise, resolve } = Promise.withResolvers<NodeStatus>();
  remote.create = () => promise;
  const sleep = async (): Promise<void> => {
    // The Supervisor is asked, and then the node starts after all.
    setImmediate(() => setImmediate(() => resolve(node("web", { pid: 7 }))));
  };
  const { status, stdout, stderr } = await coppice(["create", "web", "--after", "db"], {
    remote,
    sleep,
  });
  assert.deepEqual([status, stdout], [0, "created 'web' (PID 7)\n"]);
  assert.equal(stderr, "note: node 'web' is pending, waits for db and cache\n");
});

test("create from JSON, from stdin and from scripts; a list is tried to its end", async (t) => {
  const directory = temporaryDirectory(t);
  const write = (name: string, text: string) => fs.writeFileSync(path.join(directory, name), text);
  const remote = new FakeRemote(node("taken"));
  const create = (operand: string, stdin = "") =>
    coppice(["create", operand], { remote, directory, stdin });
  write("one.json", '{ "name": "one", "directory": "d", "output": { "file": "out" } }');
  assert.equal((await create("one.json")).stdout, "created 'one' (PID 201)\n");
  const many = await create(
    "-",
    '[{"name":"two"},{"name":"taken"},{"name":"three","stdoutFile":"out","output":{"file":"f","keep":1}}]',
  );
  assert.equal(many.status, 1);
  assert.equal(many.stdout, "created 'two' (PID 202)\ncreated 'three' (PID 203)\n");
  assert.equal(many.stderr, "error: node with name 'taken' already exists\n");
  write(
    "nodes.ts",
    'import type { NodeConfig } from "coppice";\nexport const nodes: NodeConfig[] = [{ name: "four" }];',
  );
  write("node.mjs", 'export const node = { name: "five" };');
  write("default.mts", 'import * as c from "coppice"; export default { name: typeof c.on };');
  for (const file of ["nodes.ts", "./node.mjs", "default.mts"])
    assert.equal((await create(file)).status, 0, file);
  assert.deepEqual(created(remote), [
    { name: "one", directory: `${directory}/d`, output: { file: "out" } },
    { name: "two" },
    { name: "taken" },
    {
      name: "three",
      stdoutFile: `${directory}/out`,
      output: { file: `${directory}/f`, keep: 1 },
    },
    { name: "four" },
    { name: "five" },
    { name: "function" },
  ]);
});

test("what a file cannot say is told in one line, before anything is connected to", async (t) => {
  const directory = temporaryDirectory(t);
  const cases: [name: string, text: string, error: RegExp][] = [
    ["broken.json", "{ name: 1 }", /broken\.json is not JSON: .*line 1 column 3/],
    ["empty.json", "[]", /empty\.json has no nodes/],
    ["odd.json", '["x"]', /odd\.json: a node's configuration needs a name/],
    ["null.json", "null", /null\.json: a node's configuration needs a name/],
    [
      "throws.mjs",
      'throw new Error("not\\ntoday")',
      /cannot load script .*throws\.mjs: not\\ntoday/,
    ],
    ["nothing.mjs", "export const other = 1;", /it exports nothing as default, 'nodes' or 'node'/],
  ];
  for (const [name, text, error] of cases) {
    fs.writeFileSync(path.join(directory, name), text);
    const result = await coppice(["create", name], { directory });
    assert.equal(result.status, 1, name);
    assert.match(result.stderr, /^error: [^\n]*\n$/);
    assert.match(result.stderr, error);
    assert.equal(result.connected.length, 0);
  }
  const missing = await coppice(["create", "a/b"], { directory });
  assert.match(
    missing.stderr,
    /^error: cannot read the configuration .*\/a\/b: No such file or directory\n$/,
  );
});

test("create that is asked for wrongly is a usage error", async () => {
  const cases: [string, RegExp][] = [
    ["create", /^error: which node\? coppice create NAME, or FILE, or -/],
    [
      "create web sleep 100",
      /^error: one NAME or FILE, then the command after --, not 'sleep 100'/,
    ],
    ["create web --", /^error: there is no command after --/],
    ["create web --env A", /^error: --env is NAME=VALUE, not 'A'/],
    [
      "create web --cpu -- x",
      /^error: option '--cpu' has no value \(one that begins with - goes so: --cpu=-…\); see/,
    ],
    ["create web --cpu one -- x", /^error: --cpu is a whole number, not 'one'/],
    ["create web --nice low -- x", /^error: --nice is a number, not 'low'/],
    ["create web --tasks-max many", /^error: --tasks-max is a whole number, not 'many'/],
    ["create web --limit nofile", /^error: --limit is RESOURCE=LIMIT or .*, not 'nofile'/],
    ["create web --limit nofile=:", /^error: --limit is RESOURCE=LIMIT or .*, not 'nofile=:'/],
    ["create web --stop-signal SIGNONE", /^error: --stop-signal is the name of a signal/],
    [
      "create web --revival often",
      /^error: --revival is one of always, failure or never, not 'often'/,
    ],
    [
      "create web.json --env A=1",
      /^error: 'web.json' is a file that says all of the node: --env goes with a name/,
    ],
    ["create - -- sleep 1", /^error: '-' is a file that says all of the node: a command goes/],
    [
      "create web --envy",
      /^error: unknown option '--envy' \(did you mean '--env'\?\); see coppice create --help/,
    ],
  ];
  for (const [text, error] of cases) {
    const { status, stderr } = await coppice(text.split(" "));
    assert.equal(status, 2, text);
    assert.match(stderr, error);
  }
});

test("a start that failed is exit status 1, and says what to look at", async () => {
  const { status, stdout, stderr } = await coppice(["create", "x", "--", "/nowhere"]);
  assert.deepEqual([status, stdout], [1, ""]);
  assert.equal(
    stderr,
    "error: node 'x' was created, but could not be started (waiting, starts in 1s): see coppice logs x\n",
  );
});

for (const [verb, done] of [
  ["destroy", "destroyed 'a'"],
  ["restart", "restarted 'a' (PID 201)"],
] as const) {
  test(`${verb}: all that there are are done, and what there is not is told`, async () => {
    const remote = new FakeRemote(node("a"), node("bee"));
    const { status, stdout, stderr } = await coppice([verb, "a", "beee", "a"], { remote });
    assert.equal(status, 1);
    assert.equal(stdout, `${done}\n`);
    assert.equal(stderr, "error: there is no node 'beee'; did you mean 'bee'?\n");
    assert.equal(remote.asked.filter((one) => one === `${verb} a`).length, 1);
  });

  test(`${verb} --all, and how to say which`, async () => {
    const remote = new FakeRemote(node("a"), node("b"));
    const all = await coppice([verb, "--all"], { remote });
    assert.equal(all.status, 0);
    assert.deepEqual(remote.asked, [`${verb} a`, `${verb} b`]);
    assert.equal((await coppice([verb, "--all"], { remote: new FakeRemote() })).status, 0);
    const none = await coppice([verb], { remote });
    assert.equal(none.status, 2);
    assert.match(none.stderr, new RegExp(`^error: which nodes\\? .* coppice ${verb} --all; see`));
    assert.equal((await coppice([verb, "a", "--all"], { remote })).status, 2);
    // An empty name would mean all of them.
    const empty = await coppice([verb, ""], { remote });
    assert.equal(empty.status, 2);
    assert.deepEqual(remote.asked, [`${verb} a`, `${verb} b`]);
  });

  test(`${verb} --json: an object by node`, async () => {
    const { status, stdout } = await coppice([verb, "--json", "a", "xyz"], {
      remote: new FakeRemote(node("a")),
    });
    assert.equal(status, 1);
    const { nodes } = JSON.parse(stdout);
    assert.equal(nodes.a.done, true);
    assert.deepEqual(nodes.xyz, { done: false, error: "there is no node 'xyz', but 'a'" });
  });
}

test("several nodes are done at once, and each is told when it is", async () => {
  const remote = new FakeRemote(node("slow"), node("quick"));
  let go = () => {};
  const destroy = remote.destroy.bind(remote);
  remote.destroy = async (name) => {
    if (name === "slow")
      await new Promise<void>((resolve) => {
        go = resolve;
      });
    return destroy(name);
  };
  const told: string[] = [];
  const onOutput = (text: string) => {
    told.push(text);
    go();
  };
  await coppice(["destroy", "slow", "quick"], { remote, onOutput });
  assert.equal(told[0], "destroyed 'quick'\n");
  assert.equal(told[1], "destroyed 'quick'\ndestroyed 'slow'\n");
});

test("--timeout gives up, and says that the Supervisor goes on", async () => {
  const remote = new FakeRemote(node("slow"));
  remote.destroy = () => new Promise(() => {});
  remote.stop = () => new Promise(() => {});
  const { status, stderr } = await coppice(["destroy", "slow", "--timeout", "1.5"], { remote });
  assert.equal(status, 1);
  assert.equal(
    stderr,
    "error: node 'slow': not done after 1.5 s; the Supervisor goes on with it\n",
  );
  const stopped = await coppice(["stop", "--timeout", "2"], { remote });
  assert.equal(stopped.status, 1);
  assert.equal(stopped.stderr, "error: the tree has not ended after 2 s; it goes on ending\n");
});

test("what the Supervisor refuses, or a broken connection leaves open, is told for each node", async () => {
  const remote = new FakeRemote(node("a"), node("b"));
  remote.restart = async (name) => {
    throw name === "a" ? new ForbiddenError("may only look") : new ConnectionLostError("lost");
  };
  const { status, stderr } = await coppice(["restart", "--all"], { remote });
  assert.equal(status, 1);
  assert.equal(stderr, "error: may only look\nerror: lost\n");
});

test("a node that does not start again is told", async () => {
  const remote = new FakeRemote(node("a"));
  remote.restart = async () => {
    remote.nodes.set("a", node("a", { state: "waiting" }));
    return true;
  };
  const { status, stderr } = await coppice(["restart", "a"], { remote });
  assert.equal(status, 1);
  assert.equal(
    stderr,
    "error: node 'a' was stopped, but is not running again (waiting): see coppice logs a\n",
  );
});

test("stop without operands ends the tree, and says when it has", async () => {
  const remote = new FakeRemote();
  assert.deepEqual((await coppice(["stop"], { remote })).stdout, "the tree has ended\n");
  assert.deepEqual((await coppice(["stop", "--json"], { remote })).stdout, '{"ended":true}\n');
  // An empty name, of a variable that is not set, is not none.
  assert.equal((await coppice(["stop", ""], { remote })).status, 2);
  assert.deepEqual(remote.asked, ["stop", "stop"]);
});
