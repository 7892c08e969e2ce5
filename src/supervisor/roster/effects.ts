/** What the roster decides, for whoever does it. */
import type { NodeConfig } from "../../core/config.ts";
import type { News } from "../../core/life.ts";
import type { NodeStatus } from "../../core/status.ts";
import type { Order } from "../../wire/stem-messages.ts";

/** What the Supervisor has to do. Requests are settled by the number that asked for them. */
export type RosterEffect =
  | { type: "send"; message: Order; config: NodeConfig }
  | { type: "created"; id: number; status: NodeStatus }
  /** A start, a restart or a stop. */
  | { type: "answered"; request: number; done: boolean }
  | { type: "destroyed"; id: number; name: string }
  /** Nodes may be replaced: `roll` tells which. */
  | { type: "roll" }
  | { type: "news"; news: News; pid: number; status: NodeStatus }
  /** News of what is no longer so. */
  | { type: "missed"; news: News; pid: number; status: NodeStatus };
