/** Health on virtual time: when checks come, and what their outcomes come to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { afterCheck, firstHealth } from "../../src/core/checking.ts";
import type { NodeConfig } from "../../src/core/config.ts";
import { Tree, type TreeEffect } from "../../src/core/tree.ts";

/** A node whose first check is due 150 ms after it is ready, and each further one 100 ms after the last. */
class Subject {
  readonly tree = new Tree({ sigkill: true });
  now = 0;
  pid = 7;
  #first = 0;

  constructor(config: Omit<NodeConfig, "name"> = {}) {
    const health = { port: 80, interval: 100, failures: 3 };
    const whole: NodeConfig = { name: "a", command: ["x"], health, ...config };
    this.tree.create({ id: 1, config: whole }, 0);
    this.begin();
  }

  /** What a start under way comes to. */
  begin(): string[] {
    const { pid } = this;
    const effects = this.tree.handle("a", { type: "started", pid, group: pid }, this.now);
    this.#first = this.tree.nextWake() ?? 0;
    return words(effects);
  }

  /** Goes on to when something is next due. */
  wake(): string[] {
    const next = this.tree.nextWake();
    assert.ok(next !== undefined, "something is to come");
    this.now = next;
    return words(this.tree.wake(next));
  }

  check(reason?: string, pid = this.pid): string[] {
    const event = { type: "checked", pid, ...(reason !== undefined && { reason }) } as const;
    return words(this.tree.handle("a", event, this.now));
  }

  /** As many checks as that, one after the other, fail. */
  fail(times: number): string[] {
    let last: string[] = [];
    for (let i = 0; i < times; i++) {
      assert.deepEqual(this.wake(), [`check ${this.pid}`]);
      last = this.check("refused");
    }
    return last;
  }

  exit(exit: { code?: number; signal?: string } = { signal: "SIGTERM" }): string[] {
    const event = { type: "exited", pid: this.pid, exit, remains: false } as const;
    this.pid++;
    return words(this.tree.handle("a", event, this.now));
  }

  order(goal: "start" | "restart" | "stop"): string[] {
    return words(this.tree.order(goal, "a", 1, this.now));
  }

  get report() {
    return this.tree.snapshot().nodes[0]!.report;
  }

  get first(): number {
    return this.#first;
  }
}

test("the first check of a process comes when its node's turn is, the others after each interval", () => {
  const rules = { what: "port 80", interval: 100, failures: 3, first: 170 };
  const first = firstHealth(rules, 1_000);
  assert.deepEqual(first, { tag: "due", checkAt: 1_170, wellAt: 1_000 });
  const next = afterCheck({ tag: "checking", wellAt: 1_000 }, undefined, rules, 1_200);
  assert.deepEqual(next, { tag: "due", checkAt: 1_300, wellAt: 1_200 });
});

test("checks begin when it is ready, and each next one an interval after the last outcome", () => {
  const a = new Subject();
  assert.ok(a.first >= 100 && a.first < 200, `${a.first}`);
  assert.deepEqual(words(a.tree.wake(a.first - 1)), []);
  assert.deepEqual(a.wake(), ["check 7"]);
  assert.equal(a.tree.nextWake(), undefined, "no other while one is under way");
  a.now += 1_234;
  assert.deepEqual(a.check(), [], "that all is well is no news");
  assert.equal(a.tree.nextWake(), a.now + 100);
});

test("one that is not ready yet is not checked", () => {
  const a = new Subject({ ready: { fd: 3 } });
  assert.equal(a.tree.nextWake(), undefined);
  a.tree.handle("a", { type: "ready", pid: 7 }, 1_000);
  assert.ok(a.tree.nextWake()! >= 1_100);
});

test("failures are told one by one, and forgotten at the first success", () => {
  const a = new Subject();
  assert.deepEqual(a.fail(1), ["checked running"]);
  assert.deepEqual(a.report.health, { failures: 1, limit: 3, reason: "refused" });
  assert.deepEqual(a.fail(1), ["checked running"]);
  assert.equal(a.report.health?.failures, 2);
  a.wake();
  assert.deepEqual(a.check(), ["checked running"]);
  assert.equal(a.report.health, undefined);
  assert.deepEqual(a.fail(2), ["checked running"], "two more are not the third in a row");
});

test("as many as it takes, and it is ended: by its signal, and then by SIGKILL", () => {
  const a = new Subject({ stop: { signal: "SIGINT", interval: 500, attempts: 1 } });
  assert.deepEqual(a.fail(3), ["unhealthy stopping", "SIGINT 7", "changed stopping"]);
  assert.equal(a.report.health, undefined);
  const told = a.now;
  assert.deepEqual(a.wake(), ["SIGKILL 7"]);
  assert.equal(a.now, told + 500);
});

