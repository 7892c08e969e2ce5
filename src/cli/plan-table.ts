/** A plan as people read it. */
import type { Change, Plan } from "../core/plan.ts";
import type { Style } from "./colour.ts";
import { printable } from "./printable.ts";
import type { Cell, Column } from "./table.ts";

/** What would be done comes first; nodes that stay as they are are only counted. */
export function planRows({ changes }: Plan): Cell[][] {
  return changes
    .filter(({ action }) => action !== "keep")
    .map(({ node, action, why }) => [
      { text: action, style: STYLES[action] },
      { text: printable(node) },
      { text: printable(why) },
    ]);
}

/** `2 nodes would stay as they are`, and what else there is to say. */
export function planSummary({ changes }: Plan): string {
  const kept = changes.filter(({ action }) => action === "keep").length;
  if (changes.length === 0) return "there is no node, and none would be created";
  if (kept < changes.length) return `${nodes(kept)} would ${kept === 1 ? ONE : MORE}`;
  return `nothing would change: ${nodes(kept)} ${kept === 1 ? "stays as it is" : MORE}`;
}

export const PLAN_COLUMNS: readonly Column[] = [
  { title: "ACTION" },
  { title: "NODE", least: 8, cutMiddle: true },
  { title: "WHY", least: 20 },
];

function nodes(count: number): string {
  return count === 1 ? "1 node" : `${count} nodes`;
}

const ONE = "stay as it is";
const MORE = "stay as they are";

const STYLES: Record<Change["action"], Style | undefined> = {
  stop: "red",
  restart: "yellow",
  start: "green",
  keep: undefined,
};
