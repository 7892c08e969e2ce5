/** A tree with modelled processes below it: what no sequence of events may ever bring about. */
import assert from "node:assert/strict";
import { type NodeConfig, policyOf } from "../../src/core/config.ts";
import { type News, wakeAt } from "../../src/core/life.ts";
import { circleThrough, predecessorsOf } from "../../src/core/order.ts";
import { readyRulesOf } from "../../src/core/readiness.ts";
import type { NodeReport } from "../../src/core/report.ts";
import { delayOf } from "../../src/core/revival.ts";
import { Tree, type TreeEffect } from "../../src/core/tree.ts";

export type Action =
  | { do: "create"; name: string; config: Omit<NodeConfig, "name"> }
  | { do: "destroy" | "restart" | "stop" | "start"; name: string }
  /** Its process ends by itself. */
  | { do: "die"; name: string; remains: boolean; code: number }
  /** What a start under way comes to. */
  | { do: "begin"; name: string; works: boolean }
  /** It says that it is ready, or a look that is under way finds out whether it is. */
  | { do: "say" | "see"; name: string; isReady: boolean }
  /** The outcome of a check that is under way. */
  | { do: "check"; name: string; isWell: boolean }
  /** What is left of its groups ends. */
  | { do: "clear"; name: string }
  | { do: "pass"; time: number };

interface Modelled {
  isStarting: boolean;
  pid: number | undefined;
  isReady: boolean;
  /** A look is under way. */
  isLooked: boolean;
  /** A check is under way. */
  isChecked: boolean;
  /** It has died, or could not be started, and has not been ready since. */
  hasFailed: boolean;
  /** It was told to end, and something of it may still live. */
  isEnding: boolean;
  wasSignalled: boolean;
  /** Groups of which others live. */
  remains: Set<number>;
}

export class TreeModel {
  readonly tree = new Tree({ sigkill: true });
  readonly #nodes = new Map<string, Modelled>();
  readonly #wanted = new Map<string, { id: number; config: NodeConfig; isStopped: boolean }>();
  /** Of processes that still run, or may: those of destroyed creations too. */
  readonly #configs = new Map<string, NodeConfig>();
  readonly #gone = new Set<number>();
  #now = 0;
  #lastId = 0;
  #lastPid = 100;
  #isMerciless = false;

  act(action: Action): void {
    this.#do(action);
    this.#check();
  }

  /** Every start works, every node becomes ready, nobody gives orders: everything wanted runs in the end. */
  calm(): void {
    for (let round = 0; round < 200; round++) {
      for (const name of this.#nodes.keys()) {
        this.#do({ do: "begin", name, works: true });
        this.#do({ do: "say", name, isReady: true });
        this.#do({ do: "see", name, isReady: true });
        this.#do({ do: "check", name, isWell: true });
        this.#do({ do: "clear", name });
        const node = this.#node(name);
        if (node.isEnding) this.#exit(node.pid, false, 0);
      }
      this.#do({ do: "pass", time: 1_000 });
    }
    for (const [name, { config, isStopped }] of this.#wanted) {
      const { when, limit } = policyOf(config).revival;
      const state = this.tree.stateOf(name);
      if (isStopped) assert.equal(state?.tag, "stopped", `${name} was stopped`);
      else if (state?.tag !== "stopped" || (when === "always" && limit === undefined))
        assert.equal(state?.tag, "running", `${name} runs in the end`);
    }
  }

