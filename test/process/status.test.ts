/** Points 25, 26 and 30 of the Supervisor's behaviour: what is told of nodes, and when. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { puppet, sharedPuppet } from "../fixtures/puppet.ts";
import { environOf, replaceFile } from "../fixtures/system.ts";
import { isAlive } from "../fixtures/tree.ts";

const shared = sharedPuppet();

const SLEEP = ["sleep", "1000"];
const MINUTES = { delay: 600_000 };

test('25: status("") is every node, status of one that one, and of an unknown name none', async (t) => {
  const tree = await shared(t);
  assert.deepEqual(await tree.status(), {});
  await tree.create({ name: "foo", command: SLEEP });
  await tree.create({ name: "bar", command: SLEEP });
  assert.deepEqual(Object.keys(await tree.status()), ["foo", "bar"]);
  assert.deepEqual(Object.keys(await tree.status("")), ["foo", "bar"]);
  assert.deepEqual(Object.keys(await tree.status("bar")), ["bar"]);
  assert.deepEqual(await tree.status("fo"), {});
  assert.deepEqual(await tree.call('supervisor.status("toString")'), { nodes: {} });
});

test("25: status tells configuration, state, pid, generation and since when", async (t) => {
  const tree = await shared(t);
  const before = Date.now();
  const created = await tree.create({ name: "foo", command: SLEEP });
  const after = Date.now();
  const { foo } = await tree.status("foo");
  assert.deepEqual(foo, created);
  const { pid, since, ...rest } = created;
  assert.deepEqual(rest, {
    node: { name: "foo", command: SLEEP },
    state: "running",
    ready: true,
    generation: 1,
  });
  assert.ok(isAlive(pid!));
  assert.match((await environOf(pid!)).join(), /nodes\/foo\.json/);
  // Two clocks are rounded on the way.
  assert.ok(before - 2 <= since && since <= after + 2, `${before} ≤ ${since} ≤ ${after}`);
});

test("25: there is no pid until the first start", async (t) => {
  const tree = await shared(t);
  const [early, later] = await tree.call<[object, object]>(
    `(async () => {
      const created = supervisor.create({ name: "foo", command: ["sleep", "1000"] });
      const early = supervisor.status("foo").nodes.foo;
      return [early, await created];
    })()`,
  );
  const { since, ...rest } = early as { since: number };
  assert.deepEqual(rest, {
    node: { name: "foo", command: SLEEP },
    state: "pending",
    generation: 0,
  });
  assert.ok(since > 0);
  assert.ok("pid" in later);
});

test("25: status tells the last exit, by code or by signal, and the next revival", async (t) => {
  const tree = await shared(t);
  const before = Date.now();
  await tree.create({ name: "code", command: ["sh", "-c", "exit 7"], revival: MINUTES });
  const { pid } = await tree.create({ name: "signal", command: SLEEP, revival: MINUTES });
  process.kill(pid!, "SIGUSR1");
  const waiting = ({ state }: { state: string }) => state === "waiting";
  const code = await tree.node("code", waiting);
  const signal = await tree.node("signal", waiting);
  const after = Date.now();
  assert.equal(code.lastExit!.code, 7);
  assert.ok(!("signal" in code.lastExit!));
  assert.equal(signal.lastExit!.signal, "SIGUSR1");
  assert.ok(!("code" in signal.lastExit!));
  for (const { lastExit, nextStart, generation } of [code, signal]) {
    assert.equal(generation, 1);
    assert.ok(before - 2 <= lastExit!.at && lastExit!.at <= after + 2);
    // The delay counts from the last start, which was at or before the exit.
    assert.ok(
      before - 2 + MINUTES.delay <= nextStart! && nextStart! <= lastExit!.at + MINUTES.delay + 2,
    );
  }
});

test("25: a node that is not to be revived is stopped, and stays known", async (t) => {
  const tree = await shared(t);
  await tree.create({ name: "foo", command: ["true"], revival: { when: "never" } });
  const { pid, nextStart, generation, lastExit } = await tree.node(
    "foo",
    ({ state }) => state === "stopped",
  );
  assert.equal(pid, undefined);
  assert.equal(nextStart, undefined);
  assert.equal(generation, 1);
  assert.equal(lastExit!.code, 0);
  assert.equal(await tree.restart("foo"), true);
  await tree.node("foo", (status) => status.state === "stopped" && status.generation === 2);
});

test("25: while a node is being stopped it says so, with its pid", async (t) => {
  const tree = await shared(t);
  const { pid } = await tree.create({ name: "foo", command: STUBBORN });
  await tree.tree.line(/\[foo\] ready$/m);
  const restarted = tree.restart("foo");
  const stopping = await tree.node("foo", ({ state }) => state === "stopping");
  assert.equal(stopping.pid, pid);
  assert.equal(stopping.generation, 1);
  fs.writeFileSync(tree.tree.file("let-go"), "");
  assert.equal(await restarted, true);
  const { foo } = await tree.status();
  assert.deepEqual([foo!.state, foo!.generation, foo!.lastExit!.code], ["running", 2, 5]);
});

test("26: after a death there is no pid until the next start", async (t) => {
  const tree = await shared(t);
  const { pid } = await tree.create({ name: "foo", command: SLEEP, revival: MINUTES });
  process.kill(pid!, "SIGKILL");
  const [exit] = await tree.news("nodeExit", "foo", 1);
  assert.deepEqual([exit!.status.pid, exit!.seen!.pid], [undefined, undefined]);
  const waiting = await tree.node("foo", ({ state }) => state === "waiting");
  assert.ok(!("pid" in waiting));
  await tree.restart("foo");
  const { foo } = await tree.status();
  assert.ok(isAlive(foo!.pid!));
  assert.notEqual(foo!.pid, pid);
});

test("26: nodeExit tells of every end of a process, asked for or not", async (t) => {
  const tree = await shared(t);
  const { pid } = await tree.create({ name: "foo", command: SLEEP, revival: { delay: 0 } });
  process.kill(pid!, "SIGKILL");
  await tree.news("nodeStatus", "foo", 2);
  await tree.restart("foo");
  const exits = await tree.news("nodeExit", "foo", 2);
  assert.deepEqual(
    exits.map(({ exit }) => exit!.signal),
    ["SIGKILL", "SIGTERM"],
  );
});

test("30: nodeStatus after creation, restart and revival, when status shows that pid", async (t) => {
  const tree = await shared(t);
  const { pid: created } = await tree.create({
    name: "foo",
    command: SLEEP,
    revival: { delay: 0 },
  });
  assert.equal(await tree.restart("foo"), true);
  const restarted = (await tree.status()).foo!.pid!;
  process.kill(restarted, "SIGKILL");
  const all = await tree.news("nodeStatus", "foo", 3);
  assert.deepEqual(
    all.slice(0, 2).map(({ pid }) => pid),
    [created, restarted],
  );
  assert.equal(new Set(all.map(({ pid }) => pid)).size, 3);
  for (const [i, { pid, status, seen }] of all.entries()) {
    assert.equal(status.pid, pid);
    assert.equal(seen!.pid, pid);
    assert.equal(status.generation, i + 1);
    assert.equal(status.state, "running");
  }
  assert.ok(isAlive(all[2]!.pid!));
});

test("30: nodeStatus of a creation comes no later than create resolves", async (t) => {
  const tree = await puppet(
    t,
    `import { on, supervisor } from "coppice";
     if (supervisor.isSupervisor()) {
       on("nodeStatus", (node, pid) => console.log("nodeStatus", node, pid));
       on("init", async () => {
         const { pid } = await supervisor.create({ name: "foo", command: ["sleep", "1000"] });
         console.log("created", pid);
         await supervisor.restart("foo");
         console.log("restarted", supervisor.status().nodes.foo.pid);
       });
     }`,
  );
  const [, again] = await tree.tree.line(/^restarted (\d+)$/m);
  const [, pid] = await tree.tree.line(/^created (\d+)$/m);
  assert.deepEqual(
    tree.tree.stdout.split("\n").filter((line) => line.includes("ed ") || line.startsWith("node")),
    [`nodeStatus foo ${pid}`, `created ${pid}`, `nodeStatus foo ${again}`, `restarted ${again}`],
  );
});

test("30: a start that failed is told with pid 0, each time", async (t) => {
  const tree = await shared(t);
  const created = await tree.create({
    name: "foo",
    command: ["./later"],
    revival: { delay: 20, factor: 1 },
  });
  assert.equal(created.pid, undefined);
  const failed = await tree.news("nodeStatus", "foo", 3);
  for (const { pid, status, seen } of failed.slice(0, 3)) {
    assert.equal(pid, 0);
    assert.equal(status.pid, undefined);
    assert.equal(seen!.pid, undefined);
    assert.equal(status.generation, 0);
  }
  replaceFile(tree.tree.file("later"), "#!/bin/sh\nexec sleep 1000\n", 0o755);
  const { pid } = await tree.node("foo", ({ state }) => state === "running");
  assert.equal(tree.told.filter(({ event }) => event === "nodeStatus").at(-1)!.pid, pid);
});

test("30: nodeStatus tells of script nodes too, and of none that was destroyed", async (t) => {
  const tree = await shared(t);
  const { pid } = await tree.create({ name: "foo" });
  await tree.create({ name: "bar", command: SLEEP });
  assert.equal(await tree.destroy("foo"), true);
  assert.equal(await tree.destroy("bar"), true);
  const starts = tree.told.filter(({ event }) => event === "nodeStatus");
  assert.deepEqual(
    starts.map(({ node }) => node),
    ["foo", "bar"],
  );
  assert.equal(starts[0]!.pid, pid);
});

/** Says "ready"; told to end, it waits for a file `let-go`, and exits with status 5. */
const STUBBORN = [
  "sh",
  "-c",
  "trap 'while ! [ -e let-go ]; do sleep 0.02; done; exit 5' TERM; echo ready; while :; do sleep 0.02; done",
];
