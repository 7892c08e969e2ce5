/**
 * The Supervisor's side of the tree: what is wanted, and what the Stem last said of it. Pure:
 * commands and reports in, effects out. One rule serves a Stem's first start, its revival, and a
 * connection that broke: compare what it has with what is wanted, and send the difference.
 */
import type { NodeConfig } from "../core/config.ts";
import type { News } from "../core/life.ts";
import type { NodeStatus } from "../core/status.ts";
import type { NodeReport } from "../core/tree.ts";
import type { FromStem, ProcessId, ToStem } from "../wire/stem-messages.ts";

/** What the Supervisor has to do. Requests are settled by the number that asked for them. */
export type RosterEffect =
  | { type: "send"; message: ToStem; config: NodeConfig }
  | { type: "created"; id: number; status: NodeStatus }
  /** A start, a restart or a stop. */
  | { type: "answered"; request: number; done: boolean }
  | { type: "destroyed"; id: number; name: string }
  | { type: "news"; news: News; pid: number; status: NodeStatus };

/** A process of the tree that no living Stem knows. */
export interface Stray extends ProcessId {
  name: string;
}

type Request = { number: number; goal: Goal };
export type Goal = "start" | "restart" | "stop";

interface Member {
  id: number;
  status: NodeStatus;
  /** The process group of the process that runs. */
  group?: number;
  /** The outcome of its first start is known. */
  begun: boolean;
  /** It was told to stop, and not yet to start again. */
  isStopped: boolean;
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

export class Roster {
  readonly #wanted = new Map<string, Member>();
  /** Destroyed, but something of them may still live; by id. */
  readonly #ending = new Map<number, Member>();
  readonly #found = new Map<number, NodeReport>();
  /** What comes while it is down is the late word of a Stem that is given up. */
  #link: "down" | "introducing" | "up" = "down";
  #lastId = 0;
  #lastRequest = 0;

  has(name: string): boolean {
    return this.#wanted.has(name);
  }