const UNHEALTHY = "health check 'port 80' failed 3 times: refused";

test("after its end it comes back as after a death, and its last exit says why", () => {
  const a = new Subject();
  a.fail(3);
  // It ends well, for it was told to; its health is a failure all the same.
  assert.deepEqual(a.exit({ code: 0 }), ["exited! waiting", "changed waiting"]);
  assert.deepEqual(a.report.lastExit, { code: 0, unhealthy: UNHEALTHY, at: a.now });
  // As after any death the delay counts from the last start, at 0.
  assert.equal(a.report.nextStart, 1_000);
  assert.deepEqual(a.wake(), ["spawn"]);
  assert.deepEqual(a.begin(), ["revived running"]);
  assert.equal(a.report.health, undefined, "its successor has failed nothing yet");
});

test("its policy has the last word", () => {
  const outcome = (revival: NodeConfig["revival"]) => {
    const a = new Subject({ ...(revival && { revival }) });
    a.fail(3);
    a.exit({ code: 0 });
    return [a.report.state, a.report.why];
  };
  assert.deepEqual(outcome({ when: "failure" }), ["waiting", undefined]);
  assert.deepEqual(outcome({ when: "never" }), ["stopped", "failed"]);
  assert.deepEqual(outcome({ limit: 0 }), ["stopped", "failed"]);
});

test("one that was never seen to be well has not lived: its delays grow, and its limit comes", () => {
  const revival = { limit: 2, delay: 0, resetAfter: 200 };
  const health = { port: 80, interval: 100, failures: 3 };
  const always = new Subject({ revival, health });
  for (let life = 1; life <= 2; life++) {
    always.fail(3);
    assert.ok(always.exit().includes("spawn"), `revival ${life}`);
    always.begin();
  }
  always.fail(3);
  always.exit();
  assert.deepEqual([always.report.state, always.report.why], ["stopped", "failed"]);
  // The same, but that it is well for a while each time.
  const now = new Subject({ revival, health });
  for (let life = 1; life <= 5; life++) {
    for (let checks = 0; checks < 3; checks++) {
      now.wake();
      now.check();
    }
    now.fail(3);
    assert.ok(now.exit().includes("spawn"), `revival ${life}`);
    now.begin();
  }
});

test("an outcome that comes late, or of another process, does not count", () => {
  const a = new Subject({ health: { port: 80, interval: 100, failures: 1 } });
  a.wake();
  assert.deepEqual(a.check("refused", 6), [], "of an earlier process");
  a.order("restart");
  assert.deepEqual(a.check("refused"), [], "of one that is told to end");
  a.exit();
  a.begin();
  assert.deepEqual(a.check("refused", 7), [], "of one that has ended");
  assert.deepEqual(a.check("refused", 8), [], "of a check that nobody asked for");
  assert.equal(a.report.state, "running");
  a.exit({ code: 1 });
  assert.deepEqual(a.check("refused", 8), [], "of one that has died");
});

test("an order that comes while it ends takes the place of what was to follow", () => {
  const ordered = (goal: "start" | "restart" | "stop", revival: NodeConfig["revival"]) => {
    const a = new Subject({ ...(revival && { revival }) });
    a.fail(3);
    a.order(goal);
    const effects = a.exit();
    assert.equal(a.report.lastExit?.unhealthy, UNHEALTHY, "that was why, all the same");
    return effects;
  };
  const again = ["exited waiting", "spawn"];
  assert.deepEqual(ordered("start", { when: "never" }), again);
  assert.deepEqual(ordered("restart", { when: "never" }), again);
  assert.deepEqual(ordered("stop", {}), ["exited stopped", "changed stopped"]);
});

test("one that comes after it waits: from when its checks have failed it counts as failed", () => {
  const a = new Subject({ stop: { interval: 60_000 } });
  a.fail(3);
  const failed = a.now;
  const config = { name: "b", command: ["x"], after: ["a"], afterTimeout: 5_000 };
  assert.deepEqual(words(a.tree.create({ id: 2, config }, failed)), ["changed pending"]);
  assert.equal(a.tree.nextWake(), failed + 5_000, "though it has not ended");
  assert.deepEqual(a.wake(), ["impatient pending", "spawn"]);
});

function words(effects: readonly TreeEffect[]): string[] {
  return effects.map((effect) => {
    switch (effect.type) {
      case "check":
        return `check ${effect.pid}`;
      case "signal":
        return `${effect.signal} ${effect.pid}`;
      case "report": {
        const { news, report } = effect;
        const isRevived = news.kind === "started" && news.revived;
        const isPremature = news.kind === "exited" && news.premature;
        return `${isRevived ? "revived" : news.kind}${isPremature ? "!" : ""} ${report.state}`;
      }
      default:
        return effect.type;
    }
  });
}
