/** What a tree's nodes wait for, on virtual time: starts, ends, and nodes that fail. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeConfig } from "../../src/core/config.ts";
import type { Event } from "../../src/core/life.ts";
import { Tree, type TreeEffect } from "../../src/core/tree.ts";

class Grove {
  readonly tree = new Tree({ sigkill: true });
  now = 0;
  #ids = 0;
  readonly #words: string[] = [];

  create(name: string, config: Omit<NodeConfig, "name"> = {}, stopped = false): void {
    const creation = { id: ++this.#ids, config: { ...config, name }, stopped };
    this.#take(this.tree.create(creation, this.now));
  }

  /** Its process begins; ready at once unless its configuration says otherwise. */
  started(name: string, pid: number): void {
    this.fact(name, { type: "started", pid, group: pid });
  }

  fact(name: string, event: Event): void {
    this.#take(this.tree.handle(name, event, this.now));
  }

  died(name: string, pid: number, code = 1): void {
    this.fact(name, { type: "exited", pid, exit: { code }, remains: false });
  }

  order(goal: "start" | "restart" | "stop", name: string): void {
    this.#take(this.tree.order(goal, name, 1, this.now));
  }

  /** @param names in the order of ends */
  restartTogether(...names: string[]): void {
    const commands = names.map((name) => ({ type: "restart", name }));
    for (const { name } of this.tree.inTurn(commands)) this.order("restart", name);
  }

  destroy(name: string): void {
    this.#take(this.tree.destroy(name, this.now));
  }

  end(): void {
    this.#take(this.tree.end(this.now));
  }

  pass(until: number): void {
    for (let next = this.tree.nextWake(); next !== undefined && next <= until; ) {
      this.now = next;
      this.#take(this.tree.wake(next));
      next = this.tree.nextWake();
    }
    this.now = until;
  }

  /** What was done and told since the last call. */
  get words(): string[] {
    return this.#words.splice(0);
  }

  waitsOf(name: string): readonly string[] | undefined {
    const { nodes } = this.tree.snapshot();
    return nodes.find(({ config }) => config.name === name)?.report.waitsFor;
  }

  #take(effects: readonly TreeEffect[]): void {
    for (const effect of effects) {
      if (effect.type === "spawn") this.#words.push(`spawn ${effect.name}`);
      if (effect.type === "signal") this.#words.push(`${effect.signal} ${effect.pid}`);
      if (effect.type === "probe") this.#words.push(`probe ${effect.name}`);
      if (effect.type === "gone") this.#words.push(`gone ${effect.name}`);
      if (effect.type !== "report" || effect.news.kind === "started") continue;
      if (effect.news.kind === "exited" || effect.news.kind === "changed") continue;
      const without = effect.news.kind === "impatient" ? ` without ${effect.news.without}` : "";
      this.#words.push(`${effect.report.name} ${effect.news.kind}${without}`);
    }
  }
}

const FD = { ready: { fd: 3 } };
const PLAIN = { command: ["x"] };

test("a node starts when the last of those that it comes after is ready", () => {
  const grove = new Grove();
  grove.create("c", { after: ["a", "b"] });
  grove.create("a", FD);
  grove.create("b", FD);
  grove.started("a", 1);
  grove.started("b", 2);
  assert.deepEqual(grove.words, ["spawn a", "spawn b"]);
  assert.deepEqual(grove.waitsOf("c"), ["a", "b"]);
  grove.fact("b", { type: "ready", pid: 2 });
  assert.deepEqual(grove.waitsOf("c"), ["a"]);
  assert.deepEqual(grove.words, ["b ready"]);
  grove.fact("a", { type: "ready", pid: 99 });
  assert.deepEqual(grove.words, [], "the word of another process");
  grove.fact("a", { type: "ready", pid: 1 });
  assert.deepEqual(grove.words, ["a ready", "spawn c"]);
  assert.equal(grove.waitsOf("c"), undefined);
});

test("what is slow is waited for, however long, and people are told once", () => {
  const grove = new Grove();
  grove.create("a", FD);
  grove.started("a", 1);
  grove.create("b", { after: ["a"] });
  grove.pass(9_999);
  assert.deepEqual(grove.words, ["spawn a"]);
  grove.pass(10_000_000);
  assert.deepEqual(grove.words, ["b blocked"]);
  grove.fact("a", { type: "ready", pid: 1 });
  assert.deepEqual(grove.words, ["a ready", "spawn b"]);
});

