/** Groups where nodes are named, and nodes that are stopped and stay known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutputLine } from "../../src/core/api.ts";
import { UnsupportedError } from "../../src/errors.ts";
import { coppice, FakeRemote, member, NOW, node } from "./fake.ts";

const cluster = () =>
  new FakeRemote(
    member("worker-2", "WORKER"),
    member("worker-1", "WORKER"),
    member("proxy-1", "PROXY"),
    member("manager", "MANAGER"),
    member("logger-1", "LOGGER"),
  );

const IN_START_ORDER = ["logger-1", "manager", "proxy-1", "worker-2", "worker-1"];
const IN_END_ORDER = ["worker-2", "worker-1", "proxy-1", "manager", "logger-1"];

for (const [verb, asked] of [
  ["restart", "restart"],
  ["stop", "stopNode"],
  ["destroy", "destroy"],
] as const) {
  test(`${verb}: a group's nodes, each once, in the order in which they end`, async () => {
    const remote = cluster();
    const words = ["manager", "workers", "worker-1", "workers"];
    const { status, stdout, stderr } = await coppice([verb, ...words], { remote });
    assert.deepEqual([status, stderr], [0, ""]);
    assert.deepEqual(remote.asked, [`${asked} worker-2`, `${asked} worker-1`, `${asked} manager`]);
    assert.equal(stdout.trim().split("\n").length, 3);
  });

  test(`${verb}: all is every node, one without a role too, and so is --all`, async () => {
    for (const word of ["all", "--all"]) {
      const remote = cluster();
      remote.nodes.set("web", node("web"));
      const { status, stdout } = await coppice([verb, word, "--json"], { remote });
      assert.equal(status, 0);
      assert.deepEqual(
        remote.asked.filter((one) => one !== `${asked} web`),
        IN_END_ORDER.map((name) => `${asked} ${name}`),
      );
      assert.ok(remote.asked.includes(`${asked} web`));
      assert.equal(Object.keys(JSON.parse(stdout).nodes).length, 6);
    }
    assert.equal((await coppice([verb, "all"], { remote: new FakeRemote() })).status, 0);
  });

  test(`${verb}: a group without nodes is told, with those that have some`, async () => {
    const remote = new FakeRemote(member("worker-1", "WORKER"), member("manager", "MANAGER"));
    const { status, stderr } = await coppice([verb, "proxies", "worker-1"], { remote });
    assert.equal(status, 1);
    assert.equal(
      stderr,
      "error: the group 'proxies' has no nodes; groups that have: all, manager, workers\n",
    );
    assert.deepEqual(remote.asked, [`${asked} worker-1`]);
    const empty = await coppice([verb, "workers"], { remote: new FakeRemote() });
    assert.deepEqual(
      [empty.status, empty.stderr],
      [1, "error: the group 'workers' has no nodes, as there are none\n"],
    );
  });
}

test("a node that is called like a group is meant, and --all is all the same", async () => {
  const remote = new FakeRemote(node("all"), node("workers"), member("worker-1", "WORKER"));
  await coppice(["restart", "workers", "all"], { remote });
  assert.deepEqual(remote.asked.sort(), ["restart all", "restart workers"]);
  remote.asked.length = 0;
  await coppice(["restart", "--all"], { remote });
  assert.equal(remote.asked.length, 3);
});

test("a group that is mistyped is meant, unless it looks like a node", async () => {
  const error = async (word: string) =>
    (await coppice(["restart", word], { remote: cluster() })).stderr;
  for (const word of ["worker", "wrkers", "Workers", "workes"])
    assert.equal(await error(word), `error: there is no node '${word}'; did you mean 'workers'?\n`);
  assert.match(await error("worker-3"), /did you mean 'worker-\d'\?/);
  const one = await coppice(["restart", "worker"], { remote: new FakeRemote(node("web")) });
  assert.equal(one.stderr, "error: there is no node 'worker', but 'web'\n");
});

test("the order of two nodes may follow from a third that is not meant", async () => {
  const remote = new FakeRemote(
    node("a", { node: { name: "a", after: ["b"] } }),
    node("b", { node: { name: "b", after: ["c"] } }),
    node("c"),
  );
  await coppice(["stop", "c", "a"], { remote });
  await coppice(["start", "a", "c"], { remote });
  assert.deepEqual(remote.asked, ["stopNode a", "stopNode c", "startNode c", "startNode a"]);
});

test("stop and start: a node stays known, and what runs already is left alone", async () => {
  const remote = cluster();
  const run = async (...argv: string[]) => {
    const { status, stdout, stderr } = await coppice(argv, { remote });
    return [status, stdout, stderr];
  };
  assert.deepEqual(await run("stop", "proxies"), [0, "stopped 'proxy-1'\n", ""]);
  assert.equal(remote.nodes.get("proxy-1")?.state, "stopped");
  assert.deepEqual(await run("start", "proxies", "manager"), [
    0,
    "'manager' runs already (PID 100)\nstarted 'proxy-1' (PID 201)\n",
    "",
  ]);
  assert.deepEqual(remote.asked, ["stopNode proxy-1", "startNode proxy-1"]);
  const json = await coppice(["start", "manager", "--json"], { remote });
  assert.deepEqual(JSON.parse(json.stdout), { nodes: { manager: { done: true, pid: 100 } } });
});

test("start alone: all that are stopped or still stop, in the order in which they start", async () => {
  const remote = cluster();
  for (const name of IN_START_ORDER)
    remote.nodes.set(name, { ...remote.nodes.get(name)!, state: "stopped" });
  remote.nodes.set("worker-1", { ...remote.nodes.get("worker-1")!, state: "stopping" });
  remote.nodes.set("waits", node("waits", { state: "waiting" }));
  remote.nodes.set("runs", node("runs"));
  assert.equal((await coppice(["start"], { remote })).status, 0);
  assert.deepEqual(
    remote.asked,
    IN_START_ORDER.map((name) => `startNode ${name}`),
  );
  const again = await coppice(["start"], { remote });
  assert.deepEqual([again.status, again.stdout], [0, "no node is stopped\n"]);
  assert.equal((await coppice(["start", "--json"], { remote })).stdout, '{"nodes":{}}\n');
  await coppice(["start", "waits"], { remote });
  assert.equal(
    remote.asked.at(-1),
    "startNode waits",
    "one that is named does not wait any longer",
  );
});

test("start that fails, is taken back, or was of a node that has soon ended", async () => {
  const remote = new FakeRemote(node("a", { state: "stopped", generation: 1 }));
  const start = async () => {
    const { status, stdout, stderr } = await coppice(["start", "a"], { remote });
    return [status, stdout + stderr];
  };
  const outcome = (done: boolean, ...after: ReturnType<typeof node>[]) => {
    remote.nodes = new Map([["a", node("a", { state: "stopped" })]]);
    remote.startNode = async () => {
      remote.nodes = new Map(after.map((one) => ["a", one]));
      return done;
    };
  };
  outcome(true, node("a", { state: "waiting", generation: 2, nextStart: NOW + 1_000 }));
  assert.deepEqual(await start(), [
    1,
    "error: node 'a' was told to start, but is not running (waiting, starts in 1s): see coppice logs a\n",
  ]);
  outcome(true, node("a", { state: "stopped", generation: 2, lastExit: { code: 0, at: NOW } }));
  assert.deepEqual(await start(), [0, "started 'a', which has ended (status 0)\n"]);
  outcome(false, node("a", { state: "stopped" }));
  assert.deepEqual(await start(), [1, "error: node 'a' was told to stop again\n"]);
  outcome(false);
  assert.deepEqual(await start(), [1, "error: node 'a' is gone\n"]);
});

test("stop that is taken back, or of a node that goes meanwhile", async () => {
  const remote = new FakeRemote(node("a"));
  remote.stopNode = async () => false;
  const { status, stderr } = await coppice(["stop", "a"], { remote });
  assert.deepEqual([status, stderr], [1, "error: node 'a' was told to start again\n"]);
  remote.stopNode = async (name = "") => !remote.nodes.delete(name);
  assert.equal((await coppice(["stop", "a"], { remote })).stderr, "error: node 'a' is gone\n");
  remote.nodes.set("b", node("b"));
  remote.stopNode = () => new Promise(() => {});
  const late = await coppice(["stop", "b", "--timeout", "1"], { remote });
  assert.deepEqual(
    [late.status, late.stderr],
    [1, "error: node 'b': not done after 1 s; the Supervisor goes on with it\n"],
  );
});

test("a Zeek can neither stop nodes nor start them, which is told once", async () => {
  const remote = cluster();
  remote.isZeek = true;
  const lines = {
    "stop workers": "its nodes run or are destroyed: coppice destroy",
    "start workers": "it has no nodes that were stopped",
    start: "it has no nodes that were stopped",
    "wait manager --for ready": "it does not tell whether its nodes are ready",
  };
  for (const [text, why] of Object.entries(lines)) {
    const { status, stderr } = await coppice(text.split(" "), { remote });
    assert.deepEqual([status, stderr], [1, `error: this Supervisor is a Zeek's: ${why}\n`]);
  }
  assert.deepEqual(remote.asked, []);
  remote.usage = () => Promise.reject(new UnsupportedError("a Zeek does not tell"));
  assert.match((await coppice(["status", "workers"], { remote })).stdout, /^worker-1 +worker /m);
});

test("status of groups: their nodes, each once", async () => {
  const names = async (...words: string[]) => {
    const { stdout } = await coppice(["status", "--json", ...words], { remote: cluster() });
    return Object.keys(JSON.parse(stdout).nodes);
  };
  assert.deepEqual(await names("proxies", "workers", "worker-1"), [
    "proxy-1",
    "worker-2",
    "worker-1",
  ]);
  assert.equal((await names("all")).length, 5);
  const { status, stderr } = await coppice(["status", "workers"], {
    remote: new FakeRemote(node("a")),
  });
  assert.equal(status, 1);
  assert.equal(stderr, "error: the group 'workers' has no nodes; groups that have: all\n");
});

test("logs of groups: each line with its node, if there is but one", async () => {
  const line = (name: string): OutputLine => ({
    node: name,
    stream: "stdout",
    at: NOW,
    text: name,
    complete: true,
  });
  const remote = cluster();
  remote.lines = [line("worker-1"), line("proxy-1")];
  const logs = async (...words: string[]) => (await coppice(["logs", ...words], { remote })).stdout;
  assert.equal(await logs("proxies"), "[proxy-1] proxy-1\n");
  assert.deepEqual(remote.followOptions?.nodes, ["proxy-1"]);
  assert.equal(await logs("workers", "proxy-1"), "[worker-1] worker-1\n[proxy-1] proxy-1\n");
  assert.equal(await logs("worker-1"), "worker-1\n");
  await logs("all");
  assert.deepEqual(remote.followOptions?.nodes, [], "those that are still to come too");
});

test("events of a group: of its nodes, of those that join it, and of nothing else", async () => {
  const remote = cluster();
  const happen = async () => {
    while (remote.handlers.size === 0) await new Promise(setImmediate);
    const later = member("worker-3", "WORKER");
    remote.tell({ kind: "destroyed", node: "worker-1", text: "one" });
    remote.tell({
      kind: "ready",
      node: "manager",
      status: member("manager", "MANAGER"),
      text: "no",
    });
    remote.tell({ kind: "ready", node: "worker-3", status: later, text: "two" });
    remote.tell({ kind: "gone", node: "worker-3", text: "three" });
    remote.tell({ kind: "stem", text: "no" });
    remote.status = () => new Promise(() => {});
    remote.isConnected = false;
    remote.tell({ kind: "ending", text: "no" });
  };
  const [{ stdout }] = await Promise.all([
    coppice(["events", "workers", "--color", "always"], { remote }),
    happen(),
  ]);
  assert.deepEqual(stdout.match(/(?:one|two|three|no)\b/g), ["one", "two", "three"]);
  assert.ok(stdout.includes("\u001b[32mtwo\u001b"), "what is ready is green");
});

test("wait --for ready: until it runs and is ready", async () => {
  const remote = new FakeRemote(node("web", { ready: false, pid: 7 }));
  const late = await coppice(["wait", "web", "--for", "ready", "--timeout", "0.1"], { remote });
  assert.deepEqual(
    [late.status, late.stderr],
    [1, "error: node 'web' is running, not ready (PID 7): not ready after 0.1 s\n"],
  );
  const happen = async () => {
    while (remote.handlers.size === 0) await new Promise(setImmediate);
    remote.tell({ kind: "ready", node: "web", status: node("web", { ready: true, pid: 7 }) });
  };
  const [done] = await Promise.all([
    coppice(["wait", "web", "--for", "ready"], { remote }),
    happen(),
  ]);
  assert.deepEqual([done.status, done.stdout], [0, "node 'web' is ready (PID 7)\n"]);
});

test("wait is for one node: a group is refused, unless it is a node still to come", async () => {
  const remote = cluster();
  const { status, stderr } = await coppice(["wait", "workers", "--for", "ready"], { remote });
  assert.equal(status, 2);
  assert.match(stderr, /^error: wait is for one node, and 'workers' is a group; see/);
  const empty = new FakeRemote();
  const waited = await coppice(["wait", "manager", "--for", "ready", "--timeout", "0"], {
    remote: empty,
  });
  assert.equal(waited.stderr, "error: there is no node 'manager': not ready after 0 s\n");
});

test("completion: the groups that have nodes are offered where nodes are, after them", async () => {
  const remote = new FakeRemote(member("worker-1", "WORKER"), member("manager", "MANAGER"));
  assert.equal((await coppice(["__names"], { remote })).stdout, "worker-1\nmanager\n");
  assert.equal(
    (await coppice(["__names", "--groups"], { remote })).stdout,
    "worker-1\nmanager\nall\nworkers\n",
  );
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = (await coppice(["completion", shell])).stdout;
    assert.equal(script.match(/__coppice_names --groups/g)?.length, 8, shell);
  }
});
