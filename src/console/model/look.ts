/** How a node looks to people: its state, and what makes it worth a second look, in one word. */
import type { NodeStatus } from "../../core/status.ts";

/** The order is that in which they are counted: what somebody should look at comes last. */
export const LOOKS = [
  "running",
  "pending",
  "stopping",
  "stopped",
  "done",
  "unready",
  "ailing",
  "waiting",
  "failed",
] as const;
export type Look = (typeof LOOKS)[number];

/** What people read; each look has a shape and a colour of its own besides. */
export const LOOK_WORDS: Readonly<Record<Look, string>> = {
  running: "running",
  unready: "not ready",
  /** It runs, and its last health check has failed. */
  ailing: "failing checks",
  pending: "pending",
  waiting: "waiting",
  stopping: "stopping",
  stopped: "stopped",
  done: "done",
  failed: "failed",
};

export function lookOf({ state, ready, why, health }: NodeStatus): Look {
  switch (state) {
    case "running":
      if (health !== undefined) return "ailing";
      return ready === false ? "unready" : "running";
    case "stopped":
      return why === "done" || why === "failed" ? why : "stopped";
    case "pending":
    case "waiting":
    case "stopping":
      return state;
    default:
      // A newer Supervisor may know more states than this page.
      return (state satisfies never) ?? "pending";
  }
}

/** Whether somebody should look at it. */
export function isTroubled(look: Look): boolean {
  return look === "waiting" || look === "failed" || look === "unready" || look === "ailing";
}

/** Whether a process of it lives, or is about to. */
export function isAlive(look: Look): boolean {
  return look !== "stopped" && look !== "done" && look !== "failed";
}

/** Of each look how many, those that there are none of left out. */
export function countLooks(looks: Iterable<Look>): [Look, number][] {
  const counts = new Map<Look, number>();
  for (const look of looks) counts.set(look, (counts.get(look) ?? 0) + 1);
  return LOOKS.flatMap((look) => {
    const count = counts.get(look);
    return count === undefined ? [] : [[look, count] as [Look, number]];
  });
}
