/** The line that an operator reads of news, on stderr. Pure; the words are Zeek's where Zeek has some. */
import type { News } from "../core/life.ts";
import type { NodeStatus } from "../core/status.ts";
import { howItDied, howItFails, standing, withoutText } from "./tidings.ts";

/** @param statusOf what is known of another node; @returns undefined if there is nothing to say */
export function operatorLine(
  news: News,
  pid: number,
  status: NodeStatus,
  statusOf: (name: string) => NodeStatus | undefined,
): string | undefined {
  const { name, memoryMax } = status.node;
  const supervised = `error: Supervised node '${name}' (PID ${pid})`;
  switch (news.kind) {
    case "started":
      return news.revived ? `${supervised} revived after premature exit` : undefined;
    case "exited":
      // Of one that was ended for its health the reason has been told.
      if (!news.premature || news.exit.unhealthy !== undefined) return undefined;
      return `${supervised} ${howItDied(news.exit, memoryMax)}`;
    case "unhealthy":
      return `${supervised} ${howItFails(news)}`;
    case "blocked":
      return `info: node '${name}' still waits to start: ${whatKeeps(status, statusOf)}`;
    case "impatient": {
      const isKnown = (one: string): boolean => statusOf(one) !== undefined;
      return `warning: node '${name}' starts ${withoutText(news.without, isKnown)}`;
    }
    case "failed":
    case "ready":
    case "checked":
    case "changed":
    case "gone":
      return undefined;
    default:
      return news satisfies never;
  }
}

/** `'db' (running, not ready), 'typo' (there is no such node)`. */
function whatKeeps(
  { waitsFor = [] }: NodeStatus,
  statusOf: (name: string) => NodeStatus | undefined,
): string {
  return waitsFor.map((name) => `'${name}' (${standing(statusOf(name))})`).join(", ");
}
