/** Control groups for nodes, decided against a kernel's rules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeConfig } from "../../src/core/config.ts";
import type { Exit } from "../../src/core/revival.ts";
import { makeCgroupTree } from "../../src/stem/cgroup-tree.ts";
import { Cgroups } from "../../src/stem/cgroups.ts";
import { FakeCgroups } from "../fixtures/cgroups.ts";

const ALL = ["cpu", "io", "memory", "pids"];
const TREE = "/cg/coppice-1";
const [SUPERVISOR, STEM, STRANGER] = [10, 11, 99];

function makeTree(cgroups: FakeCgroups) {
  const isOurs = (pid: number) => pid === SUPERVISOR || pid === STEM;
  return makeCgroupTree({ cgroups, directory: TREE, isOurs });
}

test("at the root everything is counted, and nobody has to move", () => {
  const cgroups = new FakeCgroups("/cg", ALL, { isRoot: true });
  for (const pid of [SUPERVISOR, STEM, STRANGER]) cgroups.place(pid, "/cg");
  assert.deepEqual([...makeTree(cgroups).controllers], ["cpu", "memory", "pids"]);
  assert.deepEqual([...cgroups.groups.keys()], ["/cg", TREE]);
});

test("in a group of our own Supervisor and Stem make room in a leaf", () => {
  const cgroups = new FakeCgroups("/cg", ALL);
  for (const pid of [SUPERVISOR, STEM]) cgroups.place(pid, "/cg");
  assert.deepEqual([...makeTree(cgroups).controllers], ["cpu", "memory", "pids"]);
  assert.deepEqual([...cgroups.group(`${TREE}.self`).processes], [SUPERVISOR, STEM]);
  // A Stem that comes after one finds all of it as it is to be.
  assert.equal(makeTree(cgroups).controllers.size, 3);
});

test("other processes stay where they are: nothing is counted, and why is told", () => {
  const cgroups = new FakeCgroups("/cg", ALL);
  for (const pid of [SUPERVISOR, STEM, STRANGER]) cgroups.place(pid, "/cg");
  const tree = makeTree(cgroups);
  assert.equal(tree.controllers.size, 0);
  assert.match(tree.why, /^\/cg holds other processes than this tree's: .* Delegate=yes/);
  assert.equal(cgroups.group("/cg").processes.size, 3);
});

test("what the kernel does not offer is told", () => {
  const tree = makeTree(new FakeCgroups("/cg", ["pids"]));
  assert.deepEqual([...tree.controllers], ["pids"]);
  assert.equal(tree.why, "the kernel offers no cpu, memory controller in /cg");
});

test("where no group can be made there are none", () => {
  const cgroups = new FakeCgroups("/elsewhere", ALL);
  assert.throws(() => makeTree(cgroups), { code: "ENOENT" });
});

function setUp(offered: readonly string[] = ALL) {
  const cgroups = new FakeCgroups("/cg", offered);
  const tree = makeTree(cgroups);
  const groups = new Map<number, number>();
  const signals: [number, string][] = [];
  const nodes = new Cgroups({
    cgroups,
    tree,
    groupOf: (pid) => groups.get(pid),
    signal: (pid, signal) => void signals.push([pid, signal]),
  });
  /** Starts a node whose process has this number, and returns what it was told of its exit. */
  const start = (config: NodeConfig, pid: number) => {
    const told: Exit[] = [];
    const ignore = () => {};
    const directory = nodes.prepare(config);
    const events = nodes.attend(config.name, {
      started: ignore,
      failed: ignore,
      ready: ignore,
      exited: (exit) => void told.push(exit),
    });
    join(pid, pid, directory);
    events.started(pid);
    return { events, told, directory };
  };
  const join = (pid: number, group: number, directory: string) => {
    groups.set(pid, group);
    cgroups.place(pid, directory);
  };
  return { cgroups, nodes, signals, start, join };
}

test("a node's group has its limits, and no longer those of the name's last creation", () => {
  const { cgroups, nodes } = setUp();
  const before = cgroups.touched.length;
  assert.deepEqual(nodes.leftovers("plain"), []);
  nodes.prepare({ name: "plain" });
  assert.deepEqual(cgroups.touched.slice(before), [], "a new group needs nothing else");
  const directory = nodes.prepare({ name: "a", memoryMax: "512M", cpuMax: 1.5, tasksMax: 7 });
  assert.equal(directory, `${TREE}/node-a`);
  assert.deepEqual(Object.fromEntries(cgroups.group(directory).files), {
    "memory.max": String(512 * 2 ** 20),
    "memory.oom.group": "1",
    "cpu.max": "150000 100000",
    "pids.max": "7",
  });
  nodes.prepare({ name: "a" });
  assert.deepEqual(Object.fromEntries(cgroups.group(directory).files), {
    "memory.max": "max",
    "memory.oom.group": "0",
    "cpu.max": "max",
    "pids.max": "max",
  });
});

