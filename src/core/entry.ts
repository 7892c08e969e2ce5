/** A node as the tree knows it, and what follows from that for its reports. */
import type { NodeConfig } from "./config.ts";
import { NEW, type News, type Rules, type State, wakeAt } from "./life.ts";
import {
  type Kept,
  type NodeReport,
  type Origin,
  type Reported,
  type Request,
  reportOf,
} from "./report.ts";
import type { Member } from "./waits.ts";

export interface Entry extends Reported, Member {
  origin: Origin;
  /** While it waits for others: when to look again, and when people are told that it waits. */
  lookAt: number | undefined;
  sayAt: number | undefined;
  /** What was asked for last, until it is fulfilled. */
  request: Request | undefined;
  /** Destroyed creations of this name whose process still has to end. */
  ending: number[];
}

/** Of a name that is free. @param now monotonic milliseconds */
export function newEntry(
  { id, config, origin }: { id: number; config: NodeConfig; origin: Origin },
  rules: Rules,
  now: number,
): Entry {
  return {
    id,
    name: config.name,
    config,
    origin,
    rules,
    state: NEW,
    generation: 0,
    since: now,
    waitsFor: [],
    answered: 0,
    ending: [],
    // All that it will ever have: what gains or loses fields later takes ten times the memory.
    lastExit: undefined,
    created: undefined,
    failingSince: undefined,
    lookAt: undefined,
    sayAt: undefined,
    request: undefined,
  };
}

/** What nobody asked for. A start that an order had undone by then is as little a failure as such an end. */
export function isFailure(news: News, before: State): boolean {
  if (news.kind === "failed") return before.tag !== "starting" || before.after === "run";
  return news.kind === "unhealthy" || (news.kind === "exited" && news.premature);
}

export function isRevived(state: State): boolean {
  return state.tag === "starting" && state.revived;
}

export function isAtRest({ tag }: State): boolean {
  return tag === "pending" || tag === "waiting" || tag === "stopped";
}

export function wakeOf({ state, lookAt, sayAt }: Entry): number | undefined {
  if (state.tag !== "pending") return wakeAt(state);
  if (lookAt === undefined || sayAt === undefined) return lookAt ?? sayAt;
  return Math.min(lookAt, sayAt);
}

/** It is to have no process, or to be rid of the one that it has. */
function isStopped(state: State): boolean {
  if (state.tag === "stopped") return state.why === "told";
  return "after" in state && (state.after === "stopped" || state.after === "dismiss");
}

/** Destroyed, but not gone: the name is free for a new creation. */
export function isGoing(state: State): boolean {
  return "after" in state && state.after === "gone";
}

/** The destroyed creation whose process still has to end before the entry's own can start. */
export function predecessorOf({ id, ending: [oldest] }: Entry): number | undefined {
  // Those that were destroyed after it never had a process.
  return oldest === id ? undefined : oldest;
}

export function keptOf(entry: Entry): Kept {
  const { config, origin, state } = entry;
  return { config, report: ownReportOf(entry), origin, stopped: isStopped(state) };
}

/** What concerns the present creation: not the process of its predecessor, which it waits for. */
function ownReportOf(entry: Entry): NodeReport {
  const { id, name, generation, since } = entry;
  if (predecessorOf(entry) === undefined) return reportOf(entry);
  return { id, name, state: "pending", generation, since };
}
