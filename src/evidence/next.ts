/** What comes after a crash, as the node's status and the news of it tell. Pure. */
import type { CrashNext } from "../core/crash.ts";
import type { News } from "../core/life.ts";
import type { NodeStatus } from "../core/status.ts";

/** As the status is right after the death. */
export function firstNext({ state, nextStart, why }: NodeStatus): CrashNext {
  if (state === "stopped") return why === "failed" ? { kind: "gaveUp" } : { kind: "told" };
  return nextStart === undefined ? { kind: "waits" } : { kind: "waits", at: nextStart };
}

/** What later news says of it; undefined: nothing new. @param at Unix time */
export function laterNext(
  known: CrashNext,
  news: News,
  pid: number,
  status: NodeStatus,
  at: number,
): CrashNext | undefined {
  if (isSettled(known)) return undefined;
  switch (news.kind) {
    case "started":
      return { kind: "started", at: status.since, pid };
    case "failed":
      return { kind: "failed", at };
    case "changed": {
      if (status.pid !== undefined) return undefined;
      const next = firstNext(status);
      const isNew = next.kind !== "waits" || (next.at !== undefined && next.at !== atOf(known));
      return isNew ? next : undefined;
    }
    case "gone":
      return { kind: "told" };
    default:
      return undefined;
  }
}

/** Nothing will change any more. */
export function isSettled({ kind }: CrashNext): boolean {
  return kind !== "waits";
}

function atOf(next: CrashNext): number | undefined {
  return next.kind === "waits" ? next.at : undefined;
}
