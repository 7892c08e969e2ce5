/** A node as the Supervisor knows it: what is wanted of it, and what the Stem last said. Pure. */
import type { NodeConfig } from "../../core/config.ts";
import type { News } from "../../core/life.ts";
import type { Kept, NodeReport, Origin } from "../../core/report.ts";
import type { NodeStatus } from "../../core/status.ts";
import type { Order, ProcessId } from "../../wire/stem-messages.ts";
import type { RosterEffect } from "./effects.ts";

export type Request = { number: number; goal: Goal };
export type Goal = "start" | "restart" | "stop";

export interface Member {
  id: number;
  status: NodeStatus;
  origin: Origin;
  /** Of an earlier Supervisor: no script of this one has asked for it yet. */
  isInherited: boolean;
  /** Another creation comes in its place. */
  isReplaced: boolean;
  /** The process group of the process that runs. */
  group?: number;
  /** The outcome of its first start is known. */
  begun: boolean;
  /** It was told to stop, and not yet to start again. */
  isStopped: boolean;
  /** Processes that have printed that they are ready, the last few: the Stem may not have heard of it. */
  printedReady: number[];
  /** What was asked for and is not answered yet, oldest first. */
  requests: Request[];
  /** The last request made before the Stem was told to create it: its first outcome answers. */
  answeredByCreation: number;
  /**
   * Processes of which something may still live, if only others of their groups. A start proves
   * that those before are gone; until then, every Stem that knows nothing of the node is told.
   */
  previous: ProcessId[];
}

export function newMember(id: number, config: NodeConfig, origin: Origin, since: number): Member {
  return {
    id,
    status: { node: config, state: "pending", generation: 0, since },
    origin,
    isInherited: false,
    isReplaced: false,
    begun: false,
    isStopped: false,
    printedReady: [],
    requests: [],
    answeredByCreation: 0,
    previous: [],
  };
}

/** Processes of a node that have printed that they are ready, while the Stem may not have heard of it. */
export interface PrintedReady {
  /** The node's. */
  id: number;
  pids: number[];
}

/**
 * One that a Stem has from an earlier Supervisor.
 * @param printedReady processes of which that one had read that they are ready
 */
export function inherited(
  { config, report, origin, stopped }: Kept,
  printedReady: readonly number[] = [],
): Member {
  const member = newMember(report.id, config, origin, report.since);
  // What was created from afar stays until it is destroyed; the rest is asked for again, or goes.
  member.isInherited = origin === "script";
  member.isStopped = stopped;
  member.begun = report.generation > 0 || report.lastExit !== undefined || stopped;
  member.printedReady = [...printedReady];
  update(member, report, { kind: "changed" });
  return member;
}

/** Whoever waits for these requests waits no longer. */
export function refuse(member: Member, isRefused: (request: Request) => boolean): RosterEffect[] {
  const refused = member.requests.filter(isRefused);
  member.requests = member.requests.filter((request) => !isRefused(request));
  return refused.map(({ number }) => ({ type: "answered", request: number, done: false }));
}

/** Whoever waits for the first start waits no longer. */
export function giveUpFirstStart(member: Member): RosterEffect[] {
  if (member.begun) return [];
  member.begun = true;
  const status: NodeStatus = { ...member.status, state: "stopped" };
  return [{ type: "created", id: member.id, status }];
}

/** Whoever waits for the requests up to this number waits no longer: they are done. */
export function fulfil(member: Member, answered: number): RosterEffect[] {
  const isDone = ({ number }: Request): boolean => number <= answered;
  const done = member.requests.filter(isDone);
  member.requests = member.requests.filter((request) => !isDone(request));
  return done.map(({ number }) => ({ type: "answered", request: number, done: true }));
}

export function sending({ status }: Member, message: Order): RosterEffect {
  return { type: "send", message, config: status.node };
}

/** A process has printed that it is ready: the Stem is told, now and if need be on the next connection. */
export function printed(member: Member, pid: number): RosterEffect {
  // What an earlier process has printed may be read after what the present one has.
  member.printedReady = [...member.printedReady, pid].slice(-MOST_PRINTED);
  return sendingReady(member, pid);
}

/** What the Stem does not know of its process, though it was printed. */
export function printedAgain(member: Member, { pid, ready }: NodeReport): RosterEffect[] {
  if (pid === undefined || ready !== false || !member.printedReady.includes(pid)) return [];
  return [sendingReady(member, pid)];
}

/** What the Stem may not have heard of: the present process's word if it is not ready yet, and a later one's. */
export function unheard({ id, printedReady, status }: Member): PrintedReady[] {
  const pids = printedReady.filter((pid) => status.pid !== pid || status.ready !== true);
  return pids.length === 0 ? [] : [{ id, pids }];
}

function sendingReady(member: Member, pid: number): RosterEffect {
  const { id, status } = member;
  return sending(member, { type: "ready", name: status.node.name, id, pid });
}

const MOST_PRINTED = 8;

/** Has a Stem that does not know it create it. */
export function creating(member: Member): RosterEffect {
  const { id, status, origin, begun, previous, isStopped: stopped } = member;
  const { node: config, generation } = status;
  const fresh = !begun && generation === 0;
  return sending(member, {
    type: "create",
    id,
    config,
    origin,
    fresh,
    generation,
    previous: [...previous],
    stopped,
  });
}

/** The Stem has died: of the node only the numbers of its processes are left. @param now Unix time */
export function bereave(member: Member, now: number): void {
  const { node, generation, lastExit } = member.status;
  delete member.group;
  member.status = {
    node,
    ...(member.isStopped ? { state: "stopped", why: "told" } : { state: "pending" }),
    generation,
    since: now,
    ...(lastExit && { lastExit }),
  };
}

/** What the Stem's report says of it. */
export function statusFrom({ status: known }: Member, report: NodeReport): NodeStatus {
  const { state, pid, generation, since, lastExit, nextStart, ready, waitsFor, why } = report;
  const { node } = known;
  const status: NodeStatus = { node, state, generation, since };
  if (pid !== undefined) status.pid = pid;
  if (why !== undefined) status.why = why;
  if (ready !== undefined) status.ready = ready;
  if (report.health !== undefined) status.health = report.health;
  if (waitsFor !== undefined) status.waitsFor = waitsFor;
  const exit = lastExit ?? known.lastExit;
  if (exit !== undefined) status.lastExit = exit;
  if (nextStart !== undefined) status.nextStart = nextStart;
  return status;
}

export function update(member: Member, report: NodeReport, news: News): void {
  member.status = statusFrom(member, report);
  const { startTime } = report;
  const group = report.group ?? report.pid;
  if (group === undefined) {
    delete member.group;
    if (news.kind === "failed") member.previous = [];
    return;
  }
  member.group = group;
  member.previous = [{ pid: group, ...(startTime !== undefined && { startTime }) }];
}