test("what has failed is waited for until it has failed for so long, counted from its first failure", () => {
  const grove = new Grove();
  const revival = { delay: 400, factor: 1 };
  grove.create("a", { ...FD, revival });
  grove.started("a", 1);
  grove.create("b", { after: ["a"], afterTimeout: 3_000 });
  grove.pass(100);
  grove.died("a", 1);
  for (let pid = 2; grove.now < 3_050; pid++) {
    grove.pass(grove.now + 400);
    if (grove.now < 3_100) assert.ok(!grove.words.includes("spawn b"), `at ${grove.now}`);
    grove.started("a", pid);
    grove.died("a", pid);
  }
  assert.ok(grove.words.includes("b impatient without a"));
  assert.equal(grove.tree.stateOf("b")?.tag, "starting");
});

test("a failure is over once the node has been ready: the next one is counted anew", () => {
  const grove = new Grove();
  grove.create("a", PLAIN);
  grove.started("a", 1);
  grove.died("a", 1);
  grove.pass(29_000);
  grove.started("a", 2);
  grove.pass(100_000);
  grove.died("a", 2);
  grove.create("b", { after: ["a"] });
  assert.deepEqual(grove.waitsOf("b"), ["a"]);
});

test("a node that starts without a failed one at once says so as well, but not at each revival", () => {
  const grove = new Grove();
  grove.create("a", FD);
  grove.fact("a", { type: "failed" });
  const revival = { delay: 400, factor: 1 };
  grove.create("b", { ...PLAIN, after: ["a"], afterTimeout: 0, revival });
  assert.deepEqual(grove.words, ["spawn a", "a failed", "b impatient without a", "spawn b"]);
  grove.started("b", 1);
  grove.died("b", 1);
  grove.pass(400);
  assert.deepEqual(grove.words, ["spawn b"]);
  grove.started("b", 2);
  grove.order("restart", "b");
  grove.died("b", 2);
  assert.deepEqual(grove.words, ["SIGTERM 2", "b impatient without a", "spawn b"]);
});

test("a start that a restart had undone before it failed is no failure", () => {
  const grove = new Grove();
  grove.create("a", FD);
  grove.order("restart", "a");
  grove.fact("a", { type: "failed" });
  grove.create("b", { ...PLAIN, after: ["a"], afterTimeout: 0 });
  assert.equal(grove.tree.stateOf("a")?.tag, "starting", "again");
  assert.equal(grove.tree.stateOf("b")?.tag, "pending");
  grove.fact("a", { type: "failed" });
  assert.equal(grove.tree.stateOf("b")?.tag, "starting");
});

test("what is later than its own time to be ready counts as failed from then on", () => {
  const grove = new Grove();
  grove.create("a", { ready: { fd: 3, timeout: 5_000 } });
  grove.started("a", 1);
  grove.create("b", { after: ["a"], afterTimeout: 1_000 });
  grove.pass(5_999);
  assert.ok(!grove.words.includes("spawn b"));
  grove.pass(6_000);
  assert.deepEqual(grove.words, ["b impatient without a", "spawn b"]);
});

test("a node that was named and is not there counts as failed; one of a layout may be on its way", () => {
  const grove = new Grove();
  grove.create("a", { after: ["nobody"], afterTimeout: 2_000 });
  assert.deepEqual(grove.waitsOf("a"), ["nobody"]);
  grove.pass(2_000);
  assert.deepEqual(grove.words, ["a impatient without nobody", "spawn a"]);
  const cluster = {
    w: { role: "WORKER", host: "::1", port: 0 },
    elsewhere: { role: "MANAGER", host: "::1", port: 1 },
  } as const;
  grove.create("w", { ...PLAIN, cluster });
  grove.pass(2_099);
  assert.deepEqual(grove.words, []);
  grove.pass(2_100);
  assert.deepEqual(grove.words, ["spawn w"]);
  grove.started("w", 1);
  grove.order("restart", "w");
  grove.died("w", 1);
  assert.deepEqual(grove.words, ["SIGTERM 1", "spawn w"], "only before its first start");
});

