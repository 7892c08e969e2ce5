/**
 * The Supervisor's side of the tree: what is wanted, and what the Stem last said of it. Pure:
 * commands and reports in, effects out. One rule serves a Stem's first start, its revival, and a
 * connection that broke: compare what it has with what is wanted, and send the difference.
 */
import type { NodeConfig } from "../core/config.ts";
import { isSameConfig } from "../core/difference.ts";
import type { News } from "../core/life.ts";
import type { Present } from "../core/plan.ts";
import type { NodeStatus } from "../core/status.ts";
import type { Kept, NodeReport, Origin } from "../core/tree.ts";
import type { FromStem, Order, ProcessId } from "../wire/stem-messages.ts";
import {
  creation,
  type Goal,
  giveUpFirstStart,
  inherited,
  type Member,
  newMember,
  type Request,
  refuse,
  statusFrom,
  update,
} from "./member.ts";
import { type Replacement, Rollout } from "./rollout.ts";

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

/** A process of the tree that no living Stem knows. */
export interface Stray extends ProcessId {
  name: string;
}

/** What became of a configuration: a new node, one that has it already, or one that gets it. */
export type Creation = { id: number; how: "new" | "kept" | "changed"; effects: RosterEffect[] };

export interface RosterOptions {
  /** How many nodes at a time get another configuration. Default: all. */
  rolling?: number | undefined;
  /** Whether a node's process need not be replaced. */
  isSame?: (before: NodeConfig, after: NodeConfig) => boolean;
}

export class Roster {
  readonly #wanted = new Map<string, Member>();
  /** Destroyed, but something of them may still live; by id. */
  readonly #ending = new Map<number, Member>();
  readonly #found = new Map<number, Kept>();
  readonly #isSame: (before: NodeConfig, after: NodeConfig) => boolean;
  readonly #rollout: Rollout;
  /** No Stem has said yet what it has: what the first one has is taken over. */
  #isNew = true;
  /** What comes while it is down is the late word of a Stem that is given up. */
  #link: "down" | "introducing" | "up" = "down";
  #lastId = 0;
  #lastRequest = 0;

  constructor({ rolling = Number.POSITIVE_INFINITY, isSame = isSameConfig }: RosterOptions = {}) {
    this.#rollout = new Rollout(rolling);
    this.#isSame = isSame;
  }

  has(name: string): boolean {
    return this.#wanted.has(name);
  }

