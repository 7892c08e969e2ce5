/** Who waits for whom in a tree, and so what each node may do. */
import type { NodeConfig } from "./config.ts";
import type { Others, Rules, State } from "./life.ts";
import { predecessorsOf } from "./order.ts";
import {
  isEnding,
  type Standing,
  standingOf,
  type Wait,
  waitToEnd,
  waitToStart,
} from "./precedence.ts";

/** A node, as far as others depend on it. */
export interface Member {
  name: string;
  state: State;
  config: NodeConfig;
  /** Of the process that runs or ran last; `config` may already be its successor's. */
  rules: Rules;
  /** When it was created, if it has never been started. */
  created: number | undefined;
  /** Since when it has not been ready, after a failure. */
  failingSince: number | undefined;
}

export class Waits {
  readonly #find: (name: string) => Member | undefined;
  /** By name, those that come directly after it. */
  readonly #followers = new Map<string, Set<string>>();

  constructor(find: (name: string) => Member | undefined) {
    this.#find = find;
  }

  came(config: NodeConfig): void {
    for (const name of predecessorsOf(config).names) {
      const known = this.#followers.get(name);
      if (known === undefined) this.#followers.set(name, new Set([config.name]));
      else known.add(config.name);
    }
  }

  left(config: NodeConfig): void {
    for (const name of predecessorsOf(config).names) {
      const known = this.#followers.get(name);
      if (known?.delete(config.name) && known.size === 0) this.#followers.delete(name);
    }
  }

  followersOf(name: string): Iterable<string> {
    return this.#followers.get(name) ?? [];
  }

  /** What the other nodes allow; found out only where it is asked for, and then told to `found`. */
  othersOf(member: Member, now: number, found: (wait: Wait) => void): Others {
    const allows = (wait: Wait): boolean => {
      found(wait);
      return wait.names.length === 0;
    };
    const [start, end] = [() => this.#toStart(member, now), () => this.#toEnd(member)];
    return {
      get mayStart() {
        return allows(start());
      },
      get mayEnd() {
        return allows(end());
      },
    };
  }

  /** What a node waits for that is told to end, or is to start. */
  of(member: Member, now: number): Wait {
    return member.state.tag === "held" ? this.#toEnd(member) : this.#toStart(member, now);
  }

  #toStart({ state, config, created }: Member, now: number): Wait {
    const waiting = state.tag === "pending" ? state.since : now;
    const since = { waiting, ...(created !== undefined && { created }) };
    return waitToStart(config, since, now, (name) => this.#standingOf(name));
  }

  #toEnd({ name }: Member): Wait {
    const isEndingNow = (one: string): boolean => {
      const state = this.#find(one)?.state;
      return state !== undefined && isEnding(state);
    };
    const followers = (one: string) => this.followersOf(one);
    const predecessors = (one: string): readonly string[] => {
      const member = this.#find(one);
      return member === undefined ? [] : predecessorsOf(member.config).names;
    };
    return { names: waitToEnd(name, isEndingNow, followers, predecessors), without: [] };
  }

  #standingOf(name: string): Standing | undefined {
    const member = this.#find(name);
    if (member === undefined) return undefined;
    return standingOf(member.state, member.failingSince, member.rules.ready.timeout);
  }
}