test("what was stopped, and a task that is done, is not waited for; one that was given up is, for a time", () => {
  for (const [policy, code, isWaitedFor] of [
    [{ when: "never" }, 0, false],
    [{ when: "never" }, 1, true],
    [{ limit: 0 }, 1, true],
  ] as const) {
    const grove = new Grove();
    grove.create("a", { ...FD, revival: policy });
    grove.started("a", 1);
    grove.died("a", 1, code);
    grove.create("b", { after: ["a"] });
    assert.equal(grove.words.includes("spawn b"), !isWaitedFor);
    grove.pass(30_000);
    assert.equal(grove.words.includes("spawn b"), isWaitedFor);
  }
  const grove = new Grove();
  grove.create("a", {}, true);
  grove.create("b", { after: ["a"] });
  assert.deepEqual(grove.words, ["spawn b"]);
});

test("what is told to end is not waited for until it has: stopped, or destroyed and of the layout only", () => {
  const cluster = {
    m: { role: "MANAGER", host: "::1", port: 0 },
    w: { role: "WORKER", host: "::1", port: 0 },
  } as const;
  const grove = new Grove();
  grove.create("m", { ...PLAIN, cluster });
  grove.started("m", 1);
  grove.order("stop", "m");
  assert.deepEqual(grove.words, ["spawn m", "SIGTERM 1"]);
  grove.create("w", { ...PLAIN, cluster });
  assert.deepEqual(grove.words, ["spawn w"]);
  grove.destroy("m");
  grove.create("x", { ...PLAIN, cluster: { ...cluster, x: cluster.w } });
  grove.pass(100);
  assert.deepEqual(grove.words, ["spawn x"]);
});

test("one that has been started waits for no node of its layout that is gone, however young it is", () => {
  const cluster = {
    m: { role: "MANAGER", host: "::1", port: 0 },
    w: { role: "WORKER", host: "::1", port: 0 },
  } as const;
  const grove = new Grove();
  grove.create("m", { ...PLAIN, cluster });
  grove.started("m", 1);
  grove.create("w", { ...PLAIN, cluster });
  grove.started("w", 2);
  grove.destroy("m");
  grove.died("m", 1);
  grove.order("restart", "w");
  grove.died("w", 2);
  assert.equal(grove.words.at(-1), "spawn w");
});

test("of several that have failed, each is waited for for its own time", () => {
  const grove = new Grove();
  for (const [name, pid] of [
    ["a", 1],
    ["b", 2],
  ] as const) {
    grove.create(name, { ...FD, revival: { when: "never" } });
    grove.started(name, pid);
    grove.died(name, pid);
    grove.pass(grove.now + 500);
  }
  grove.create("c", { after: ["a", "b"], afterTimeout: 2_000 });
  assert.deepEqual(grove.waitsOf("c"), ["a", "b"]);
  grove.pass(2_000);
  assert.deepEqual(grove.waitsOf("c"), ["b"]);
  grove.pass(2_500);
  assert.deepEqual(grove.words.slice(-2), ["c impatient without a,b", "spawn c"]);
});

test("nodes of a cluster that are created one by one, in the wrong order, start in the right one", () => {
  const cluster = {
    w: { role: "WORKER", host: "::1", port: 0 },
    m: { role: "MANAGER", host: "::1", port: 1 },
  } as const;
  const grove = new Grove();
  grove.create("w", { ...PLAIN, cluster });
  grove.pass(50);
  grove.create("m", { ...FD, cluster });
  grove.started("m", 1);
  grove.pass(5_000);
  assert.deepEqual(grove.words, ["spawn m"]);
  grove.fact("m", { type: "ready", pid: 1 });
  assert.deepEqual(grove.words, ["m ready", "spawn w"]);
});

test("a revival waits as well, and goes on at once where there is nothing to wait for", () => {
  const grove = new Grove();
  grove.create("a", PLAIN);
  grove.create("b", { ...PLAIN, after: ["a"] });
  grove.started("a", 1);
  grove.started("b", 2);
  grove.pass(50_000);
  grove.died("b", 2);
  assert.deepEqual(grove.words, ["spawn a", "spawn b", "spawn b"]);
  grove.started("b", 3);
  grove.pass(100_000);
  grove.died("a", 1);
  grove.died("b", 3);
  assert.deepEqual(grove.words, ["spawn a"]);
  assert.deepEqual(grove.waitsOf("b"), ["a"]);
  grove.started("a", 4);
  assert.deepEqual(grove.words, ["spawn b"]);
});

