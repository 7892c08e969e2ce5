/** What users learn of nodes. */
import type { HealthTrouble } from "./checking.ts";
import type { NodeConfig } from "./config.ts";
import type { Exit } from "./revival.ts";

export type StoppedWhy = "told" | "done" | "failed";

export type NodeState = "pending" | "running" | "waiting" | "stopping" | "stopped";

/** One node. `since`, `at` and `nextStart` are Unix times in milliseconds. */
export interface NodeStatus {
  node: NodeConfig;
  /** While a process runs. */
  pid?: number;
  state: NodeState;
  /** Of one that is stopped: it was told to, its work is done (status 0), or it was given up. */
  why?: StoppedWhy;
  /** Of a process that runs: whether it is ready, as its configuration has it. */
  ready?: boolean;
  /** Of a process that runs, and has failed its last health check. */
  health?: HealthTrouble;
  /** The nodes that it waits for: before it starts, or before it ends. The first of them. */
  waitsFor?: readonly string[];
  /** Starts so far. */
  generation: number;
  /** The last change of state. */
  since: number;
  lastExit?: LastExit;
  nextStart?: number;
}

/** How a node's last process ended. A start that failed counts as code 1. */
export type LastExit = Exit & { at: number };

/** The nodes that were asked for, by name. */
export interface Status {
  nodes: Record<string, NodeStatus>;
}
