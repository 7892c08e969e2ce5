/** A Stem has said what it has: the difference from what is wanted is what it is sent. */
import type { Kept, NodeReport } from "../../core/report.ts";
import { isSameProcess, type ProcessId } from "../../wire/stem-messages.ts";
import type { RosterEffect } from "./effects.ts";
import { endAgain, endStray } from "./ends.ts";
import {
  creating,
  inherited,
  type Member,
  type PrintedReady,
  printedAgain,
  sending,
} from "./member.ts";
import type { Members } from "./members.ts";
import { reported } from "./reports.ts";

/** A process of the tree that no living Stem knows. */
export interface Stray extends ProcessId {
  name: string;
}

/** What a Stem has. */
export interface Found {
  /** By id. */
  nodes: ReadonlyMap<number, Kept>;
  /** The ids of those that were destroyed, and are not gone yet. */
  ending: readonly number[];
}

/** What the first Stem that connects has, it has from an earlier Supervisor, which may have left what it knew. */
export function inherit(
  members: Members,
  nodes: Iterable<Kept>,
  printedReady: readonly PrintedReady[],
): void {
  const pids = new Map(printedReady.map((printed) => [printed.id, printed.pids]));
  for (const kept of nodes) {
    if (!members.wanted.has(kept.config.name))
      members.want(inherited(kept, pids.get(kept.report.id)));
  }
}

/** @param strays what is left of an earlier Stem's nodes, whether it was known here or not */
export function reconcile(
  members: Members,
  found: Found,
  strays: readonly Stray[],
): RosterEffect[] {
  adoptStrays(members, found.nodes, strays);
  return [
    ...endUnwanted(members, found.nodes),
    ...endMissing(members, found),
    ...[...members.wanted.values()].flatMap((member) => {
      const report = found.nodes.get(member.id)?.report;
      return report === undefined ? createAgain(member) : resume(members, member, report);
    }),
  ];
}

function endUnwanted({ wanted, ending }: Members, nodes: Found["nodes"]): RosterEffect[] {
  const ids = new Set([...wanted.values()].map(({ id }) => id));
  return [...nodes.values()]
    .filter(({ report }) => !ids.has(report.id))
    .map(({ report: { id, name } }) => ({
      type: "send",
      message: { type: "destroy", name, id },
      config: ending.get(id)?.status.node ?? { name },
    }));
}

function endMissing(members: Members, { nodes, ending }: Found): RosterEffect[] {
  return [...members.ending.values()]
    .filter(({ id }) => !ending.includes(id) && !nodes.has(id))
    .flatMap((member) => endAgain(members, member));
}

function createAgain(member: Member): RosterEffect[] {
  member.answeredByCreation = member.requests.at(-1)?.number ?? 0;
  return [creating(member)];
}

/** The Stem kept this node while the connection was down. */
function resume(members: Members, member: Member, report: NodeReport): RosterEffect[] {
  // One that came in another's place has its starts already, and has not made one itself.
  const hasStarted = report.generation > member.status.generation;
  const effects = reported(members, report, { kind: "changed" });
  if (!member.begun && (hasStarted || report.lastExit !== undefined)) {
    member.begun = true;
    effects.push({ type: "created", id: member.id, status: { ...member.status } });
  }
  const { name } = member.status.node;
  // All of them: a restart that got lost is not made up for by a start that came after it.
  const again = member.requests.map(({ goal, number }) =>
    sending(member, { type: goal, name, id: member.id, request: number }),
  );
  return [...effects, ...printedAgain(member, report), ...again];
}

/** Whose process it was nobody can tell: every node of that name, present or past, waits for it. */
function adoptStrays(members: Members, nodes: Found["nodes"], strays: readonly Stray[]): void {
  const known = members.all();
  const present = new Set([...nodes.values()].map(({ config }) => config.name));
  for (const { name, ...process } of strays) {
    // The Stem has a node of that name, and so knows its process better than we do.
    if (present.has(name)) continue;
    if (known.some(({ previous }) => previous.some((one) => isSameProcess(one, process)))) continue;
    const owners = known.filter(({ status }) => status.node.name === name);
    if (owners.length === 0) endStray(members, name, process);
    for (const { previous } of owners) previous.push(process);
  }
}