test("looks at a node start close together and thin out to one a second", () => {
  const grove = new Grove();
  grove.create("a", { ready: { file: "x" } });
  grove.started("a", 1);
  const looks: number[] = [];
  for (let at = grove.tree.nextWake()!; looks.length < 9; at = grove.tree.nextWake()!) {
    grove.pass(at);
    assert.ok(grove.words.includes("probe a"));
    looks.push(at);
    grove.fact("a", { type: "probed", pid: 1, isReady: false });
  }
  const gaps = looks.map((at, i) => at - (looks[i - 1] ?? 0));
  assert.deepEqual(gaps, [20, 40, 80, 160, 320, 640, 1_000, 1_000, 1_000]);
  grove.pass(grove.tree.nextWake()!);
  grove.fact("a", { type: "probed", pid: 1, isReady: true });
  assert.ok(grove.words.includes("a ready"));
  assert.equal(grove.tree.nextWake(), undefined, "nobody looks any more");
});

test("40: at the end those that come after others end first, and each level together", () => {
  const grove = clusterOf("l", "m", "p", "w1", "w2");
  grove.end();
  assert.deepEqual(grove.words, ["SIGTERM 4", "SIGTERM 5"]);
  assert.deepEqual(grove.waitsOf("p"), undefined, "what is to go is in no snapshot");
  grove.died("w1", 4, 0);
  assert.deepEqual(grove.words, ["gone w1"]);
  grove.died("w2", 5, 0);
  assert.deepEqual(grove.words, ["gone w2", "SIGTERM 3"]);
  grove.died("p", 3, 0);
  grove.died("m", 2, 0);
  assert.deepEqual(grove.words, ["gone p", "SIGTERM 2", "gone m", "SIGTERM 1"]);
});

test("28: a restart of all ends in the one order, and starts in the other", () => {
  const grove = clusterOf("l", "m", "w1");
  for (const name of ["w1", "m", "l"]) grove.order("restart", name);
  assert.deepEqual(grove.words, ["SIGTERM 3"]);
  grove.died("w1", 3, 0);
  assert.deepEqual(grove.words, ["SIGTERM 2"]);
  grove.died("m", 2, 0);
  grove.died("l", 1, 0);
  assert.deepEqual(grove.words, ["SIGTERM 1", "spawn l"]);
  grove.started("l", 11);
  grove.started("m", 12);
  grove.started("w1", 13);
  assert.deepEqual(grove.words, ["spawn m", "spawn w1"]);
});

test("one that is stopped alone waits for nobody: those that come after it run on", () => {
  const grove = clusterOf("l", "m", "w1");
  grove.order("stop", "m");
  assert.deepEqual(grove.words, ["SIGTERM 2"]);
  grove.died("m", 2, 0);
  grove.order("restart", "w1");
  grove.died("w1", 3, 0);
  assert.deepEqual(grove.words, ["SIGTERM 3", "spawn w1"], "what was stopped is not waited for");
});

test("an end is waited for through nodes in between", () => {
  const grove = clusterOf("a", "b", "c");
  grove.destroy("c");
  grove.destroy("a");
  assert.deepEqual(grove.words, ["SIGTERM 3"]);
  grove.died("c", 3, 0);
  assert.deepEqual(grove.words, ["gone c", "SIGTERM 1"]);
});

test("a new node comes after whom its own configuration says, not its predecessor's", () => {
  const grove = new Grove();
  grove.create("a", PLAIN);
  grove.started("a", 1);
  grove.create("b", { ...PLAIN, after: ["a"] });
  grove.started("b", 2);
  grove.destroy("b");
  grove.create("b", PLAIN);
  grove.died("b", 2);
  grove.started("b", 3);
  grove.order("stop", "b");
  assert.equal(grove.words.at(-1), "SIGTERM 3");
  grove.order("stop", "a");
  assert.deepEqual(grove.words, ["SIGTERM 1"]);
});

test("an end that waits for many names the first ten, and waits for all", () => {
  const grove = new Grove();
  grove.create("m", PLAIN);
  grove.started("m", 1);
  const names = Array.from({ length: 12 }, (_, i) => `w${i}`);
  for (const [i, name] of names.entries()) {
    grove.create(name, { ...PLAIN, after: ["m"] });
    grove.started(name, 10 + i);
  }
  for (const name of names) grove.order("stop", name);
  grove.order("stop", "m");
  assert.deepEqual(grove.waitsOf("m"), names.slice(0, 10));
  assert.ok(!grove.words.includes("SIGTERM 1"));
  for (const [i, name] of names.entries()) {
    assert.deepEqual(grove.words, [], `${name} is waited for`);
    grove.died(name, 10 + i, 0);
  }
  assert.deepEqual(grove.words, ["SIGTERM 1"]);
});