  /** The configuration of the node that has a name, if this Supervisor has asked for it. */
  configOf(name: string): NodeConfig | undefined {
    const member = this.#wanted.get(name);
    return member === undefined || member.isInherited ? undefined : member.status.node;
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

  /** @param config valid, of a name that is free or inherited; @param now Unix time */
  create(config: NodeConfig, now: number, origin: Origin = "script"): Creation {
    const present = this.#wanted.get(config.name);
    if (present?.isInherited && origin === "script") return this.#claim(present, config);
    const member = newMember(++this.#lastId, config, origin, now);
    this.#wanted.set(config.name, member);
    return { id: member.id, how: "new", effects: this.#send(member, creation(member)) };
  }

  /** @param name of a node that is wanted; afterwards it is free */
  destroy(name: string): { id: number; effects: RosterEffect[] } {
    const member = this.#wanted.get(name);
    if (member === undefined) return { id: 0, effects: [] };
    const dropped = this.#rollout.drop(name);
    const effects: RosterEffect[] = dropped === undefined ? [] : [givenUp(member, dropped.id)];
    effects.push(...this.#rolled(member.id), ...this.#end(member));
    return { id: member.id, effects };
  }

  /** Of every node that this Supervisor was asked for. */
  asked(): NodeConfig[] {
    return [...this.#wanted.values()]
      .filter(({ isInherited }) => !isInherited)
      .map(({ status }) => status.node);
  }

  /** Every node that is wanted, with who wants it. */
  present(): Present[] {
    return [...this.#wanted.values()].map(({ status, origin }) => ({
      config: status.node,
      origin,
    }));
  }

  /** Who of the nodes that an earlier Supervisor had for its scripts is not asked for by this one's. */
  unclaimed(): string[] {
    return [...this.#wanted.values()]
      .filter(({ isInherited }) => isInherited)
      .map(({ status }) => status.node.name);
  }

  /** What was inherited stays, whether anything asks for it or not. */
  keepAll(): void {
    for (const member of this.#wanted.values()) member.isInherited = false;
  }

  /** The nodes that still have their old configuration, since others are not ready with theirs. */
  get rolling(): { waiting: string[]; isOver: boolean } {
    return { waiting: this.#rollout.waiting, isOver: this.#rollout.isOver };
  }

  /** Replaces nodes whose configuration has changed, as many as may be at a time. @param now Unix time */
  roll(now: number): RosterEffect[] {
    const turn = this.#rollout.next().flatMap((replacement) => {
      const old = this.#wanted.get(replacement.config.name);
      return old === undefined ? [] : [{ old, replacement }];
    });
    const ends = turn.flatMap(({ old }) => {
      old.isReplaced = true;
      return this.#end(old);
    });
    return [
      ...ends,
      ...turn.flatMap(({ old, replacement }) => this.#replace(old, replacement, now)),
    ];
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
    const message: Order = { type: goal, name, id: member.id, request: number };
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
    message: Exclude<FromStem, { type: "hello" | "note" | "used" | "pong" }>,
    strays: () => Stray[],
  ): RosterEffect[] {
    if (this.#link === "down") return [];
    switch (message.type) {
      case "node":
        this.#found.set(message.report.id, message);
        return [];
      case "synced":
        this.#link = "up";
        this.#lastId = Math.max(this.#lastId, message.last.id);
        this.#lastRequest = Math.max(this.#lastRequest, message.last.request);
        this.#takeOver();
        return this.#reconcile(message.ending, strays());
      case "missed":
        return this.#missed(message.report, message.news);
      case "report":
        return this.#report(message.report, message.news);
      case "gone":
        return this.#gone(message.id);
      default:
        return message satisfies never;
    }
  }

  /** The same configuration needs nothing; another one waits for its turn. */
  #claim(present: Member, config: NodeConfig): Creation {
    present.isInherited = false;
    const { id, begun, status } = present;
    if (this.#isSame(status.node, config)) {
      const effects: RosterEffect[] = begun ? [{ type: "created", id, status: { ...status } }] : [];
      return { id, how: "kept", effects };
    }
    const replacement: Replacement = { id: ++this.#lastId, config };
    this.#rollout.add(replacement);
    return { id: replacement.id, how: "changed", effects: [{ type: "roll" }] };
  }

  #replace(old: Member, { id, config }: Replacement, now: number): RosterEffect[] {
    const { generation, lastExit } = old.status;
    const member = newMember(id, config, old.origin, now);
    member.status = { ...member.status, generation, ...(lastExit && { lastExit }) };
    member.isStopped = old.isStopped;
    this.#wanted.set(config.name, member);
    const effects = this.#send(member, creation(member));
    if (!member.isStopped) return effects;
    // There is no start to wait for.
    return [...effects, ...giveUpFirstStart(member), ...this.#rolled(id)];
  }

  /** Is told to end; its name is free. */
  #end(member: Member): RosterEffect[] {
    const { id } = member;
    const { name } = member.status.node;
    this.#wanted.delete(name);
    this.#ending.set(id, member);
    const effects = [...refuse(member, () => true), ...giveUpFirstStart(member)];
    return [...effects, ...this.#send(member, { type: "destroy", name, id })];
  }

  /** It holds up no other any more. */
  #rolled(id: number): RosterEffect[] {
    return this.#rollout.done(id) ? [{ type: "roll" }] : [];
  }

  /** What the first Stem that connects has, it has from an earlier Supervisor. */
  #takeOver(): void {
    if (!this.#isNew) return;
    this.#isNew = false;
    for (const kept of this.#found.values()) {
      const { name } = kept.config;
      if (!this.#wanted.has(name)) this.#wanted.set(name, inherited(kept));
    }
  }

  /** It is told as it was then; what is so now the Stem has said already. */
  #missed(report: NodeReport, news: News): RosterEffect[] {
    const member = this.#wanted.get(report.name);
    if (member === undefined || member.id !== report.id) return [];
    return [{ type: "missed", news, pid: pidOf(news, report), status: statusFrom(member, report) }];
  }

  #reconcile(ending: readonly number[], strays: readonly Stray[]): RosterEffect[] {
    this.#adoptStrays(strays);
    const effects: RosterEffect[] = [];
    const members = new Set([...this.#wanted.values()].map(({ id }) => id));
    for (const { report } of this.#found.values()) {
      const { id, name } = report;
      if (members.has(id)) continue;
      const message: Order = { type: "destroy", name, id };
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
      const report = this.#found.get(member.id)?.report;
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
    const present = new Set([...this.#found.values()].map(({ config }) => config.name));
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
    const member = newMember(++this.#lastId, { name }, "script", 0);
    member.status.state = "stopping";
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
    if (status.ready === true || status.state === "stopped")
      effects.push(...this.#rolled(member.id));
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
    if (member.isReplaced) return [];
    return [{ type: "destroyed", id, name: member.status.node.name }];
  }

  /** Without a Stem nothing is sent: the difference is, once there is one. */
  #send({ status }: Member, message: Order): RosterEffect[] {
    return this.#link === "up" ? [{ type: "send", message, config: status.node }] : [];
  }
}

function isSame(a: ProcessId, b: ProcessId): boolean {
  return a.pid === b.pid && a.startTime === b.startTime;
}

/** Whoever waits for a start that will never be waits no longer. */
function givenUp({ status }: Member, id: number): RosterEffect {
  return { type: "created", id, status: { ...status, state: "stopped" } };
}

function pidOf(news: News, report: NodeReport): number {
  return news.kind === "exited" ? news.pid : (report.pid ?? 0);
}
