/** What a node waits for: before its start the nodes that it comes after, before its end those that come after it. */
import type { NodeConfig } from "./config.ts";
import type { State } from "./life.ts";
import { AFTER_TIMEOUT_MS, predecessorsOf } from "./order.ts";

/** How a node looks to those that come after it. Times are monotonic milliseconds. */
export type Standing =
  /** Ready; or without a process, and with none to come: it was stopped, or its work is done. */
  | { tag: "settled" }
  /** On its way; `failsAt`: from when on it counts as failed. */
  | { tag: "coming"; failsAt?: number }
  /** It has died, or could not be started, and has not been ready since. */
  | { tag: "failing"; since: number };

export interface Wait {
  /** The first of the nodes that are waited for. */
  names: string[];
  /** Those that have failed for too long: it starts without them. */
  without: string[];
  /** When to look again, should nothing happen before. */
  until?: number;
}

/** Its list tells people and decides what to look at again: the first few do for both. */
export const MOST_NAMED = 10;

/** What is created within this time (ms) counts as created together, from afar for example. */
const TOGETHER_MS = 100;

/** @param failingSince since when the node has not been ready, after a failure; unset: it has not failed */
export function standingOf(
  state: State,
  failingSince: number | undefined,
  readyTimeout: number | undefined,
): Standing | undefined {
  const onItsWay = (): Standing =>
    failingSince === undefined ? { tag: "coming" } : { tag: "failing", since: failingSince };
  switch (state.tag) {
    case "running": {
      if (state.readiness.tag === "ready") return { tag: "settled" };
      if (failingSince !== undefined || readyTimeout === undefined) return onItsWay();
      return { tag: "coming", failsAt: state.since + readyTimeout };
    }
    case "stopped":
      return state.why === "failed" ? onItsWay() : { tag: "settled" };
    case "starting":
    case "held":
    case "stopping":
    case "clearing":
      if (state.after === "gone") return undefined;
      return state.after === "stopped" ? { tag: "settled" } : onItsWay();
    case "pending":
    case "waiting":
      return onItsWay();
    case "gone":
      return undefined;
    default:
      return state satisfies never;
  }
}

/** When a start began to wait, and when the node was created, if it has never been started. */
export interface Since {
  waiting: number;
  created?: number;
}

/**
 * What a node waits for before it starts.
 * @param look a node's standing, undefined if there is no such node
 */
export function waitToStart(
  config: NodeConfig,
  since: Since,
  now: number,
  look: (name: string) => Standing | undefined,
): Wait {
  const { names, isNamed } = predecessorsOf(config);
  const wait: Wait = { names: [], without: [] };
  for (const name of names) {
    const standing = look(name);
    if (standing?.tag === "settled") continue;
    const until = patienceWith(standing, config, since, isNamed);
    if (until !== undefined && now >= until) {
      if (standing !== undefined || isNamed) wait.without.push(name);
    } else {
      wait.names.push(name);
      if (until !== undefined) wait.until = Math.min(until, wait.until ?? until);
      if (wait.names.length === MOST_NAMED) break;
    }
  }
  return wait;
}

/** Until when a node is waited for; undefined: as long as it takes. */
function patienceWith(
  standing: Exclude<Standing, { tag: "settled" }> | undefined,
  { afterTimeout = AFTER_TIMEOUT_MS }: NodeConfig,
  { waiting, created }: Since,
  isNamed: boolean,
): number | undefined {
  // A layout may have nodes that are never created; but those of a cluster may be on their way.
  if (standing === undefined && !isNamed)
    return created === undefined ? waiting : created + TOGETHER_MS;
  if (standing === undefined) return waiting + afterTimeout;
  const failed = standing.tag === "failing" ? standing.since : standing.failsAt;
  return failed === undefined ? undefined : failed + afterTimeout;
}

/**
 * What a node that was told to end waits for.
 * @param isEnding whether a node was told to end, and something of it still lives
 * @param followers the nodes that come directly after one
 * @param predecessors the nodes that one comes directly after
 */
export function waitToEnd(
  name: string,
  isEnding: (name: string) => boolean,
  followers: Neighbours,
  predecessors: Neighbours,
): string[] {
  const found: string[] = [];
  let earlier: ReadonlySet<string> | undefined;
  for (const one of reached(name, followers)) {
    if (one === name || !isEnding(one)) continue;
    earlier ??= new Set(reached(name, predecessors));
    // Both: their names are in use again, the other way round. They end together.
    if (earlier.has(one)) continue;
    found.push(one);
    if (found.length === MOST_NAMED) break;
  }
  return found;
}

type Neighbours = (name: string) => Iterable<string>;

/** Whatever is reached from a node, directly or through others, once each and nearest first. */
function* reached(name: string, next: Neighbours): Generator<string> {
  const seen = new Set<string>();
  const from = [name];
  for (const one of from) {
    for (const other of next(one)) {
      if (seen.has(other)) continue;
      seen.add(other);
      from.push(other);
      yield other;
    }
  }
}

export function isEnding(state: State): boolean {
  switch (state.tag) {
    case "held":
    case "stopping":
      return true;
    case "starting":
      return state.after !== "run";
    case "clearing":
      return typeof state.after === "string";
    case "pending":
    case "running":
    case "waiting":
    case "stopped":
    case "gone":
      return false;
    default:
      return state satisfies never;
  }
}