  names(): string[] {
    return [...this.#wanted.keys()];
  }

  /** A node that is wanted, as it is now. */
  statusOf(name: string): NodeStatus | undefined {
    return this.#wanted.get(name)?.status;
  }

  /** A snapshot; "" is every node, an unknown name none. */
  status(name: string): Record<string, NodeStatus> {
    const members = name === "" ? [...this.#wanted.values()] : [this.#wanted.get(name)];
    // Not by assignment: a node may well be called "__proto__".
    return Object.fromEntries(
      members
        .filter((member) => member !== undefined)
        .map(({ status }) => [status.node.name, { ...status }]),
    );
  }

  /** The names of the nodes that have a process, by process group. */
  groups(): Map<number, string> {
    const members = [...this.#wanted.values()];
    return new Map(
      members.flatMap(({ group, status }) =>
        group === undefined ? [] : [[group, status.node.name]],
      ),
    );
  }

  /** @param config valid, of a name that is free; @param now Unix time */
  create(config: NodeConfig, now: number): { id: number; effects: RosterEffect[] } {
    const id = ++this.#lastId;
    const status: NodeStatus = { node: config, state: "pending", generation: 0, since: now };
    const member = newMember(id, status);
    this.#wanted.set(config.name, member);
    return { id, effects: this.#send(member, creation(member)) };
  }

  /** @param name of a node that is wanted; afterwards it is free */
  destroy(name: string): { id: number; effects: RosterEffect[] } {
    const member = this.#wanted.get(name);
    if (member === undefined) return { id: 0, effects: [] };
    this.#wanted.delete(name);
    this.#ending.set(member.id, member);
    const effects = [...refuse(member, () => true), ...giveUpFirstStart(member)];
    const { id } = member;
    return { id, effects: [...effects, ...this.#send(member, { type: "destroy", name, id })] };
  }

  /** A start, a restart or a stop. Those that contradict it are not fulfilled any more. */
  order(goal: Goal, name: string): { request: number; effects: RosterEffect[] } {
    const number = ++this.#lastRequest;
    const member = this.#wanted.get(name);
    if (member === undefined)
      return { request: number, effects: [{ type: "answered", request: number, done: false }] };
    const isStop = goal === "stop";
    member.isStopped = isStop;
    const effects = refuse(member, (other) => (other.goal === "stop") !== isStop);
    if (isStop) effects.push(...giveUpFirstStart(member));
    member.requests.push({ number, goal });
    const message: ToStem = { type: goal, name, id: member.id, request: number };
    return { request: number, effects: [...effects, ...this.#send(member, message)] };
  }

  /** What a process has printed says that it is ready. */
  printedReady(name: string, pid: number): RosterEffect[] {
    const member = this.#wanted.get(name);
    if (member === undefined) return [];
    return this.#send(member, { type: "ready", name, id: member.id, pid });
  }

  /** A Stem has connected and now says what it has. Nothing is sent before it has ended. */
  connected(): void {
    this.#link = "introducing";
    this.#found.clear();
  }

  disconnected(): void {
    this.#link = "down";
  }

  /** The Stem's process has ended: of its nodes only the numbers of their processes are left. */
  stemDied(now: number): void {
    this.#link = "down";
    for (const member of [...this.#wanted.values(), ...this.#ending.values()]) {
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
  }

  /** @param strays what is left of an earlier Stem's nodes, whether it was known here or not */
  receive(
    message: Exclude<FromStem, { type: "hello" | "note" | "used" }>,
    strays: () => Stray[],
  ): RosterEffect[] {
    if (this.#link === "down") return [];
    switch (message.type) {
      case "node":
        this.#found.set(message.report.id, message.report);
        return [];
      case "synced":
        this.#link = "up";
        return this.#reconcile(message.ending, strays());
      case "report":
        return this.#report(message.report, message.news);
      case "gone":
        return this.#gone(message.id);
      default:
        return message satisfies never;
    }
  }

  #reconcile(ending: readonly number[], strays: readonly Stray[]): RosterEffect[] {
    this.#adoptStrays(strays);
    const effects: RosterEffect[] = [];
    const members = new Set([...this.#wanted.values()].map(({ id }) => id));
    for (const { id, name } of this.#found.values()) {
      if (members.has(id)) continue;
      const message: ToStem = { type: "destroy", name, id };
      effects.push({
        type: "send",
        message,
        config: this.#ending.get(id)?.status.node ?? { name },
      });
    }
    for (const member of this.#ending.values()) {
      if (ending.includes(member.id) || this.#found.has(member.id)) continue;
      effects.push(...this.#endAgain(member));
    }
    for (const member of this.#wanted.values()) {
      const report = this.#found.get(member.id);
      if (report !== undefined) effects.push(...this.#resume(member, report));
      else {
        member.answeredByCreation = member.requests.at(-1)?.number ?? 0;
        effects.push(...this.#send(member, creation(member)));
      }
    }
    this.#found.clear();
    return effects;
  }

  /** The Stem kept this node while the connection was down. */
  #resume(member: Member, report: NodeReport): RosterEffect[] {
    const effects = this.#report(report, { kind: "changed" });
    if (!member.begun && (report.generation > 0 || report.lastExit !== undefined)) {
      member.begun = true;
      effects.push({ type: "created", id: member.id, status: { ...member.status } });
    }
    const { name } = member.status.node;
    // All of them: a restart that got lost is not made up for by a start that came after it.
    const again = member.requests.flatMap(({ goal, number }) =>
      this.#send(member, { type: goal, name, id: member.id, request: number }),
    );
    return [...effects, ...again];
  }

  /** A destroyed node that the Stem does not know: over, unless an earlier Stem left something. */
  #endAgain(member: Member): RosterEffect[] {
    if (member.previous.length === 0) return this.#gone(member.id);
    const { id, previous, status } = member;
    return this.#send(member, { type: "end", id, config: status.node, previous: [...previous] });
  }

  /** Whose process it was nobody can tell: every node of that name, present or past, waits for it. */
  #adoptStrays(strays: readonly Stray[]): void {
    const known = [...this.#wanted.values(), ...this.#ending.values()];
    const present = new Set([...this.#found.values()].map(({ name }) => name));
    for (const { name, ...process } of strays) {
      // The Stem has a node of that name, and so knows its process better than we do.
      if (present.has(name)) continue;
      if (known.some(({ previous }) => previous.some((one) => isSame(one, process)))) continue;
      const owners = known.filter(({ status }) => status.node.name === name);
      if (owners.length === 0) this.#endStray(name, process);
      for (const { previous } of owners) previous.push(process);
    }
  }

  #endStray(name: string, process: ProcessId): void {
    const status: NodeStatus = { node: { name }, state: "stopping", generation: 0, since: 0 };
    const member = newMember(++this.#lastId, status);
    member.begun = true;
    member.previous.push(process);
    this.#ending.set(member.id, member);
  }

  #report(report: NodeReport, news: News): RosterEffect[] {
    const member = this.#wanted.get(report.name);
    if (member === undefined || member.id !== report.id) return this.#reportOfEnding(report, news);
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
    }
    const isDone = ({ number }: Request): boolean => number <= answered;
    const done = member.requests.filter(isDone);
    member.requests = member.requests.filter((request) => !isDone(request));
    return [
      ...effects,
      ...done.map(
        ({ number }): RosterEffect => ({ type: "answered", request: number, done: true }),
      ),
    ];
  }

  /** Of its end there is still news; else only its process matters, in case the Stem dies first. */
  #reportOfEnding(report: NodeReport, news: News): RosterEffect[] {
    const member = this.#ending.get(report.id);
    if (member === undefined) return [];
    update(member, report, news);
    if (news.kind !== "exited") return [];
    return [{ type: "news", news, pid: news.pid, status: { ...member.status } }];
  }

  #gone(id: number): RosterEffect[] {
    const member = this.#ending.get(id);
    if (member === undefined) return [];
    this.#ending.delete(id);
    return [{ type: "destroyed", id, name: member.status.node.name }];
  }

  /** Without a Stem nothing is sent: the difference is, once there is one. */
  #send({ status }: Member, message: ToStem): RosterEffect[] {
    return this.#link === "up" ? [{ type: "send", message, config: status.node }] : [];
  }
}

function isSame(a: ProcessId, b: ProcessId): boolean {
  return a.pid === b.pid && a.startTime === b.startTime;
}

function newMember(id: number, status: NodeStatus): Member {
  return {
    id,
    status,
    begun: false,
    isStopped: false,
    requests: [],
    answeredByCreation: 0,
    previous: [],
  };
}

/** Whoever waits for these requests waits no longer. */
function refuse(member: Member, isRefused: (request: Request) => boolean): RosterEffect[] {
  const refused = member.requests.filter(isRefused);
  member.requests = member.requests.filter((request) => !isRefused(request));
  return refused.map(({ number }) => ({ type: "answered", request: number, done: false }));
}

/** Whoever waits for the first start waits no longer. */
function giveUpFirstStart(member: Member): RosterEffect[] {
  if (member.begun) return [];
  member.begun = true;
  const status: NodeStatus = { ...member.status, state: "stopped" };
  return [{ type: "created", id: member.id, status }];
}

function creation({ id, status, begun, previous, isStopped: stopped }: Member): ToStem {
  const { node: config, generation } = status;
  const fresh = !begun;
  return { type: "create", id, config, fresh, generation, previous: [...previous], stopped };
}

function update(member: Member, report: NodeReport, news: News): void {
  const { state, pid, startTime, generation, since, lastExit, nextStart, ready, waitsFor, why } =
    report;
  const { node } = member.status;
  const status: NodeStatus = { node, state, generation, since };
  if (pid !== undefined) status.pid = pid;
  if (why !== undefined) status.why = why;
  if (ready !== undefined) status.ready = ready;
  if (waitsFor !== undefined) status.waitsFor = waitsFor;
  const exit = lastExit ?? member.status.lastExit;
  if (exit !== undefined) status.lastExit = exit;
  if (nextStart !== undefined) status.nextStart = nextStart;
  member.status = status;
  const group = report.group ?? pid;
  if (group === undefined) {
    delete member.group;
    if (news.kind === "failed") member.previous = [];
    return;
  }
  member.group = group;
  member.previous = [{ pid: group, ...(startTime !== undefined && { startTime }) }];
}

function pidOf(news: News, report: NodeReport): number {
  return news.kind === "exited" ? news.pid : (report.pid ?? 0);
}