test("names that are in use again, the other way round, do not wait for each other in a circle", () => {
  const grove = clusterOf("a", "b", "c");
  for (const name of ["c", "b", "a"]) grove.destroy(name);
  // Nobody refuses that: there is no other node.
  grove.create("a", { ...PLAIN, after: ["b"], afterTimeout: 1_000 });
  assert.deepEqual(grove.words, ["SIGTERM 3"]);
  grove.died("c", 3, 0);
  assert.deepEqual(grove.words.sort(), ["SIGTERM 1", "SIGTERM 2", "gone c"]);
  grove.died("b", 2, 0);
  grove.died("a", 1, 0);
  grove.pass(1_000);
  assert.deepEqual(grove.words, ["gone b", "gone a", "a impatient without b", "spawn a"]);
});

test("a thousand workers wait for their manager, and for nothing else", () => {
  const grove = new Grove();
  const workers = Array.from({ length: 1_000 }, (_, i) => `w${i}`);
  for (const name of workers) grove.create(name, { ...PLAIN, after: ["m"] });
  grove.create("m", FD);
  grove.started("m", 1);
  assert.deepEqual(grove.words, ["spawn m"]);
  grove.fact("m", { type: "ready", pid: 1 });
  assert.equal(grove.words.length, 1_001);
});

/** A chain, but for names with a number, which all come after the first without one. */
function clusterOf(...names: string[]): Grove {
  const grove = new Grove();
  for (const [at, name] of names.entries()) {
    const before = names.slice(0, at).filter((one) => !/\d/.test(one));
    const after = /\d/.test(name) ? before : before.slice(-1);
    grove.create(name, { ...PLAIN, after });
    grove.started(name, at + 1);
  }
  assert.equal(grove.words.length, names.length);
  return grove;
}

test("28: a restart of all starts what was stopped after what it comes after, also if that runs", () => {
  const grove = new Grove();
  grove.create("a", PLAIN);
  grove.started("a", 100);
  grove.create("b", { ...PLAIN, after: ["a"] }, true);
  grove.create("c", { ...PLAIN, after: ["b"] }, true);
  assert.deepEqual(grove.words, ["spawn a"]);
  grove.restartTogether("c", "b", "a");
  assert.deepEqual(grove.words, ["SIGTERM 100"]);
  assert.deepEqual([grove.waitsOf("b"), grove.waitsOf("c")], [["a"], ["b"]]);
  grove.died("a", 100);
  grove.started("a", 101);
  grove.started("b", 102);
  assert.deepEqual(grove.words, ["spawn a", "spawn b", "spawn c"]);
});

test("28: a restart of all that were stopped starts them in their order", () => {
  const grove = new Grove();
  grove.create("a", PLAIN, true);
  grove.create("b", { ...PLAIN, after: ["a"] }, true);
  grove.restartTogether("b", "a");
  assert.deepEqual(grove.words, ["spawn a"]);
  assert.deepEqual(grove.waitsOf("b"), ["a"]);
  grove.started("a", 100);
  assert.deepEqual(grove.words, ["spawn b"]);
});

test("28: restarts of one node that come together are carried out in the order in which they came", () => {
  const tree = new Tree({ sigkill: true });
  for (const [id, name] of ["a", "b"].entries())
    tree.create({ id, config: { ...PLAIN, name }, stopped: true }, 0);
  const commands = ["b", "b", "a"].map((name, request) => ({ type: "restart", name, request }));
  assert.deepEqual(
    tree.inTurn(commands).map(({ name, request }) => `${name} ${request}`),
    ["a 2", "b 0", "b 1"],
  );
});

test("40: ends that are ordered together keep their order through a node that goes on", () => {
  const grove = new Grove();
  grove.create("a", PLAIN, true);
  grove.create("b", { ...PLAIN, after: ["a"] }, true);
  grove.create("c", { ...PLAIN, after: ["b"] }, true);
  const commands = ["a", "c"].map((name) => ({ type: "stop", name }));
  assert.deepEqual(
    grove.tree.inTurn(commands).map(({ name }) => name),
    ["c", "a"],
  );
});
