/** Points 27 to 29 of the Supervisor's behaviour: destroy and restart. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { type Puppet, puppet, sharedPuppet } from "../fixtures/puppet.ts";
import { isAlive, until } from "../fixtures/tree.ts";

const shared = sharedPuppet();

const SLEEP = ["sleep", "1000"];

test("27: destroy of an unknown name is false, of a node true, and then it is unknown", async (t) => {
  const tree = await shared(t);
  assert.equal(await tree.destroy("foo"), false);
  const { pid } = await tree.create({ name: "foo", command: SLEEP });
  assert.equal(await tree.destroy("bar"), false);
  assert.ok(isAlive(pid!), "another name is another node");
  assert.equal(await tree.destroy("foo"), true);
  assert.ok(!isAlive(pid!), "it resolves when the process is gone");
  assert.deepEqual(await tree.status(), {});
  assert.equal(await tree.destroy("foo"), false);
});

test("27: a name is free at once, and its new node starts when the old process has gone", async (t) => {
  const tree = await shared(t);
  const old = (await tree.create({ name: "foo", command: stubborn("old") })).pid!;
  await tree.tree.line(/\[foo\] ready$/m);
  let settled = 0;
  const destroyed = tree.destroy("foo").finally(() => settled++);
  assert.deepEqual(await tree.status(), {}, "nobody is called foo any more");
  const created = tree
    .create({ name: "foo", command: SLEEP, interface: "en1" })
    .finally(() => settled++);
  await tree.tree.line(/\[foo\] told$/m);
  const between = (await tree.status()).foo!;
  assert.deepEqual(
    [between.node.interface, between.pid, between.generation],
    ["en1", undefined, 0],
  );
  assert.ok(isAlive(old));
  assert.equal(settled, 0);
  letGo(tree, "old");
  assert.equal(await destroyed, true);
  assert.ok(!isAlive(old));
  const { pid, generation, lastExit } = await created;
  assert.ok(isAlive(pid!));
  assert.equal(generation, 1);
  assert.equal(lastExit, undefined, "the exit was another node's");
});

test("27: a destroyed node that never started again leaves its name to the last of several creations", async (t) => {
  const tree = await shared(t);
  await tree.create({ name: "foo", command: stubborn("old") });
  await tree.tree.line(/\[foo\] ready$/m);
  const first = tree.destroy("foo");
  const second = tree.create({
    name: "foo",
    command: ["sh", "-c", "echo second; exec sleep 1000"],
  });
  const secondGone = tree.destroy("foo");
  const third = tree.create({ name: "foo", command: ["sh", "-c", "echo third; exec sleep 1000"] });
  await tree.tree.line(/\[foo\] told$/m);
  await arrived(tree);
  letGo(tree, "old");
  assert.deepEqual([await first, await secondGone], [true, true]);
  assert.equal((await second).pid, undefined, "it never started");
  assert.ok(isAlive((await third).pid!));
  await tree.tree.line(/\[foo\] third$/m);
  assert.doesNotMatch(tree.tree.stdout, /second/);
});

test('27: destroy("") is all', async (t) => {
  const tree = await shared(t);
  assert.equal(await tree.destroy(""), true, "of none");
  const pids: number[] = [];
  for (const name of ["a", "b", "c"]) pids.push((await tree.create({ name, command: SLEEP })).pid!);
  assert.equal(await tree.destroy(""), true);
  assert.deepEqual(pids.filter(isAlive), []);
  assert.deepEqual(await tree.status(), {});
});

test("27: a node that waits for its revival, or was never started, is gone at once", async (t) => {
  const tree = await shared(t);
  const revival = { delay: 600_000 };
  await tree.create({ name: "waits", command: ["true"], revival });
  await tree.node("waits", ({ state }) => state === "waiting");
  await tree.create({ name: "fails", command: ["./nowhere"], revival });
  assert.deepEqual([await tree.destroy("waits"), await tree.destroy("fails")], [true, true]);
  assert.deepEqual(await tree.status(), {});
});

test("27: a destroyed node is not revived, and its end is no error", async (t) => {
  const tree = await puppet(t);
  await tree.create({ name: "foo", command: SLEEP, revival: { delay: 0 } });
  await tree.destroy("foo");
  await tree.create({ name: "foo", command: SLEEP });
  await tree.tree.stop();
  assert.equal(tree.told.filter(({ event }) => event === "nodeStatus").length, 2);
  assert.doesNotMatch(tree.tree.stderr, /prematurely|revived/);
});

test("28: restart of an unknown name is false, of a node true with a new process", async (t) => {
  const tree = await shared(t);
  assert.equal(await tree.restart("foo"), false);
  const { pid } = await tree.create({ name: "foo", command: SLEEP });
  assert.equal(await tree.restart("bar"), false);
  assert.equal(await tree.restart("foo"), true);
  const { foo } = await tree.status();
  assert.ok(!isAlive(pid!));
  assert.ok(isAlive(foo!.pid!));
  assert.deepEqual([foo!.state, foo!.generation], ["running", 2]);
  assert.doesNotMatch(tree.tree.stderr, /prematurely|revived/, "a restart is no premature exit");
});

test("28: a node that waits for its revival is started at once", async (t) => {
  const tree = await shared(t);
  const { pid } = await tree.create({ name: "foo", command: SLEEP, revival: { delay: 600_000 } });
  process.kill(pid!, "SIGKILL");
  await tree.node("foo", ({ state }) => state === "waiting");
  assert.equal(await tree.restart("foo"), true);
  const { foo } = await tree.status();
  assert.equal(foo!.state, "running");
  assert.ok(isAlive(foo!.pid!));
});

test("28: the revival counters stay", async (t) => {
  const tree = await shared(t);
  const revival = { delay: 10, attemptsPerDelay: 1, factor: 10_000 };
  await tree.create({ name: "foo", command: ["false"], revival });
  const wait = async (generation: number) => {
    const { nextStart } = await tree.node(
      "foo",
      (status) => status.state === "waiting" && status.generation === generation,
    );
    return nextStart! - Date.now();
  };
  assert.ok((await wait(2)) > 50_000, "after one revival the delay is the second, 100 s");
  assert.equal(await tree.restart("foo"), true);
  assert.ok((await wait(3)) > 50_000, "and a restart does not bring the first one back");
});

test("28: a restart reads nothing anew but the scripts: the configuration stays", async (t) => {
  const tree = await shared(t);
  const config = {
    name: "foo",
    env: { A: "1" },
    command: ["sh", "-c", "echo A is $A; exec sleep 1000"],
  };
  await tree.create(config);
  await tree.tree.line(/\[foo\] A is 1$/m);
  await tree.restart("foo");
  await tree.tree.lines(/\[foo\] A is 1$/m, 2);
  assert.deepEqual((await tree.status()).foo!.node, config);
});

test('28: restart("") is all, in parallel', async (t) => {
  const tree = await shared(t);
  assert.equal(await tree.restart(""), true, "of none");
  const names = ["a", "b", "c"];
  // Each ends only once every other has been told to: one after the other would wait for ever.
  const all = names.map((name) => `[ -e ${name}.told ]`).join(" && ");
  const pids: number[] = [];
  for (const name of names) {
    const command = [
      "sh",
      "-c",
      `trap 'touch ${name}.told; while ! { ${all}; }; do sleep 0.02; done; exit 0' TERM; echo ready; while :; do sleep 0.02; done`,
    ];
    pids.push((await tree.create({ name, command })).pid!);
  }
  await tree.tree.lines(/ready$/m, names.length);
  assert.equal(await tree.restart(""), true);
  const status = await tree.status();
  assert.deepEqual(pids.filter(isAlive), []);
  for (const name of names) {
    assert.deepEqual([status[name]!.state, status[name]!.generation], ["running", 2]);
    assert.equal(status[name]!.lastExit!.code, 0, "it ended by itself, not by SIGKILL");
  }
});

test("28: restarts of a node that is still ending are one, and all resolve", async (t) => {
  const tree = await shared(t);
  await tree.create({ name: "foo", command: stubborn("old") });
  await tree.tree.line(/\[foo\] ready$/m);
  const restarts = [tree.restart("foo"), tree.restart("foo"), tree.restart("foo")];
  await tree.tree.line(/\[foo\] told$/m);
  await arrived(tree);
  letGo(tree, "old");
  assert.deepEqual(await Promise.all(restarts), [true, true, true]);
  assert.equal((await tree.status()).foo!.generation, 2);
});

test("28: a restart whose node is destroyed meanwhile is false", async (t) => {
  const tree = await shared(t);
  await tree.create({ name: "foo", command: stubborn("old") });
  await tree.tree.line(/\[foo\] ready$/m);
  const restarted = tree.restart("foo");
  await tree.tree.line(/\[foo\] told$/m);
  const destroyed = tree.destroy("foo");
  await arrived(tree);
  letGo(tree, "old");
  assert.deepEqual([await restarted, await destroyed], [false, true]);
  const starts = tree.told.filter(({ event, node }) => event === "nodeStatus" && node === "foo");
  assert.equal(starts.length, 1);
});

test("29: commands to one node are carried out in order", async (t) => {
  const tree = await shared(t);
  const says = (word: string) => ["sh", "-c", `echo ${word}; exec sleep 1000`];
  const answers = await tree.call<unknown[]>(
    `Promise.all([
      supervisor.create(${JSON.stringify({ name: "foo", command: says("one") })}).then(({ generation }) => generation),
      supervisor.restart("foo"),
      supervisor.destroy("foo"),
      supervisor.create(${JSON.stringify({ name: "foo", command: says("two") })}).then(({ generation }) => generation),
      supervisor.destroy("foo"),
      supervisor.destroy("foo"),
      supervisor.restart("foo"),
      supervisor.create(${JSON.stringify({ name: "foo", command: says("three"), env: { LAST: "1" } })}).then(({ pid }) => pid),
    ])`,
  );
  const pid = answers.at(-1) as number;
  assert.deepEqual(
    answers.slice(2, 7).filter((answer) => typeof answer === "boolean"),
    [true, true, false, false],
  );
  await tree.tree.line(/\[foo\] three$/m);
  const { foo, ...others } = await tree.status();
  assert.deepEqual(others, {});
  assert.deepEqual([foo!.pid, foo!.node.env, foo!.generation], [pid, { LAST: "1" }, 1]);
});

test("29: destroy then create, again and again, leaves one process, of the last", async (t) => {
  const tree = await shared(t);
  const { last, pids } = await tree.call<{ last: number; pids: number[] }>(
    `(async () => {
      const pids = [];
      coppice.on("nodeStatus", (node, pid) => pids.push(pid));
      let last;
      for (let i = 0; i < 30; i++) {
        supervisor.destroy("foo");
        last = supervisor.create({ name: "foo", interface: "en" + i, command: ["sleep", "1000"] });
        if (i % 3 === 0) await last;
      }
      return { last: (await last).pid, pids };
    })()`,
  );
  const { foo } = await tree.status();
  assert.equal(foo!.node.interface, "en29");
  assert.equal(foo!.pid, last);
  assert.equal(pids.at(-1), last);
  await until("the others to be gone", () => pids.filter(isAlive).length === 1);
});

test("29: nodes do not wait for one another", async (t) => {
  const tree = await shared(t);
  await tree.create({ name: "slow", command: stubborn("slow") });
  const { pid } = await tree.create({ name: "quick", command: SLEEP, revival: { delay: 0 } });
  await tree.tree.line(/\[slow\] ready$/m);
  const slow = tree.restart("slow");
  await tree.tree.line(/\[slow\] told$/m);
  process.kill(pid!, "SIGKILL");
  await tree.news("nodeStatus", "quick", 2);
  assert.equal(await tree.restart("quick"), true);
  assert.equal(await tree.destroy("quick"), true);
  assert.ok(
    (await tree.create({ name: "quick", command: ["sh", "-c", "echo heard; exec sleep 1000"] }))
      .pid,
  );
  await tree.tree.line(/\[quick\] heard$/m);
  assert.equal((await tree.status()).slow!.state, "stopping", "all the while");
  letGo(tree, "slow");
  assert.equal(await slow, true);
});

/** Says "ready"; told to end, it says "told", and ends once the test lets go of it. */
function stubborn(word: string): string[] {
  const wait = `while ! [ -e ${word}.let-go ]; do sleep 0.02; done`;
  return [
    "sh",
    "-c",
    `trap 'echo told; ${wait}; exit 0' TERM; echo ready; while :; do sleep 0.02; done`,
  ];
}

/** Waits until the Stem has all commands so far: they may come later than the end of a process. */
async function arrived(tree: Puppet): Promise<void> {
  await tree.create({ name: "last-command", command: SLEEP });
}

function letGo(tree: Puppet, word: string): void {
  fs.writeFileSync(tree.tree.file(`${word}.let-go`), "");
}
