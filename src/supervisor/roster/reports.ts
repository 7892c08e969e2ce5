/** What the Stem says of a node: what is known of it changes, people hear of it, and requests are answered. */
import type { News } from "../../core/life.ts";
import type { NodeReport } from "../../core/report.ts";
import type { RosterEffect } from "./effects.ts";
import { fulfil, printedAgain, statusFrom, update } from "./member.ts";
import type { Members } from "./members.ts";
import { replaced } from "./replacements.ts";

export function reported(members: Members, report: NodeReport, news: News): RosterEffect[] {
  const member = members.wantedAs(report.name, report.id);
  if (member === undefined) return reportedOfEnding(members, report, news);
  const before = member.status.state;
  update(member, report, news);
  const status = { ...member.status };
  const effects: RosterEffect[] = [];
  // Another step of the Stem's on the way to the same state is no news for people.
  if (news.kind !== "changed" || status.state !== before)
    effects.push({ type: "news", news, pid: pidOf(news, report), status });
  let answered = report.answered ?? 0;
  const isOutcome = news.kind === "started" || news.kind === "failed";
  if (isOutcome || (member.isStopped && status.state === "stopped"))
    answered = Math.max(answered, member.answeredByCreation);
  if (isOutcome) {
    if (!member.begun) effects.push({ type: "created", id: member.id, status });
    member.begun = true;
    // What it has printed came on its own connection, and may have been read before this.
    effects.push(...printedAgain(member, report));
  }
  if (status.ready === true || status.state === "stopped")
    effects.push(...replaced(members.rollout, member.id));
  return [...effects, ...fulfil(member, answered)];
}

/** Of its end there is still news; else only its process matters, in case the Stem dies first. */
function reportedOfEnding({ ending }: Members, report: NodeReport, news: News): RosterEffect[] {
  const member = ending.get(report.id);
  if (member === undefined) return [];
  update(member, report, news);
  if (news.kind !== "exited") return [];
  return [{ type: "news", news, pid: news.pid, status: { ...member.status } }];
}

/** It is told as it was then; what is so now the Stem has said already. */
export function missed(members: Members, report: NodeReport, news: News): RosterEffect[] {
  const member = members.wantedAs(report.name, report.id);
  if (member === undefined) return [];
  return [{ type: "missed", news, pid: pidOf(news, report), status: statusFrom(member, report) }];
}

function pidOf(news: News, report: NodeReport): number {
  return news.kind === "exited" ? news.pid : (report.pid ?? 0);
}
