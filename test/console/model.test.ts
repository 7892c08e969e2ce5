/** What the page shows of what it knows: rows, loads, lives, words, pieces of output. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { piecesOf, plainText } from "../../src/console/model/ansi.ts";
import { curveOf, topOf } from "../../src/console/model/chart.ts";
import { crashesOf, crashOf } from "../../src/console/model/crash.ts";
import { NO_LOAD, SAMPLES, sampled, summed } from "../../src/console/model/load.ts";
import { countLooks, type Look, lookOf } from "../../src/console/model/look.ts";
import { type Change, planText, reloadedText } from "../../src/console/model/plan.ts";
import { printable } from "../../src/console/model/printable.ts";
import { type Filter, nodesOfKey, type Row, rowsOf } from "../../src/console/model/rows.ts";
import { spanShown, spanText, stripOf } from "../../src/console/model/timeline.ts";
import { EMPTY, told } from "../../src/console/model/tree.ts";
import {
  briefly,
  duration,
  loadText,
  memoryText,
  shortStateText,
  stateText,
} from "../../src/console/model/words.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { node, withRole } from "./fake.ts";

const ALL: Filter = { text: "", looks: new Set(), closed: new Set() };

function treeOf(...nodes: NodeStatus[]) {
  const status = { nodes: Object.fromEntries(nodes.map((one) => [one.node.name, one])) };
  return told(EMPTY, { type: "status", status, isFirst: true });
}

function outline(rows: readonly Row[]): string[] {
  return rows.map(({ key, level, hasNext, isParentNext }) =>
    [level, key, ...(hasNext ? ["|"] : []), ...(isParentNext ? ["||"] : [])].join(" "),
  );
}

test("without roles the nodes hang from the Stem", () => {
  assert.deepEqual(outline(rowsOf(treeOf(node("b"), node("a")), ALL)), [
    "1 supervisor",
    "2 stem",
    "3 node b |",
    "3 node a",
  ]);
});

test("with roles they are grouped, in the order in which a cluster starts", () => {
  const tree = treeOf(
    node("w-1", { node: withRole("w-1", "WORKER") }),
    node("m", { node: withRole("m", "MANAGER") }),
    node("w-2", { node: withRole("w-2", "WORKER"), state: "waiting" }),
    node("x"),
  );
  assert.deepEqual(outline(rowsOf(tree, ALL)), [
    "1 supervisor",
    "2 stem",
    "3 group manager |",
    "4 node m ||",
    "3 group worker |",
    "4 node w-1 | ||",
    "4 node w-2 ||",
    "3 group ",
    "4 node x",
  ]);
  const closed = new Set(["group worker", "group manager"]);
  assert.deepEqual(outline(rowsOf(tree, { ...ALL, closed })), [
    "1 supervisor",
    "2 stem",
    "3 group manager |",
    "3 group worker |",
    "3 group ",
    "4 node x",
  ]);
  const waiting = { ...ALL, looks: new Set<Look>(["waiting"]) };
  assert.deepEqual(outline(rowsOf(tree, waiting)).slice(2), ["3 group worker", "4 node w-2"]);
  assert.deepEqual(outline(rowsOf(tree, { ...ALL, text: "W-" })).length, 5);
  const of = (key: string) => nodesOfKey(tree, key).map(({ name }) => name);
  assert.deepEqual(of("group worker"), ["w-1", "w-2"]);
  assert.deepEqual([of("group "), of("node m"), of("node none")], [["x"], ["m"], []]);
  assert.equal(of("stem").length, 4);
});

test("a node's look is its state, and what makes it worth a second look", () => {
  const looks = [
    node("a"),
    node("a", { ready: false }),
    node("a", { state: "stopped", why: "told" }),
    node("a", { state: "stopped", why: "done" }),
    node("a", { state: "stopped", why: "failed" }),
    node("a", { state: "stopping" }),
    node("a", { health: { failures: 1, limit: 3, reason: "" } }),
  ].map(lookOf);
  assert.deepEqual(looks, [
    "running",
    "unready",
    "stopped",
    "done",
    "failed",
    "stopping",
    "ailing",
  ]);
  // What is worst comes last.
  assert.deepEqual(countLooks(["failed", "running", "waiting", "running"]), [
    ["running", 2],
    ["waiting", 1],
    ["failed", 1],
  ]);
});

test("a load is what was used between two samples of one process", () => {
  const use = (cpu: number, memory = 1) => ({ cpu, memory });
  const one = sampled(NO_LOAD, use(100), 7, 1_000);
  assert.deepEqual([one.cpu, one.memory], [[], [1]]);
  const two = sampled(one, use(600, 2), 7, 2_000);
  assert.deepEqual([two.cpu, two.memory], [[0.5], [1, 2]]);
  // Another process has begun to count anew; one that is gone uses nothing.
  const other = sampled(two, use(50), 8, 3_000);
  assert.deepEqual(other.cpu, [0.5]);
  assert.deepEqual(sampled(other, undefined, undefined, 4_000).cpu, [0.5, 0]);
  assert.equal(sampled(NO_LOAD, undefined, undefined, 1), NO_LOAD);
  let many = one;
  for (let i = 1; i < 2 * SAMPLES; i++) many = sampled(many, use(i), 7, 1_000 + i);
  assert.equal(many.cpu.length, SAMPLES);
  assert.deepEqual(summed([two, { cpu: [1, 1], memory: [5] }]), { cpu: [1, 1.5], memory: [1, 7] });
});

test("a life is bars and ticks of the time that is shown", () => {
  const life = {
    spans: [
      { from: 0, look: "running" as const },
      { from: 500, look: "waiting" as const },
      { from: 750, look: "running" as const },
    ],
    marks: [
      { at: 100, kind: "started" as const },
      { at: 500, kind: "ended" as const },
    ],
  };
  assert.deepEqual(stripOf(life, 250, 1_250), {
    bars: [
      { from: 0, to: 0.25, look: "running" },
      { from: 0.25, to: 0.5, look: "waiting" },
      { from: 0.5, to: 1, look: "running" },
    ],
    dots: [{ at: 0.25, mark: { at: 500, kind: "ended" } }],
  });
  assert.equal(spanText(spanShown(life, 60_000)), "5 min");
  assert.equal(spanText(spanShown(life, 3_000_000)), "1 h");
  assert.equal(spanText(spanShown(life, 1e10)), "12 h");
});

test("a curve ends at the right edge, and never leaves its box", () => {
  const box = { width: 10, height: 4, samples: 11 };
  assert.deepEqual(curveOf([], 1, box), { line: "", area: "" });
  assert.equal(curveOf([0, 0.5, 9], 1, box).line, "M8 4L9 2L10 0");
  assert.deepEqual([topOf([], 0.1), topOf([0.15], 0.1), topOf([3], 1)], [0.1, 0.2, 5]);
});

test("times, amounts and states are in words", () => {
  assert.deepEqual([duration(-5), duration(65_000), duration(9e7)], ["0s", "1m 5s", "1d 1h"]);
  assert.deepEqual([briefly(12), briefly(1_500)], ["12 ms", "1.5s"]);
  assert.deepEqual([memoryText(2 ** 20), memoryText(5e9)], ["1.0 MiB", "4.7 GiB"]);
  assert.deepEqual([loadText(0.004), loadText(2.3)], ["0.4%", "230%"]);
  const waiting = node("a", { state: "waiting", nextStart: 5_100 });
  assert.equal(stateText(waiting, 3_000), "waiting, starts in 3s");
  assert.equal(shortStateText(waiting, 3_000), "waiting (3s)");
  assert.equal(shortStateText(waiting, 9_000), "waiting (0s)");
  const ailing = node("a", { health: { failures: 1, limit: 3, reason: "refused" } });
  assert.equal(stateText(ailing, 0), "failing checks (1 of 3): refused");
  assert.equal(shortStateText(ailing, 0), "failing checks (1 of 3)");
  const pending = node("a", { state: "pending", waitsFor: ["m", "l\u202e", "x"] });
  assert.equal(stateText(pending, 0), "pending, for m, l\\u{202e} and 1 more");
});

test("nothing in a name can hide, reorder or break what stands beside it", () => {
  assert.equal(printable("a\nb\u202ec\u200bd\udc80"), "a\\nb\\u{202e}c\\u{200b}d\\x80");
  assert.equal(printable("<img src=x> é 👍"), "<img src=x> é 👍");
});

test("of escape sequences colours alone are left, as styles", () => {
  const line = "a\u001b[1;31mred\u001b[0m\u001b]0;title\u0007\u001b[2Jb\u001b[38;5;31mc\r";
  assert.deepEqual(piecesOf(line), [
    { text: "a", style: "" },
    { text: "red", style: "red bold" },
    { text: "b", style: "" },
    { text: "c", style: "" },
  ]);
  assert.equal(plainText(line), "aredbc");
  assert.equal(plainText("x\ty\u0008\u202e"), "x\ty\\x8\\u{202e}".replace("\\x8", "\\x08"));
});

test("crash records are read with care", () => {
  const exit = { signal: "SIGSEGV" };
  const crash = { id: "1", node: "a", at: 5, kind: "exit", exit, lived: 1_500 };
  const list = crashesOf([crash, null, 3, { ...crash, id: "2", at: 9, reason: "too slow" }]);
  assert.deepEqual(
    list.map(({ id, how }) => [id, how]),
    [
      ["2", "signal SIGSEGV after 1.5s: too slow"],
      ["1", "signal SIGSEGV after 1.5s"],
    ],
  );
  assert.deepEqual([crashesOf("no"), crashOf(null), crashOf({})], [[], undefined, undefined]);
  const record = crashOf({
    ...crash,
    pid: 7,
    usage: { cpu: 20, isFinal: true, peakMemory: 2 ** 20 },
    noCore: "core files are switched off",
    next: { kind: "started", at: 6, pid: 8 },
    config: { name: "a", command: ["x", "y"] },
    stdout: { lines: ["out"], omitted: 2048, complete: true },
    stderr: { lines: [], omitted: 0, complete: false },
  });
  assert.deepEqual(record?.streams, [
    { name: "stdout", lines: ["out"], note: "2 KiB before these" },
    { name: "stderr", lines: [], note: "something may have come later" },
  ]);
  assert.deepEqual(record?.fields, [
    ["PID", "7"],
    ["Lived", "1.5s"],
    ["CPU time", "20 ms"],
    ["Memory at most", "1.0 MiB"],
    ["Core", "core files are switched off"],
    ["Then", "started again (PID 8)"],
    ["Command", "x y"],
  ]);
  const failed = { ...crash, kind: "start", exit: {}, reason: "no such file" };
  assert.equal(crashesOf([failed])[0]?.how, "could not be started: no such file");
});

test("a plan, and what has become of it, are told in a sentence", () => {
  const planOf = (...actions: Change["action"][]) => ({
    changes: actions.map((action) => ({ node: "n", action, why: "" })),
    notes: [],
  });
  assert.equal(planText(planOf("keep", "restart", "keep")), "1 node restarts, 2 stay as they are.");
  assert.equal(planText(planOf("stop", "stop", "start")), "2 nodes stop for good, 1 starts.");
  assert.deepEqual(
    [planText(planOf("keep")), planText(planOf())],
    Array(2).fill("Nothing would change."),
  );
  const done = { kept: ["a"], changed: [], started: ["b", "c"], stopped: [] };
  assert.equal(reloadedText(done), "Reloaded: 2 nodes start, 1 stays as it is.");
  assert.match(reloadedText({ ...done, error: "bad script" }), /as it was: bad script/);
});
