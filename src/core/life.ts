/** What there is to know of a node's life: its states, what happens to it, and what comes of that. */
import type { Policy } from "./config.ts";
import { type Exit, FRESH, type Revival } from "./revival.ts";
import type { StopProgress, StopRules } from "./stopping.ts";

/** What outlasts a single process of a node. */
export interface Life {
  /** Starts so far. */
  generation: number;
  revival: Revival;
}

/** What follows once the process and its group are gone. */
export type After = "respawn" | "stopped" | "gone" | { reviveAt: number };

export type State =
  | { tag: "pending"; life: Life }
  | {
      tag: "starting";
      life: Life;
      since: number;
      revived: boolean;
      /** "recreate": the start under way was a destroyed creation's, and is not the new one's. */
      after: "run" | "respawn" | "recreate" | "gone";
    }
  | { tag: "running"; life: Life; pid: number; since: number }
  | { tag: "waiting"; life: Life; until: number }
  | { tag: "stopping"; life: Life; pid: number; stop: StopProgress; after: "respawn" | "gone" }
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
  | { tag: "stopped"; life: Life }
  | { tag: "gone" };

/** Commands (create, restart, destroy), facts (started, failed, exited, looked), and time (wake). */
export type Event =
  /** `previous`: process groups that an earlier Stem left; they go first. */
  | { type: "create"; generation: number; previous: readonly number[] }
  | { type: "restart" }
  | { type: "destroy" }
  | { type: "started"; pid: number }
  | { type: "failed" }
  /** `remains`: whether others of its process group still live. */
  | { type: "exited"; pid: number; exit: Exit; remains: boolean }
  /** The answer to a `look`: those of the groups that still have a member. */
  | { type: "looked"; left: readonly number[] }
  | { type: "wake" };

export type Effect =
  | { type: "spawn" }
  | { type: "signal"; pid: number; signal: NodeJS.Signals }
  | { type: "signalGroups"; groups: readonly number[]; signal: NodeJS.Signals }
  | { type: "look"; groups: readonly number[] }
  | { type: "report"; news: News };

/** Why a report is made. */
export type News =
  | { kind: "started"; revived: boolean }
  | { kind: "failed" }
  | { kind: "exited"; pid: number; exit: Exit; premature: boolean }
  | { kind: "changed" }
  | { kind: "gone" };

export interface Step {
  state: State;
  effects: Effect[];
}

/** The policies of a node, and whether SIGKILL is allowed. */
export interface Rules extends Policy {
  stop: StopRules;
}

export const NEW: State = { tag: "pending", life: { generation: 0, revival: FRESH } };

/** When the node next wants a `wake`, if ever (monotonic milliseconds). */
export function wakeAt(state: State): number | undefined {
  switch (state.tag) {
    case "waiting":
      return state.until;
    case "stopping":
      return state.stop.next;
    case "clearing":
      return Math.min(state.stop.next, state.lookAt);
    case "pending":
    case "starting":
    case "running":
    case "stopped":
    case "gone":
      return undefined;
    default:
      return state satisfies never;
  }
}
