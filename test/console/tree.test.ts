/** What the page is told becomes the tree that it shows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY, type Told, type Tree, told } from "../../src/console/model/tree.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { event, node } from "./fake.ts";

const after = (tree: Tree, ...what: Told[]): Tree => what.reduce(told, tree);
const known = (...nodes: NodeStatus[]): Told => ({
  type: "status",
  isFirst: true,
  status: { nodes: Object.fromEntries(nodes.map((one) => [one.node.name, one])) },
});
const seen = (...args: Parameters<typeof event>): Told => ({
  type: "event",
  event: event(...args),
  now: args[1],
});
const names = ({ nodes }: Tree): string[] => [...nodes.keys()];

test("a status is all that there is", () => {
  const tree = after(EMPTY, known(node("a"), node("b")));
  assert.deepEqual(names(tree), ["a", "b"]);
  assert.ok(tree.isKnown && !EMPTY.isKnown);
  assert.deepEqual(names(after(tree, known(node("b")))), ["b"]);
});

test("a death and a revival are seen in the node, its life and the feed", () => {
  const exit = { signal: "SIGKILL" as const, at: 5_000 };
  const waiting = node("a", { state: "waiting", since: 5_000, lastExit: exit, nextStart: 6_000 });
  delete waiting.pid;
  const again = node("a", { generation: 2, pid: 200, since: 6_000, lastExit: exit });
  const tree = after(
    EMPTY,
    known(node("a")),
    seen("exited", 5_000, waiting, "ended"),
    seen("revived", 6_000, again, "was revived"),
  );
  const { status, life } = tree.nodes.get("a")!;
  assert.equal(status.pid, 200);
  assert.deepEqual(life.spans, [
    { from: 1_000, look: "running" },
    { from: 5_000, look: "waiting" },
    { from: 6_000, look: "running" },
  ]);
  assert.deepEqual(
    life.marks.map(({ kind, at }) => [kind, at]),
    [
      ["started", 1_000],
      ["ended", 5_000],
      ["revived", 6_000],
    ],
  );
  assert.deepEqual(
    tree.feed.map(({ id, text }) => [id, text]),
    [
      [1, "ended"],
      [2, "was revived"],
    ],
  );
});

test("what became of a node while the connection was lost is known from its next status", () => {
  const lastExit = { code: 1, at: 7_000 };
  const tree = after(
    EMPTY,
    known(node("a")),
    known(node("a", { generation: 3, since: 8_000, lastExit })),
  );
  const marks = tree.nodes.get("a")!.life.marks.map(({ kind }) => kind);
  assert.deepEqual(marks, ["started", "ended", "revived"]);
});

test("a node that becomes ready is so since it was told", () => {
  const tree = after(
    EMPTY,
    known(node("a", { ready: false })),
    seen("ready", 3_000, node("a", { ready: true })),
  );
  assert.deepEqual(tree.nodes.get("a")!.life.spans, [
    { from: 1_000, look: "unready" },
    { from: 3_000, look: "running" },
  ]);
});

test("a node that is destroyed is shown until nothing of it lives", () => {
  const leaving = after(EMPTY, known(node("a"), node("b")), {
    type: "event",
    event: { ...event("destroyed", 2_000), node: "a" },
    now: 2_000,
  });
  assert.ok(leaving.nodes.get("a")!.isLeaving);
  const asked = after(leaving, { ...known(node("b")), isFirst: false } as Told);
  assert.deepEqual(names(asked), ["a", "b"], "in its place until it is gone");
  const stopping = after(asked, seen("changed", 2_100, node("a", { state: "stopping" })));
  const gone: Told = { type: "event", event: { ...event("gone", 3_000), node: "a" }, now: 3_000 };
  assert.deepEqual(names(after(stopping, gone)), ["b"]);
});

test("of two of one name, the new one stays when nothing is left of the old one", () => {
  const told = (kind: "destroyed" | "gone", at: number): Told => ({
    type: "event",
    event: { ...event(kind, at), node: "a" },
    now: at,
  });
  const tree = after(
    EMPTY,
    known(node("a")),
    told("destroyed", 2_000),
    { ...known(node("a", { pid: 300, since: 2_500 })), isFirst: false } as Told,
    told("gone", 3_000),
  );
  assert.equal(tree.nodes.get("a")!.status.pid, 300);
});

test("a node may be called as what all objects have", () => {
  const nodes = Object.fromEntries(
    ["__proto__", "constructor"].map((name) => [name, node(name)]),
  ) as Record<string, NodeStatus>;
  const usage = JSON.parse('{"__proto__":{"cpu":5,"memory":7}}') as Record<string, never>;
  const tree = after(
    EMPTY,
    { type: "status", isFirst: true, status: { nodes } },
    { type: "usage", usage, at: 10 },
  );
  assert.deepEqual(names(tree), ["__proto__", "constructor"]);
  assert.deepEqual(tree.nodes.get("__proto__")!.load.memory, [7]);
  assert.deepEqual(tree.nodes.get("constructor")!.load.memory, []);
});

test("the Stem's death and return are seen", () => {
  const stem = (text: string): Told => ({
    type: "event",
    event: event("stem", 1, undefined, text),
    now: 1,
  });
  const dead = after(EMPTY, stem("the Stem (PID 12) ended by signal 9"));
  assert.deepEqual(dead.stem, { isUp: false, deaths: 1 });
  const back = after(dead, stem("a Stem was started (PID 34)"));
  assert.deepEqual(back.stem, { isUp: true, deaths: 1, pid: 34 });
});

test("another Supervisor's nodes are others; what happened stays to be read", () => {
  const tree = after(EMPTY, known(node("a")), seen("ready", 2, node("a")), { type: "another" });
  assert.deepEqual([names(tree), tree.feed.length, tree.isKnown], [[], 1, false]);
});

test("the feed and each life are bounded", () => {
  let tree = after(EMPTY, known(node("a")));
  for (let i = 2; i < 1_000; i++)
    tree = after(tree, seen("revived", i * 10, node("a", { generation: i, since: i * 10 })));
  const { life } = tree.nodes.get("a")!;
  assert.ok(tree.feed.length === 300 && life.spans.length === 200 && life.marks.length === 200);
  assert.equal(life.marks.at(-1)!.at, 9_990);
});

test("ends that are known from crash records are put in, once", () => {
  const ends = new Map([
    ["a", [{ at: 400, kind: "ended" as const }]],
    ["b", [{ at: 1, kind: "ended" as const }]],
  ]);
  const tree = after(EMPTY, known(node("a")), { type: "ends", ends }, { type: "ends", ends });
  assert.deepEqual(
    tree.nodes.get("a")!.life.marks.map(({ at }) => at),
    [400, 1_000],
  );
});

test("a clock that is ahead of ours is known, once the difference is no delay", () => {
  const at = (time: number, now: number) =>
    after(EMPTY, { type: "event", event: event("peer", time), now }).skew;
  assert.deepEqual([at(1_000, 2_000), at(99_000, 1_000), at(1_000, 99_000)], [0, 98_000, -98_000]);
});