test("a limit that cannot be set fails the start; without one it does not matter", () => {
  const { nodes } = setUp(["pids"]);
  assert.throws(
    () => nodes.prepare({ name: "a", memoryMax: 1 }),
    /^Error: node 'a' failed to limit its memory: the kernel offers no cpu, memory controller in \/cg$/,
  );
  assert.throws(() => nodes.prepare({ name: "a", cpuMax: 1 }), /failed to limit its CPU time/);
  nodes.prepare({ name: "a", tasksMax: 5 });
});

test("names of the kernel's own files are names of nodes, too", () => {
  const { cgroups, nodes } = setUp();
  for (const name of ["cgroup.procs", "__proto__", "..."]) nodes.prepare({ name });
  assert.deepEqual(cgroups.children(TREE), ["node-cgroup.procs", "node-__proto__", "node-..."]);
});

test("what has left the process group is a member, is signalled, and is killed with the rest", () => {
  const { cgroups, nodes, signals, start, join } = setUp();
  const { directory } = start({ name: "a" }, 100);
  join(101, 100, directory);
  join(200, 200, directory);
  assert.equal(nodes.hasMembers(100), true);
  assert.equal(nodes.hasMembers(999), false);
  nodes.signalOthers(100, "SIGTERM");
  assert.deepEqual(signals, [[200, "SIGTERM"]]);
  nodes.signalOthers(999, "SIGTERM");
  nodes.signalOthers(100, "SIGKILL");
  assert.deepEqual(cgroups.killed, [directory]);
  assert.equal(nodes.hasMembers(100), false);
});

test("a number that the node had in an earlier life leads nowhere", () => {
  const { cgroups, nodes, start } = setUp();
  const { directory } = start({ name: "a" }, 100);
  cgroups.group(directory).processes.clear();
  start({ name: "a" }, 300);
  assert.equal(nodes.hasMembers(100), false);
  assert.equal(nodes.hasMembers(300), true);
});

test("a number that was one node's and is another's stays the other's, whatever becomes of the first", () => {
  const { cgroups, nodes, start } = setUp();
  const { directory } = start({ name: "a" }, 100);
  cgroups.group(directory).processes.clear();
  start({ name: "b" }, 100);
  start({ name: "a" }, 300);
  assert.equal(nodes.hasMembers(100), true);
  nodes.forget("a");
  assert.equal(nodes.hasMembers(100), true);
  nodes.forget("b");
  assert.equal(nodes.hasMembers(100), false);
});

test("a kill for want of memory is told, another one and an earlier one are not", () => {
  const { cgroups, start } = setUp();
  const first = start({ name: "a", memoryMax: "1M" }, 100);
  const count = (kills: number) =>
    cgroups.group(first.directory).files.set("memory.events", `oom 9\noom_kill ${kills}\n`);
  count(1);
  first.events.exited({ signal: "SIGKILL" });
  assert.deepEqual(first.told, [{ signal: "SIGKILL", oom: true }]);
  const second = start({ name: "a", memoryMax: "1M" }, 100);
  second.events.exited({ signal: "SIGKILL" });
  assert.deepEqual(second.told, [{ signal: "SIGKILL" }]);
  const third = start({ name: "a", memoryMax: "1M" }, 100);
  count(2);
  // One of its processes was ended, and it took that well.
  third.events.exited({ code: 0 });
  assert.deepEqual(third.told, [{ code: 0 }]);
});

test("what an earlier Stem left is found by the node's name, and led to by a process group", () => {
  const { cgroups, nodes, signals, join } = setUp();
  assert.deepEqual(nodes.leftovers("a"), []);
  cgroups.make(`${TREE}/node-a`);
  join(501, 500, `${TREE}/node-a`);
  assert.deepEqual(nodes.leftovers("a"), [500]);
  assert.equal(nodes.hasMembers(500), true);
  nodes.signalOthers(500, "SIGTERM");
  // Its own group is signalled as a whole.
  assert.deepEqual(signals, []);
});

test("groups go with their nodes, and at the end with all that is in them", () => {
  const { cgroups, nodes, start, join } = setUp();
  start({ name: "a" }, 100).events.exited({ code: 0 });
  cgroups.group(`${TREE}/node-a`).processes.clear();
  nodes.forget("a");
  assert.deepEqual(cgroups.children(TREE), []);
  cgroups.make(`${TREE}/node-unknown`);
  join(700, 700, `${TREE}/node-unknown`);
  nodes.end(false);
  assert.deepEqual(cgroups.children(TREE), ["node-unknown"]);
  nodes.end(true);
  assert.equal(cgroups.groups.has(TREE), false);
});
