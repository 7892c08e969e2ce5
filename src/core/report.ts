/** What the Stem reports of a node. */
import { type HealthTrouble, troubleOf } from "./checking.ts";
import type { NodeConfig } from "./config.ts";
import type { Event, State } from "./life.ts";
import type { Exit } from "./revival.ts";
import type { NodeState, StoppedWhy } from "./status.ts";

/** Who wants a node: those of a script go when it no longer creates them. */
export type Origin = "script" | "remote";

/** A node as the Stem reports it. Times are monotonic milliseconds of the Stem's clock. */
export interface NodeReport {
  /** Which creation of that name it is; the Supervisor counts them. */
  id: number;
  name: string;
  state: NodeState;
  pid?: number;
  /** Its process group, if that has another number than `pid`. */
  group?: number;
  /** With the group's number it names the group for good (clock ticks since boot); added by the Stem's shell. */
  startTime?: number;
  /** Why it is stopped. */
  why?: StoppedWhy;
  /** Of a process that runs: whether it is ready. */
  ready?: boolean;
  /** Of a process that runs, and has failed its last health check. */
  health?: HealthTrouble;
  /** The nodes that it waits for before it starts, or before it ends: the first of them. */
  waitsFor?: readonly string[];
  generation: number;
  since: number;
  lastExit?: Exit & { at: number };
  nextStart?: number;
  /** The last request (a start, a restart or a stop) that was fulfilled. */
  answered?: number;
}

/** What a Supervisor that has just connected must know of a node. */
export interface Kept {
  config: NodeConfig;
  report: NodeReport;
  origin: Origin;
  /** It was told to stop, and not yet to start again. */
  stopped: boolean;
}

/** What there is to report, beside the state. */
export interface Reported {
  id: number;
  name: string;
  state: State;
  generation: number;
  since: number;
  lastExit: (Exit & { at: number }) | undefined;
  waitsFor: readonly string[];
  answered: number;
}

export function reportOf(node: Reported): NodeReport {
  const { id, name, state, generation, since, lastExit, waitsFor } = node;
  const report: NodeReport = { id, name, state: stateName(state), generation, since };
  if ("pid" in state) {
    report.pid = state.pid;
    if (state.group !== state.pid) report.group = state.group;
  }
  if (state.tag === "stopped") report.why = state.why;
  if (state.tag === "running") {
    report.ready = state.readiness.tag === "ready";
    const trouble = troubleOf(state.health);
    if (trouble !== undefined) report.health = trouble;
  }
  if (state.tag === "waiting") report.nextStart = state.until;
  if (lastExit !== undefined) report.lastExit = lastExit;
  if (waitsFor.length > 0) report.waitsFor = waitsFor;
  if (node.answered > 0) report.answered = node.answered;
  return report;
}

export function stateName(state: State): NodeState {
  switch (state.tag) {
    case "pending":
      return "pending";
    case "starting":
      return state.life.generation === 0 ? "pending" : "waiting";
    case "running":
      return "running";
    case "waiting":
      return "waiting";
    case "held":
    case "stopping":
      return "stopping";
    case "clearing":
      return typeof state.after === "object" && "reviveAt" in state.after ? "waiting" : "stopping";
    case "stopped":
    case "gone":
      return "stopped";
    default:
      return state satisfies never;
  }
}

/** A request that was made of a node, and what fulfils it. */
export interface Request {
  number: number;
  goal: "start" | "restart" | "stop";
}

/** A start that was itself told to restart while it was under way fulfils nothing. */
export function isFulfilled({ goal }: Request, before: State, event: Event, after: State): boolean {
  if (goal === "stop") return after.tag === "stopped";
  if (goal === "start" && event.type === "start") return after.tag === "running";
  return (
    before.tag === "starting" &&
    before.after === "run" &&
    (event.type === "started" || event.type === "failed")
  );
}
