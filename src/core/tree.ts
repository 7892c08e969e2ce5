/** All nodes of a Stem: names, configurations and lives; commands in, effects out. No clock, no I/O. */
import type { NodeConfig } from "./config.ts";
import {
  type Entry,
  isAtRest,
  isFailure,
  isGoing,
  isRevived,
  keptOf,
  newEntry,
  predecessorOf,
  wakeOf,
} from "./entry.ts";
import type { Event, News, Others, State } from "./life.ts";
import { step } from "./node.ts";
import { inEndOrder } from "./order.ts";
import type { Wait } from "./precedence.ts";
import {
  isFulfilled,
  type Kept,
  type NodeReport,
  type Origin,
  type Request,
  reportOf,
  stateName,
} from "./report.ts";
import { rulesOf } from "./rules.ts";
import { Waits } from "./waits.ts";
import { Wakes } from "./wakes.ts";

/** What a Stem is asked to create. */
export interface Creation {
  id: number;
  config: NodeConfig;
  /** Starts before, under an earlier Stem. */
  generation?: number;
  /** Process groups that an earlier Stem left, which end before this node starts. */
  previous?: readonly number[];
  /** It is not to start until it is told to. */
  stopped?: boolean;
  /** Kept for the Supervisor. */
  origin?: Origin | undefined;
}

export type TreeEffect =
  | { type: "spawn"; name: string; id: number; config: NodeConfig; generation: number }
  | { type: "signal"; pid: number; signal: NodeJS.Signals }
  | { type: "signalGroups"; groups: readonly number[]; signal: NodeJS.Signals }
  | { type: "look"; name: string; groups: readonly number[] }
  | { type: "probe" | "check"; name: string; config: NodeConfig; pid: number }
  | { type: "report"; report: NodeReport; news: News }
  | { type: "gone"; name: string; id: number };

/** A node that has waited so long for others is told of. */
const SAY_AFTER_MS = 10_000;

export class Tree {
  readonly #entries = new Map<string, Entry>();
  readonly #waits = new Waits((name) => this.#entries.get(name));
  readonly #wakes = new Wakes<Entry>();
  /** Those that wait for others before they end. */
  readonly #held = new Set<Entry>();
  /** Names of nodes of which something has changed, for those that wait for them. */
  readonly #changed = new Set<string>();
  readonly #sigkill: boolean;

  /** @param options.sigkill whether SIGKILL may be used at all */
  constructor(options: { sigkill: boolean }) {
    this.#sigkill = options.sigkill;
  }

  /** Nodes that exist or still have a process. */
  get size(): number {
    return this.#entries.size;
  }

