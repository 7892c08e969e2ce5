/** All nodes of a Stem: names, configurations and lives; commands in, effects out. No clock, no I/O. */
import { type NodeConfig, policyOf } from "./config.ts";
import { type Event, NEW, type News, type Rules, type State, wakeAt } from "./life.ts";
import { step } from "./node.ts";
import type { Exit } from "./revival.ts";
import type { NodeState } from "./status.ts";

/** A node as the Stem reports it. Times are monotonic milliseconds of the Stem's clock. */
export interface NodeReport {
  /** Which creation of that name it is; the Supervisor counts them. */
  id: number;
  name: string;
  state: NodeState;
  pid?: number;
  /** With `pid` it names a process for good (clock ticks since boot); added by the Stem's shell. */
  startTime?: number;
  generation: number;
  since: number;
  lastExit?: Exit & { at: number };
  nextStart?: number;
  /** The last restart request that the latest start has answered. */
  answered?: number;
}

/** What a Stem is asked to create. */
export interface Creation {
  id: number;
  config: NodeConfig;
  /** Starts before, under an earlier Stem. */
  generation?: number;
  /** Process groups that an earlier Stem left, which end before this node starts. */
  previous?: readonly number[];
}

export type TreeEffect =
  | { type: "spawn"; name: string; id: number; config: NodeConfig; generation: number }
  | { type: "signal"; pid: number; signal: NodeJS.Signals }
  | { type: "signalGroups"; groups: readonly number[]; signal: NodeJS.Signals }
  | { type: "look"; name: string; groups: readonly number[] }
  | { type: "report"; report: NodeReport; news: News }
  | { type: "gone"; name: string; id: number };

interface Entry {
  id: number;
  name: string;
  config: NodeConfig;
  /** Of the process that runs or ran last; `config` may already be its successor's. */
  rules: Rules;
  state: State;
  /** Starts so far: the last report, of a node that is gone, tells them too. */
  generation: number;
  since: number;
  lastExit?: Exit & { at: number };
  /** The last restart request; answered by the next start. */
  request: number;
  answered: number;
  /** Destroyed creations of this name whose process still has to end. */
  ending: number[];
}

