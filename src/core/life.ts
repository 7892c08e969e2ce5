/** What there is to know of a node's life: its states, what happens to it, and what comes of that. */
import type { CheckRules, Health, HealthTrouble } from "./checking.ts";
import type { Policy } from "./config.ts";
import type { Readiness, ReadyRules } from "./readiness.ts";
import type { Exit, Revival } from "./revival.ts";
import type { StoppedWhy } from "./status.ts";
import type { StopProgress, StopRules } from "./stopping.ts";

/** What outlasts a single process of a node. */
export interface Life {
  /** Starts so far. */
  generation: number;
  revival: Revival;
}

/** What a node was told to do once its process has ended. */
export type Told = "respawn" | "stopped" | "gone";

/** What follows once the process and its group are gone. */
export type After = Told | { stopped: "done" | "failed" } | { reviveAt: number };

/** A process, and the group that has to be empty before a successor may start. */
export interface Running {
  pid: number;
  /** The group's number: that of its leader, which signals go to. */
  group: number;
}

/** A process that is to end, or has been told to. */
export interface Leaving extends Running {
  life: Life;
  /** Why, if nobody gave an order: its health checks have failed. */
  unhealthy?: string;
  after: After;
}

export type State =
  /** It is to start, and waits for the nodes that it comes after. */
  | { tag: "pending"; life: Life; since: number; revived: boolean }
  | {
      tag: "starting";
      life: Life;
      since: number;
      revived: boolean;
      /**
       * "recreate": the start under way was a destroyed creation's, and is not the new one's;
       * "dismiss": the same, and the new one is not to start.
       */
      after: "run" | "recreate" | "dismiss" | Told;
    }
  | ({ tag: "running"; life: Life; since: number; readiness: Readiness; health: Health } & Running)
  | { tag: "waiting"; life: Life; until: number }
  /** It is to end, and waits for the nodes that come after it, which end first. */
  | ({ tag: "held"; since: number } & Leaving)
  | ({ tag: "stopping"; stop: StopProgress } & Leaving)
  | {
      /** The process has gone, others of its group have not; or both belong to a dead Stem. */
      tag: "clearing";
      life: Life;
      groups: readonly number[];
      inherited: boolean;
      stop: StopProgress;
      looks: number;
      lookAt: number;
      after: After;
    }
  | { tag: "stopped"; life: Life; why: StoppedWhy }
  | { tag: "gone" };

/** Commands (create, …, destroy), facts (started, …, looked), and what comes with time (go, wake). */
export type Event =
  | {
      type: "create";
      generation: number;
      /** Process groups that an earlier Stem left; they go first. */
      previous: readonly number[];
      /** It was told to stop, under an earlier Stem. */
      stopped: boolean;
    }
  | { type: "start" }
  | { type: "restart" }
  | { type: "stop" }
  | { type: "destroy" }
  | ({ type: "started" } & Running)
  | { type: "failed" }
  /** The process has said that it is ready. */
  | { type: "ready"; pid: number }
  /** The answer to a `probe`. */
  | { type: "probed"; pid: number; isReady: boolean }
  /** The outcome of a `check`; `reason`: why it failed, if it did. */
  | { type: "checked"; pid: number; reason?: string }
  /** `remains`: whether others of its process group still live. */
  | { type: "exited"; pid: number; exit: Exit; remains: boolean }
  /** The answer to a `look`: those of the groups that still have a member. */
  | { type: "looked"; left: readonly number[] }
  /** What it waits for, of other nodes, may be there. */
  | { type: "go" }
  | { type: "wake" };

export type Effect =
  | { type: "spawn" }
  | { type: "signal"; pid: number; signal: NodeJS.Signals }
  | { type: "signalGroups"; groups: readonly number[]; signal: NodeJS.Signals }
  | { type: "look"; groups: readonly number[] }
  /** Look whether the process is ready. */
  | { type: "probe"; pid: number }
  /** Look whether the process is healthy. */
  | { type: "check"; pid: number }
  | { type: "report"; news: News };

/** Why a report is made. */
export type News =
  | { kind: "started"; revived: boolean }
  | { kind: "failed" }
  | { kind: "ready" }
  /** A health check has failed, or is the first to succeed again. */
  | { kind: "checked" }
  /** It is ended, as too many have failed; `revived`: its policy has it come back. */
  | { kind: "unhealthy"; trouble: HealthTrouble; revived: boolean }
  | { kind: "exited"; pid: number; exit: Exit; premature: boolean }
  | { kind: "changed" }
  /** It has waited for other nodes for long. */
  | { kind: "blocked" }
  /** It has started without nodes that it comes after, since they have failed for too long. */
  | { kind: "impatient"; without: readonly string[] }
  | { kind: "gone" };

export interface Step {
  state: State;
  effects: Effect[];
}

/** The policies of a node, whether SIGKILL is allowed, how it becomes ready, and is checked from then on. */
export interface Rules extends Policy {
  stop: StopRules;
  ready: ReadyRules;
  health?: CheckRules;
}

/** What the other nodes allow this one: its start, if those that it comes after are ready; its end. */
export interface Others {
  mayStart: boolean;
  mayEnd: boolean;
}

/** All that a step depends on beside the state and the event. */
export interface Circumstances {
  /** Monotonic milliseconds. */
  now: number;
  /** Those of the process that runs or ran last. */
  rules: Rules;
  others: Others;
}

/** A state of one kind. */
export type In<Tag extends State["tag"]> = Extract<State, { tag: Tag }>;

/** What a name is before its first creation. */
export const NEW: State = { tag: "gone" };

/** When the node next wants a `wake`, if ever (monotonic milliseconds). */
export function wakeAt(state: State): number | undefined {
  switch (state.tag) {
    case "waiting":
      return state.until;
    case "stopping":
      return state.stop.next;
    case "clearing":
      return Math.min(state.stop.next, state.lookAt);
    case "running":
      if (state.readiness.tag === "unseen") return state.readiness.lookAt;
      return state.health.tag === "due" ? state.health.checkAt : undefined;
    case "pending":
    case "starting":
    case "held":
    case "stopped":
    case "gone":
      return undefined;
    default:
      return state satisfies never;
  }
}
