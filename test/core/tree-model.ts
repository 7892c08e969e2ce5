/** A tree with modelled processes below it: what no sequence of events may ever bring about. */
import assert from "node:assert/strict";
import { type NodeConfig, policyOf } from "../../src/core/config.ts";
import { wakeAt } from "../../src/core/life.ts";
import { delayOf } from "../../src/core/revival.ts";
import { Tree, type TreeEffect } from "../../src/core/tree.ts";

export type Action =
  | { do: "create"; name: string; config: Omit<NodeConfig, "name"> }
  | { do: "destroy" | "restart"; name: string }
  /** Its process ends by itself. */
  | { do: "die"; name: string; remains: boolean; code: number }
  /** What a start under way comes to. */
  | { do: "start"; name: string; works: boolean }
  /** What is left of its groups ends. */
  | { do: "clear"; name: string }
  | { do: "pass"; time: number };

interface Modelled {
  isStarting: boolean;
  pid: number | undefined;
  /** Groups of which others live. */
  remains: Set<number>;
}

export class TreeModel {
  readonly tree = new Tree({ sigkill: true });
  readonly #nodes = new Map<string, Modelled>();
  readonly #wanted = new Map<string, { id: number; config: NodeConfig }>();
  readonly #gone = new Set<number>();
  #now = 0;
  #lastId = 0;
  #lastPid = 100;
  #isMerciless = false;

  act(action: Action): void {
    this.#do(action);
    this.#check();
  }

  /** Everything is destroyed, and nothing resists SIGKILL: in finite time nothing is left. */
  end(): void {
    this.#isMerciless = true;
    for (const [name, { isStarting }] of this.#nodes) {
      if (isStarting) this.#do({ do: "start", name, works: true });
    }
    this.#wanted.clear();
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
        const id = ++this.#lastId;
        this.#wanted.set(action.name, { id, config });
        return this.#perform(this.tree.create({ id, config }, this.#now));
      }
      case "destroy":
        this.#wanted.delete(action.name);
        return this.#perform(this.tree.destroy(action.name, this.#now));
      case "restart":
        return this.#perform(this.tree.restart(action.name, 1, this.#now));
      case "die":
        return this.#exit(this.#node(action.name).pid, action.remains, action.code);
      case "start":
        return this.#outcome(action.name, action.works);
      case "clear":
        return this.#node(action.name).remains.clear();
      case "pass":
        return this.#pass(this.#now + action.time);
      default:
        action satisfies never;
    }
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
    const pid = this.#lastPid;
    const event = works ? ({ type: "started", pid } as const) : ({ type: "failed" } as const);
    this.#perform(this.tree.handle(name, event, this.#now));
  }

  #exit(pid: number | undefined, remains: boolean, code: number): void {
    for (const [name, node] of this.#nodes) {
      if (pid === undefined || node.pid !== pid) continue;
      node.pid = undefined;
      if (remains) node.remains.add(pid);
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
          node.isStarting = true;
          break;
        }
        case "signal":
          if (this.#isMerciless && effect.signal === "SIGKILL") this.#exit(effect.pid, true, 1);
          break;
        case "signalGroups":
          if (!this.#isMerciless || effect.signal !== "SIGKILL") break;
          for (const { remains } of this.#nodes.values())
            for (const group of effect.groups) remains.delete(group);
          break;
        case "look": {
          const { remains } = this.#node(effect.name);
          const left = effect.groups.filter((group) => remains.has(group));
          this.#perform(this.tree.handle(effect.name, { type: "looked", left }, this.#now));
          break;
        }
        case "gone":
          assert.ok(!this.#gone.has(effect.id), `${effect.id} is told gone once`);
          assert.notEqual(this.#wanted.get(effect.name)?.id, effect.id);
          this.#gone.add(effect.id);
          break;
        case "report":
          break;
        default:
          effect satisfies never;
      }
    }
  }

  /** A wanted node has a process, is about to, or its policy has said that it stops. */
  #check(): void {
    for (const [name, { config }] of this.#wanted) {
      const state = this.tree.stateOf(name);
      assert.ok(state !== undefined && state.tag !== "gone", `${name} is known`);
      const { isStarting, pid } = this.#node(name);
      const { when, limit } = policyOf(config).revival;
      if (state.tag === "stopped") assert.ok(when !== "always" || limit !== undefined);
      else if (wakeAt(state) === undefined) assert.ok(isStarting || pid !== undefined, state.tag);
      if (wakeAt(state) !== undefined) assert.ok(this.tree.nextWake()! <= wakeAt(state)!);
    }
  }

  #node(name: string): Modelled {
    const node = this.#nodes.get(name) ?? { isStarting: false, pid: undefined, remains: new Set() };
    this.#nodes.set(name, node);
    return node;
  }
}