export class Tree {
  readonly #entries = new Map<string, Entry>();
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
    const { id, config, generation = 0, previous = [] } = creation;
    const known = this.#entries.get(config.name);
    const entry = known ?? this.#newEntry(creation, now);
    if (known !== undefined) {
      if (!isEnding(known.state)) return [];
      known.id = id;
      known.config = config;
      delete known.lastExit;
    }
    return this.#step(entry, { type: "create", generation, previous }, now);
  }

  destroy(name: string, now: number): TreeEffect[] {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.ending.includes(entry.id)) return [];
    entry.ending.push(entry.id);
    return this.#step(entry, { type: "destroy" }, now);
  }

  /** @param request a number that the report of the start that follows will carry */
  restart(name: string, request: number, now: number): TreeEffect[] {
    const entry = this.#entries.get(name);
    if (entry === undefined) return [];
    entry.request = request;
    return this.#step(entry, { type: "restart" }, now);
  }

  /** The end of the tree: every node at once. */
  end(now: number): TreeEffect[] {
    return [...this.#entries.keys()].flatMap((name) => this.destroy(name, now));
  }

  /** A fact about a node: what became of an effect, or a death. */
  handle(name: string, event: Event, now: number): TreeEffect[] {
    const entry = this.#entries.get(name);
    return entry === undefined ? [] : this.#step(entry, event, now);
  }

  /** Lets every node act whose time has come. */
  wake(now: number): TreeEffect[] {
    const due = [...this.#entries.values()].filter((entry) => {
      const at = wakeAt(entry.state);
      return at !== undefined && at <= now;
    });
    return due.flatMap((entry) => this.#step(entry, { type: "wake" }, now));
  }

  /** When `wake` is next due (monotonic milliseconds). */
  nextWake(): number | undefined {
    let earliest: number | undefined;
    for (const { state } of this.#entries.values()) {
      const at = wakeAt(state);
      if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
    }
    return earliest;
  }

  /** What a Supervisor that has just connected must know. */
  snapshot(): { nodes: { config: NodeConfig; report: NodeReport }[]; ending: number[] } {
    const entries = [...this.#entries.values()];
    return {
      nodes: entries
        .filter((entry) => !entry.ending.includes(entry.id))
        .map((entry) => ({ config: entry.config, report: ownReportOf(entry) })),
      ending: entries.flatMap((entry) => entry.ending),
    };
  }

  /** A node's raw state, for tests and diagnosis. */
  stateOf(name: string): State | undefined {
    return this.#entries.get(name)?.state;
  }

  #newEntry({ id, config }: Creation, now: number): Entry {
    const rules = this.#rulesOf(config);
    const { name } = config;
    const entry: Entry = {
      id,
      name,
      config,
      rules,
      state: NEW,
      generation: 0,
      since: now,
      request: 0,
      answered: 0,
      ending: [],
    };
    this.#entries.set(name, entry);
    return entry;
  }

  #rulesOf(config: NodeConfig): Rules {
    const policy = policyOf(config);
    return { ...policy, stop: { ...policy.stop, sigkill: this.#sigkill } };
  }

  #step(entry: Entry, event: Event, now: number): TreeEffect[] {
    const before = entry.state;
    const { state, effects } = step(before, event, now, entry.rules);
    if (isStartOutcome(before, event)) entry.answered = entry.request;
    if (stateName(state) !== stateName(before)) entry.since = now;
    entry.state = state;
    if (state.tag !== "gone") entry.generation = state.life.generation;
    const out: TreeEffect[] = [];
    for (const effect of effects) {
      switch (effect.type) {
        case "spawn":
          entry.rules = this.#rulesOf(entry.config);
          out.push(...this.#released(entry));
          out.push({
            type: "spawn",
            name: entry.name,
            id: entry.id,
            config: entry.config,
            generation: (state.tag === "gone" ? 0 : state.life.generation) + 1,
          });
          break;
        case "report":
          out.push(...this.#report(entry, effect.news, now));
          break;
        case "look":
          out.push({ ...effect, name: entry.name });
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

  #report(entry: Entry, news: News, now: number): TreeEffect[] {
    if (news.kind === "gone") {
      this.#entries.delete(entry.name);
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

/** Destroyed, but not gone: the name is free for a new creation. */
function isEnding(state: State): boolean {
  return (
    (state.tag === "starting" || state.tag === "stopping" || state.tag === "clearing") &&
    state.after === "gone"
  );
}

/** A start that was itself told to restart while it was under way answers no request. */
function isStartOutcome(before: State, event: Event): boolean {
  return (
    before.tag === "starting" &&
    before.after === "run" &&
    (event.type === "started" || event.type === "failed")
  );
}

/** The destroyed creation whose process still has to end before the entry's own can start. */
function predecessorOf({ id, ending }: Entry): number | undefined {
  return ending.includes(id) ? undefined : ending.at(-1);
}

/** What concerns the present creation: not the process of its predecessor, which it waits for. */
function ownReportOf(entry: Entry): NodeReport {
  const { id, name, generation, since } = entry;
  if (predecessorOf(entry) === undefined) return reportOf(entry);
  return { id, name, state: "pending", generation, since };
}

function reportOf(entry: Entry): NodeReport {
  const { id, name, state, generation, since, lastExit } = entry;
  const report: NodeReport = { id, name, state: stateName(state), generation, since };
  if (state.tag === "running" || state.tag === "stopping") report.pid = state.pid;
  if (state.tag === "waiting") report.nextStart = state.until;
  if (lastExit !== undefined) report.lastExit = lastExit;
  if (entry.answered > 0) report.answered = entry.answered;
  return report;
}

function stateName(state: State): NodeState {
  switch (state.tag) {
    case "pending":
      return "pending";
    case "starting":
      return state.life.generation === 0 ? "pending" : "waiting";
    case "running":
      return "running";
    case "waiting":
      return "waiting";
    case "stopping":
      return "stopping";
    case "clearing":
      return typeof state.after === "object" ? "waiting" : "stopping";
    case "stopped":
    case "gone":
      return "stopped";
    default:
      return state satisfies never;
  }
}
