/**
 * The Supervisor's side of the tree: what is wanted, and what the Stem last said of it. Pure:
 * commands and reports in, effects out. One rule serves a Stem's first start, its revival, and a
 * connection that broke: compare what it has with what is wanted, and send the difference.
 */
import type { NodeConfig } from "../../core/config.ts";
import { isSameConfig } from "../../core/difference.ts";
import type { Kept, Origin } from "../../core/report.ts";
import type { FromStem } from "../../wire/stem-messages.ts";
import type { RosterEffect } from "./effects.ts";
import { end, gone } from "./ends.ts";
import {
  bereave,
  creating,
  type Goal,
  giveUpFirstStart,
  newMember,
  type PrintedReady,
  printed,
  refuse,
  sending,
  unheard,
} from "./member.ts";
import { type Asked, Members } from "./members.ts";
import { inherit, reconcile, type Stray } from "./reconcile.ts";
import { type Creation, claim, replaced, replacementDropped, replaceNext } from "./replacements.ts";
import { missed, reported } from "./reports.ts";
import { Rollout } from "./rollout.ts";
import { WantedNodes } from "./wanted-nodes.ts";

export interface RosterOptions {
  /** How many nodes at a time get another configuration. Default: all. */
  rolling?: number | undefined;
  /** Whether a node's process need not be replaced. */
  isSame?: (before: NodeConfig, after: NodeConfig) => boolean;
  /** Is told what is asked for, as it changes. */
  asked?: Asked;
  /** What an earlier Supervisor had read, and the Stem that it has left may not have heard of. */
  printedReady?: readonly PrintedReady[];
}

export class Roster {
  readonly wanted: WantedNodes;
  readonly #members: Members;
  readonly #isSame: (before: NodeConfig, after: NodeConfig) => boolean;
  /** What the Stem that introduces itself has said until now that it has, by id. */
  readonly #found = new Map<number, Kept>();
  /** No Stem has said yet what it has: what the first one has is taken over. */
  #isNew = true;
  /** What comes while it is down is the late word of a Stem that is given up. */
  #link: "down" | "introducing" | "up" = "down";
  #lastRequest = 0;
  readonly #printedBefore: readonly PrintedReady[];

  constructor({
    rolling = Number.POSITIVE_INFINITY,
    isSame = isSameConfig,
    asked,
    printedReady = [],
  }: RosterOptions = {}) {
    this.#printedBefore = printedReady;
    this.#members = new Members(new Rollout(rolling), asked);
    this.wanted = new WantedNodes(this.#members.wanted);
    this.#isSame = isSame;
  }

  /** @param config valid, of a name that is free or inherited; @param now Unix time */
  create(config: NodeConfig, now: number, origin: Origin = "script"): Creation {
    const present = this.#members.wanted.get(config.name);
    if (present?.isInherited && origin === "script")
      return claim(this.#members, present, config, this.#isSame(present.status.node, config));
    const member = newMember(this.#members.nextId(), config, origin, now);
    this.#members.want(member);
    return { id: member.id, how: "new", effects: this.#sendable([creating(member)]) };
  }

  /** @param name of a node that is wanted; afterwards it is free */
  destroy(name: string): { id: number; effects: RosterEffect[] } {
    const member = this.#members.wanted.get(name);
    if (member === undefined) return { id: 0, effects: [] };
    const effects = [
      ...replacementDropped(this.#members, member),
      ...replaced(this.#members.rollout, member.id),
      ...end(this.#members, member),
    ];
    return { id: member.id, effects: this.#sendable(effects) };
  }

  /** A start, a restart or a stop. Those that contradict it are not fulfilled any more. */
  order(goal: Goal, name: string): { request: number; effects: RosterEffect[] } {
    const request = ++this.#lastRequest;
    const member = this.#members.wanted.get(name);
    if (member === undefined)
      return { request, effects: [{ type: "answered", request, done: false }] };
    const isStop = goal === "stop";
    member.isStopped = isStop;
    const effects = refuse(member, (other) => (other.goal === "stop") !== isStop);
    if (isStop) effects.push(...giveUpFirstStart(member));
    member.requests.push({ number: request, goal });
    effects.push(sending(member, { type: goal, name, id: member.id, request }));
    return { request, effects: this.#sendable(effects) };
  }

  /** What a process has printed says that it is ready. */
  printedReady(name: string, pid: number): RosterEffect[] {
    const member = this.#members.wanted.get(name);
    if (member === undefined) return [];
    return this.#sendable([printed(member, pid)]);
  }

  /** For the Supervisor that comes next: the words of readiness that the Stem may not have heard of. */
  printedAndUnheard(): PrintedReady[] {
    return [...this.#members.wanted.values()].flatMap(unheard);
  }

  /** What was inherited stays, whether anything asks for it or not. */
  keepAll(): void {
    for (const member of this.#members.wanted.values())
      if (member.isInherited) this.#members.ask(member, member.status.node);
  }

  /** Replaces nodes whose configuration has changed, as many as may be at a time. @param now Unix time */
  roll(now: number): RosterEffect[] {
    return this.#sendable(replaceNext(this.#members, now));
  }

  /** No node has its old configuration any more, and all that got another are ready with it. */
  get isRolled(): boolean {
    return this.#members.rollout.isOver;
  }

  /** A Stem has connected and now says what it has. Nothing is sent before it has ended. */
  connected(): void {
    this.#link = "introducing";
    this.#found.clear();
  }

  disconnected(): void {
    this.#link = "down";
  }

  /** The Stem's process has ended. @param now Unix time */
  stemDied(now: number): void {
    this.#link = "down";
    for (const member of this.#members.all()) bereave(member, now);
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
        return this.#introduced(message, strays());
      case "missed":
        return missed(this.#members, message.report, message.news);
      case "report":
        return reported(this.#members, message.report, message.news);
      case "gone":
        return gone(this.#members, message.id);
      default:
        return message satisfies never;
    }
  }

  /** It is known what the Stem has. */
  #introduced(
    { ending, last }: Extract<FromStem, { type: "synced" }>,
    strays: readonly Stray[],
  ): RosterEffect[] {
    this.#link = "up";
    this.#members.skipTo(last.id);
    this.#lastRequest = Math.max(this.#lastRequest, last.request);
    if (this.#isNew) inherit(this.#members, this.#found.values(), this.#printedBefore);
    this.#isNew = false;
    const effects = reconcile(this.#members, { nodes: this.#found, ending }, strays);
    this.#found.clear();
    return effects;
  }

  /** Without a Stem nothing is sent: the difference is, once there is one. */
  #sendable(effects: RosterEffect[]): RosterEffect[] {
    return this.#link === "up" ? effects : effects.filter(({ type }) => type !== "send");
  }
}