  create(creation: Creation, now: number): TreeEffect[] {
    const { id, config, generation = 0, previous = [], stopped = false } = creation;
    const { origin = "script" } = creation;
    const known = this.#entries.get(config.name);
    if (known !== undefined) {
      if (!isGoing(known.state)) return [];
      this.#waits.left(known.config);
      known.id = id;
      known.config = config;
      known.origin = origin;
      known.lastExit = undefined;
      known.request = undefined;
      known.created = undefined;
    }
    const entry =
      known ?? newEntry({ id, config, origin }, rulesOf(config, id, this.#sigkill), now);
    this.#entries.set(config.name, entry);
    this.#waits.came(config);
    if (generation === 0) entry.created = now;
    const event: Event = { type: "create", generation, previous, stopped };
    return this.#settled(this.#step(entry, event, now), now);
  }

  destroy(name: string, now: number): TreeEffect[] {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.ending.includes(entry.id)) return [];
    return this.#settled(this.#destroy(entry, now), now);
  }

  /** @param number of the request, which the report that tells its fulfilment will carry */
  order(goal: Request["goal"], name: string, number: number, now: number): TreeEffect[] {
    const entry = this.#entries.get(name);
    if (entry === undefined) return [];
    entry.request = { number, goal };
    entry.failingSince = undefined;
    const effects = this.#step(entry, { type: goal }, now);
    // What was so already is told all the same: somebody waits for it.
    if (entry.answered === number && !effects.some(({ type }) => type === "report"))
      effects.push(...this.#report(entry, { kind: "changed" }, now));
    return this.#settled(effects, now);
  }

  /**
   * In which order to carry out commands that came together: in the order of ends, also of those that
   * come after each other only through nodes that go on. A restart that only starts comes last, and in
   * the order of starts: by then it is known who has to be ready again.
   */
  inTurn<Command extends { type: string; name: string }>(commands: readonly Command[]): Command[] {
    const onlyStarts = ({ type, name }: Command): boolean => {
      const tag = this.stateOf(name)?.tag;
      return type === "restart" && (tag === "stopped" || tag === "waiting");
    };
    const configOf = (name: string) => this.#entries.get(name)?.config;
    const sorted = inEndOrder(commands, ({ name }) => configOf(name), configOf);
    const ends = sorted.filter((command) => !onlyStarts(command));
    // Those for one node keep their order: the last of them is the one that counts.
    const starts = Map.groupBy(sorted.filter(onlyStarts), ({ name }) => name);
    return [...ends, ...[...starts.values()].reverse().flat()];
  }

  /** The end of the tree: what comes after others ends before them. */
  end(now: number): TreeEffect[] {
    const entries = inEndOrder([...this.#entries.values()], ({ config }) => config);
    const effects = entries.flatMap((entry) =>
      entry.ending.includes(entry.id) ? [] : this.#destroy(entry, now),
    );
    return this.#settled(effects, now);
  }

  /** A fact about a node: what became of an effect, or a death. */
  handle(name: string, event: Event, now: number): TreeEffect[] {
    const entry = this.#entries.get(name);
    return entry === undefined ? [] : this.#settled(this.#step(entry, event, now), now);
  }

  /** Lets every node act whose time has come. */
  wake(now: number): TreeEffect[] {
    const effects = this.#wakes.due(now).flatMap((entry) => {
      if (entry.state.tag !== "pending") return this.#step(entry, { type: "wake" }, now);
      return [...this.#lookAgain(entry, now), ...this.#sayBlocked(entry, now)];
    });
    return this.#settled(effects, now);
  }

  /** When `wake` is next due (monotonic milliseconds). */
  nextWake(): number | undefined {
    return this.#wakes.earliest();
  }

  /** What a Supervisor that has just connected must know. */
  snapshot(): { nodes: Kept[]; ending: number[] } {
    const entries = [...this.#entries.values()];
    return {
      nodes: entries.filter((entry) => !entry.ending.includes(entry.id)).map(keptOf),
      ending: entries.flatMap((entry) => entry.ending),
    };
  }

  /** A node's raw state, for tests and diagnosis. */
  stateOf(name: string): State | undefined {
    return this.#entries.get(name)?.state;
  }

  /** The id of the creation that a name stands for now. */
  idOf(name: string): number | undefined {
    return this.#entries.get(name)?.id;
  }

  #destroy(entry: Entry, now: number): TreeEffect[] {
    entry.ending.push(entry.id);
    entry.failingSince = undefined;
    return this.#step(entry, { type: "destroy" }, now);
  }

  #step(entry: Entry, event: Event, now: number): TreeEffect[] {
    const before = entry.state;
    let wait: Wait | undefined;
    const others: Others = this.#waits.othersOf(entry, now, (found) => {
      wait = found;
    });
    const { state, effects } = step(before, event, { now, rules: entry.rules, others });
    if (state === before && effects.length === 0 && event.type !== "start" && event.type !== "stop")
      return [];
    this.#changed.add(entry.name);
    this.#noteWait(entry, state, wait, now);
    const { request } = entry;
    if (request !== undefined && isFulfilled(request, before, event, state)) {
      entry.answered = request.number;
      entry.request = undefined;
    }
    if (stateName(state) !== stateName(before)) entry.since = now;
    entry.state = state;
    this.#wakes.set(entry, wakeOf(entry));
    if (state.tag !== "gone") entry.generation = state.life.generation;
    if (state.tag === "running" && state.readiness.tag === "ready") entry.failingSince = undefined;
    const out: TreeEffect[] = [];
    for (const effect of effects) {
      switch (effect.type) {
        case "spawn":
          entry.rules = rulesOf(entry.config, entry.id, this.#sigkill);
          entry.created = undefined;
          out.push(...this.#released(entry));
          // A revival that did not wait is no news: a crash loop would say it each time.
          if (before.tag === "pending" || !isRevived(state))
            out.push(...this.#impatience(entry, wait, now));
          out.push({
            type: "spawn",
            name: entry.name,
            id: entry.id,
            config: entry.config,
            generation: (state.tag === "gone" ? 0 : state.life.generation) + 1,
          });
          break;
        case "report":
          // The last creation's process has gone, and its successor has none yet.
          if (effect.news.kind !== "exited" && isAtRest(state)) out.push(...this.#released(entry));
          if (isFailure(effect.news, before) && predecessorOf(entry) === undefined)
            entry.failingSince ??= now;
          out.push(...this.#report(entry, effect.news, now));
          break;
        case "look":
          out.push({ ...effect, name: entry.name });
          break;
        case "probe":
        case "check":
          out.push({ ...effect, name: entry.name, config: entry.config });
          break;
        case "signal":
        case "signalGroups":
          out.push(effect);
          break;
        default:
          effect satisfies never;
      }
    }
    return out;
  }

  #noteWait(entry: Entry, state: State, wait: Wait | undefined, now: number): void {
    if (state.tag === "held") this.#held.add(entry);
    else this.#held.delete(entry);
    if (state.tag !== "pending" && state.tag !== "held") {
      entry.waitsFor = [];
      entry.lookAt = undefined;
      entry.sayAt = undefined;
      return;
    }
    if (state.tag === "pending" && entry.state.tag !== "pending") entry.sayAt = now + SAY_AFTER_MS;
    if (wait === undefined) return;
    entry.waitsFor = wait.names;
    if (wait.until === undefined) entry.lookAt = undefined;
    else entry.lookAt = wait.until;
  }

  /** Those that wait for a node of which something has changed may now go on. */
  #settled(effects: TreeEffect[], now: number): TreeEffect[] {
    for (const name of this.#changed) {
      this.#changed.delete(name);
      const waiting = [...this.#held].filter(({ waitsFor }) => waitsFor.includes(name));
      for (const follower of this.#waits.followersOf(name)) {
        const entry = this.#entries.get(follower);
        if (entry?.state.tag === "pending" && entry.waitsFor.includes(name)) waiting.push(entry);
      }
      for (const entry of waiting) effects.push(...this.#lookAgain(entry, now));
    }
    return effects;
  }

  /** It goes on if nothing is left to wait for; otherwise what it waits for may be less. */
  #lookAgain(entry: Entry, now: number): TreeEffect[] {
    const before = entry.waitsFor;
    const wait = this.#waits.of(entry, now);
    if (wait.names.length === 0) return this.#step(entry, { type: "go" }, now);
    this.#noteWait(entry, entry.state, wait, now);
    this.#wakes.set(entry, wakeOf(entry));
    const isSame =
      before.length === wait.names.length && before.every((n, i) => n === wait.names[i]);
    return isSame ? [] : this.#report(entry, { kind: "changed" }, now);
  }

  #sayBlocked(entry: Entry, now: number): TreeEffect[] {
    if (entry.sayAt === undefined || now < entry.sayAt) return [];
    entry.sayAt = undefined;
    this.#wakes.set(entry, wakeOf(entry));
    return this.#report(entry, { kind: "blocked" }, now);
  }

  #impatience(entry: Entry, wait: Wait | undefined, now: number): TreeEffect[] {
    const without = wait?.without ?? [];
    return without.length === 0 ? [] : this.#report(entry, { kind: "impatient", without }, now);
  }

  #report(entry: Entry, news: News, now: number): TreeEffect[] {
    if (news.kind === "gone") {
      this.#entries.delete(entry.name);
      this.#wakes.set(entry, undefined);
      this.#waits.left(entry.config);
      return this.#released(entry);
    }
    const predecessor = predecessorOf(entry);
    if (predecessor !== undefined) {
      // All that happens before the new creation's start happens to the old one.
      return [{ type: "report", report: { ...reportOf(entry), id: predecessor }, news }];
    }
    if (news.kind === "exited") entry.lastExit = { ...news.exit, at: now };
    if (news.kind === "failed") entry.lastExit = { code: 1, at: now };
    if (news.kind === "started") entry.since = now;
    return [{ type: "report", report: reportOf(entry), news }];
  }

  /** Nothing of the destroyed creations lives any more. */
  #released(entry: Entry): TreeEffect[] {
    const { name, ending } = entry;
    entry.ending = [];
    return ending.map((id) => ({ type: "gone", name, id }));
  }
}