  /** Everything is destroyed, and nothing resists SIGKILL: in finite time nothing is left. */
  end(): void {
    this.#isMerciless = true;
    // One that has begun may be what another waited for.
    while ([...this.#nodes.values()].some(({ isStarting }) => isStarting))
      for (const name of this.#nodes.keys()) this.#do({ do: "begin", name, works: true });
    this.#wanted.clear();
    for (const node of this.#nodes.values()) node.isEnding = isAlive(node);
    this.#perform(this.tree.end(this.#now));
    for (let turns = 0; this.tree.size > 0; turns++) {
      assert.ok(turns < 10_000, "the end comes in finite time");
      const next = this.tree.nextWake();
      assert.ok(next !== undefined, "whatever still ends has a wake-up");
      this.#do({ do: "pass", time: next - this.#now });
    }
    for (const { pid, remains } of this.#nodes.values()) {
      assert.equal(pid, undefined);
      assert.equal(remains.size, 0);
    }
    for (let id = 1; id <= this.#lastId; id++) assert.ok(this.#gone.has(id), `${id} is told gone`);
  }

  #do(action: Action): void {
    switch (action.do) {
      case "create": {
        if (this.#wanted.has(action.name)) return;
        const config = { ...action.config, name: action.name };
        if (circleThrough(config, (name) => this.#wanted.get(name)?.config) !== undefined) return;
        const id = ++this.#lastId;
        this.#wanted.set(action.name, { id, config, isStopped: false });
        this.#configs.set(action.name, config);
        this.#node(action.name).hasFailed = false;
        return this.#perform(this.tree.create({ id, config }, this.#now));
      }
      case "destroy":
        this.#wanted.delete(action.name);
        this.#tell(action.name);
        return this.#perform(this.tree.destroy(action.name, this.#now));
      case "restart":
      case "stop":
      case "start": {
        const wanted = this.#wanted.get(action.name);
        if (wanted === undefined) return;
        wanted.isStopped = action.do === "stop";
        this.#node(action.name).hasFailed = false;
        if (action.do !== "start") this.#tell(action.name);
        this.#perform(this.tree.order(action.do, action.name, 1, this.#now));
        // A start that was to be undone goes on after all.
        const state = this.tree.stateOf(action.name);
        if (state?.tag === "starting" && state.after === "run")
          this.#node(action.name).isEnding = false;
        return;
      }
      case "die":
        return this.#exit(this.#node(action.name).pid, action.remains, action.code);
      case "begin":
        return this.#outcome(action.name, action.works);
      case "say":
        return this.#say(action.name);
      case "see":
        return this.#see(action.name, action.isReady);
      case "check":
        return this.#outcomeOfCheck(action.name, action.isWell);
      case "clear":
        return this.#node(action.name).remains.clear();
      case "pass":
        return this.#pass(this.#now + action.time);
      default:
        action satisfies never;
    }
  }

  #tell(name: string): void {
    const node = this.#node(name);
    if (isAlive(node)) node.isEnding = true;
  }

  #pass(until: number): void {
    for (let next = this.tree.nextWake(); ; next = this.tree.nextWake()) {
      if (next === undefined || next > until) break;
      this.#now = Math.max(this.#now, next);
      this.#perform(this.tree.wake(this.#now));
      this.#check();
    }
    this.#now = until;
  }

  #outcome(name: string, works: boolean): void {
    const node = this.#node(name);
    if (!node.isStarting) return;
    node.isStarting = false;
    if (works) node.pid = ++this.#lastPid;
    else if (!node.isEnding) node.hasFailed = true;
    else node.isEnding = false;
    const pid = this.#lastPid;
    const event = works
      ? ({ type: "started", pid, group: pid } as const)
      : ({ type: "failed" } as const);
    const rules = readyRulesOf(this.#configs.get(name) ?? { name });
    if (works && rules.kind === "started") this.#becomeReady(node);
    this.#perform(this.tree.handle(name, event, this.#now));
  }

  #say(name: string): void {
    const node = this.#node(name);
    const rules = readyRulesOf(this.#configs.get(name) ?? { name });
    if (node.pid === undefined || rules.kind !== "told") return;
    this.#becomeReady(node);
    this.#perform(this.tree.handle(name, { type: "ready", pid: node.pid }, this.#now));
  }

  #see(name: string, isReady: boolean): void {
    const node = this.#node(name);
    if (!node.isLooked || node.pid === undefined) return;
    node.isLooked = false;
    if (isReady) this.#becomeReady(node);
    this.#perform(this.tree.handle(name, { type: "probed", pid: node.pid, isReady }, this.#now));
  }

  #outcomeOfCheck(name: string, isWell: boolean): void {
    const node = this.#node(name);
    if (!node.isChecked || node.pid === undefined) return;
    node.isChecked = false;
    const { pid } = node;
    const reason = isWell ? {} : { reason: "no answer" };
    this.#perform(this.tree.handle(name, { type: "checked", pid, ...reason }, this.#now));
  }

  #becomeReady(node: Modelled): void {
    if (node.isEnding) return;
    node.isReady = true;
    node.hasFailed = false;
  }

  #exit(pid: number | undefined, remains: boolean, code: number): void {
    for (const [name, node] of this.#nodes) {
      if (pid === undefined || node.pid !== pid) continue;
      node.pid = undefined;
      node.isReady = false;
      node.isLooked = false;
      node.isChecked = false;
      if (remains) node.remains.add(pid);
      if (!node.isEnding) node.hasFailed = true;
      if (!remains) node.isEnding = false;
      this.#checkDelay(name, () => {
        const exit = { type: "exited", pid, exit: { code }, remains } as const;
        this.#perform(this.tree.handle(name, exit, this.#now));
      });
    }
  }

  /** A node that died waits as long as Zeek's sequence says, counted from its last start. */
  #checkDelay(name: string, die: () => void): void {
    const before = this.tree.stateOf(name);
    const { revival } = policyOf(this.#wanted.get(name)?.config ?? { name });
    die();
    const after = this.tree.stateOf(name);
    if (before?.tag !== "running" || after?.tag !== "waiting") return;
    const isFresh = this.#now - before.since >= revival.resetAfter;
    const known = isFresh ? { attempts: 0 } : before.life.revival;
    assert.equal(after.until, before.since + delayOf(known, revival));
    assert.ok(after.until > this.#now, "what is overdue does not wait");
  }

  #perform(effects: readonly TreeEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "spawn": {
          const node = this.#node(effect.name);
          assert.ok(!node.isStarting, `${effect.name} is started while it starts`);
          assert.equal(node.pid, undefined, `${effect.name} is started while it runs`);
          assert.equal(node.remains.size, 0, `${effect.name} is started beside its remains`);
          assert.equal(this.#wanted.get(effect.name)?.id, effect.id, "only what is wanted starts");
          assert.ok(!this.#wanted.get(effect.name)?.isStopped, "what was stopped does not start");
          this.#judgeStart(effect.config);
          Object.assign(node, {
            isStarting: true,
            isReady: false,
            isEnding: false,
            wasSignalled: false,
          });
          break;
        }
        case "signal":
          this.#judgeSignal(effect.pid);
          if (this.#isMerciless && effect.signal === "SIGKILL") this.#exit(effect.pid, true, 1);
          break;
        case "signalGroups":
          if (!this.#isMerciless || effect.signal !== "SIGKILL") break;
          for (const { remains } of this.#nodes.values())
            for (const group of effect.groups) remains.delete(group);
          break;
        case "look": {
          const node = this.#node(effect.name);
          const left = effect.groups.filter((group) => node.remains.has(group));
          if (left.length === 0) node.isEnding = false;
          this.#perform(this.tree.handle(effect.name, { type: "looked", left }, this.#now));
          break;
        }
        case "probe": {
          const node = this.#node(effect.name);
          assert.equal(node.pid, effect.pid, "only what runs is looked at");
          node.isLooked = true;
          break;
        }
        case "check": {
          const node = this.#node(effect.name);
          assert.equal(node.pid, effect.pid, "only what runs is checked");
          assert.ok(node.isReady && !node.isEnding, "only what is ready is checked");
          assert.ok(!node.isChecked, "one check at a time");
          node.isChecked = true;
          break;
        }
        case "gone":
          assert.ok(!this.#gone.has(effect.id), `${effect.id} is told gone once`);
          assert.notEqual(this.#wanted.get(effect.name)?.id, effect.id);
          this.#gone.add(effect.id);
          break;
        case "report":
          if (effect.news.kind === "unhealthy")
            this.#judgeGivingUp(this.#node(effect.report.name), effect.report, effect.news);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  /** It was the last straw of as many failures as it takes; from now on it is a node that has failed. */
  #judgeGivingUp(
    node: Modelled,
    { name, pid }: NodeReport,
    { trouble }: Extract<News, { kind: "unhealthy" }>,
  ): void {
    assert.equal(node.pid, pid);
    assert.ok(!node.isEnding, "nobody else has ended it");
    assert.equal(trouble.failures, this.#configs.get(name)?.health?.failures);
    node.isEnding = true;
    node.hasFailed = true;
  }

  /** Nobody starts before a node that is on its way, and has not failed. */
  #judgeStart(config: NodeConfig): void {
    for (const name of predecessorsOf(config).names) {
      const wanted = this.#wanted.get(name);
      const node = this.#node(name);
      if (wanted === undefined || wanted.isStopped || node.hasFailed || node.pid === undefined)
        continue;
      // One that is late counts as failed, though nothing has happened to it.
      if (readyRulesOf(wanted.config).timeout !== undefined && !node.isReady) continue;
      assert.ok(node.isReady && !node.isEnding, `${config.name} starts before ${name} is ready`);
    }
  }

  /** Nobody is told to end before those that come after it and have been told the same. */
  #judgeSignal(pid: number): void {
    const found = [...this.#nodes].find(([, node]) => node.pid === pid);
    if (found === undefined || found[1].wasSignalled) return;
    found[1].wasSignalled = true;
    for (const [follower, config] of this.#configs) {
      if (!predecessorsOf(config).names.includes(found[0])) continue;
      // Of a name that is in use again, the other way round: neither waits for the other.
      if (this.#isAfter(found[0], follower)) continue;
      const { isEnding, pid: own } = this.#node(follower);
      assert.ok(!isEnding || own === undefined, `${found[0]} ends before ${follower} has`);
    }
  }

  /** Whether a node comes after another, directly or through others that there are. */
  #isAfter(name: string, other: string, seen = new Set<string>()): boolean {
    const config = this.#configs.get(name);
    if (config === undefined || seen.has(name)) return false;
    seen.add(name);
    return predecessorsOf(config).names.some(
      (before) => before === other || this.#isAfter(before, other, seen),
    );
  }

  /** A wanted node has a process, is about to, waits for others, or its policy has said that it stops. */
  #check(): void {
    for (const [name, { config, isStopped }] of this.#wanted) {
      const state = this.tree.stateOf(name);
      assert.ok(state !== undefined && state.tag !== "gone", `${name} is known`);
      const { isStarting, pid } = this.#node(name);
      const { when, limit } = policyOf(config).revival;
      if (state.tag === "stopped") assert.ok(isStopped || when !== "always" || limit !== undefined);
      else if (state.tag === "pending")
        assert.ok(predecessorsOf(config).names.length > 0, `${name} waits for somebody`);
      else if (wakeAt(state) === undefined) assert.ok(isStarting || pid !== undefined, state.tag);
      if (wakeAt(state) !== undefined) assert.ok(this.tree.nextWake()! <= wakeAt(state)!);
    }
  }

  #node(name: string): Modelled {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const node: Modelled = {
      isStarting: false,
      pid: undefined,
      isReady: false,
      isLooked: false,
      isChecked: false,
      hasFailed: false,
      isEnding: false,
      wasSignalled: false,
      remains: new Set(),
    };
    this.#nodes.set(name, node);
    return node;
  }
}

function isAlive({ pid, isStarting, remains }: Modelled): boolean {
  return pid !== undefined || isStarting || remains.size > 0;
}
