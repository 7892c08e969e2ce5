/** What a reload would do, and what it has done, in a sentence. */
import type { Reloaded } from "../../core/api.ts";
import type { Change, Plan } from "../../core/plan.ts";

export type { Change, Plan } from "../../core/plan.ts";

/** `1 node starts, 2 restart, 14 stay as they are.` */
export function planText({ changes }: Plan): string {
  const counts = ACTIONS.map(
    (action) => [action, changes.filter((change) => change.action === action).length] as const,
  );
  if (!changesAnything(changes)) return "Nothing would change.";
  return sentence(counts.map(([action, count]) => [count, WORDS[action]]));
}

/** Whether there is anything to do at all. */
export function changesAnything(changes: readonly Change[]): boolean {
  return changes.some(({ action }) => action !== "keep");
}

/** `Reloaded: 2 restart, 14 stay as they are.` */
export function reloadedText({ kept, changed, started, stopped, error }: Reloaded): string {
  if (error !== undefined) return `The tree is as it was: ${error}`;
  const text = sentence([
    [stopped.length, WORDS.stop],
    [changed.length, WORDS.restart],
    [started.length, WORDS.start],
    [kept.length, WORDS.keep],
  ]);
  return `Reloaded: ${text === "" ? "there are no nodes." : text}`;
}

type Word = readonly [one: string, more: string];

function sentence(parts: readonly (readonly [number, Word])[]): string {
  const said = parts.filter(([count]) => count > 0);
  const words = said.map(([count, [one, more]], index) =>
    index === 0
      ? `${count} ${count === 1 ? `node ${one}` : `nodes ${more}`}`
      : `${count} ${count === 1 ? one : more}`,
  );
  return words.length === 0 ? "" : `${words.join(", ")}.`;
}

const ACTIONS: readonly Change["action"][] = ["stop", "restart", "start", "keep"];
const WORDS: Readonly<Record<Change["action"], Word>> = {
  start: ["starts", "start"],
  restart: ["restarts", "restart"],
  stop: ["stops for good", "stop for good"],
  keep: ["stays as it is", "stay as they are"],
};
