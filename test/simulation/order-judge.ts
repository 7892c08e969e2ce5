/**
 * Judges in which order one Stem starts and ends nodes. It knows what the Stem is told and what the
 * machine does, and so what the order has to be; what is decided in between it does not look at.
 */
import { type NodeConfig, policyOf } from "../../src/core/config.ts";
import { AFTER_TIMEOUT_MS, predecessorsOf } from "../../src/core/order.ts";
import { readyRulesOf } from "../../src/core/readiness.ts";
import type { Exit } from "../../src/core/revival.ts";
import type { FromStem, Order } from "../../src/wire/stem-messages.ts";
import type { VirtualClock } from "./clock.ts";
import type { Machine } from "./machine.ts";

/** A node, as far as its order is concerned. Times are those of the virtual clock. */
interface Judged {
  id: number;
  config: NodeConfig;
  /** It is destroyed, and something of it may still live. */
  isGoing: boolean;
  isStopped: boolean;
  /** When it was created here, until it is started for the first time. */
  createdAt: number | undefined;
  /** It cannot have waited to start for longer than since then. */
  idleSince: number;
  /** Since when it has not been ready, after a failure. */
  failingSince: number | undefined;
  /** Since when the start is under way, or the process there, that is the last one. */
  startedAt: number;
  /** How that was to become ready. */
  readyTimeout: number | undefined;
  isStarting: boolean;
  /** Its last process, which leads a group. */
  pid: number | undefined;
  isRunning: boolean;
  isReady: boolean;
  /** It ended well, and its policy may take that for the end of its work. */
  isDone: boolean;
  /** It was told to end. */
  isEnding: boolean;
  /** Its process is ended, since its health checks have failed. */
  isGivenUp: boolean;
  isSignalled: boolean;
}

/** What is created within this time counts as created together (ms). */
const TOGETHER_MS = 100;

export class OrderJudge {
  readonly #clock: VirtualClock;
  readonly #machine: Machine;
  readonly #nodes = new Map<string, Judged>();

  constructor(clock: VirtualClock, machine: Machine) {
    this.#clock = clock;
    this.#machine = machine;
  }

  /** The Stem is about to hear this. */
  told(order: Order): void {
    switch (order.type) {
      case "create":
        return this.#create(order);
      case "end":
        return this.#create({ ...order, generation: 1, stopped: false }, true);
      case "together":
        // Whoever is told to end together with others waits for those that come after it.
        for (const command of order.commands) this.told(command);
        return;
      case "destroy":
        return this.#destroy(this.#nodes.get(order.name));
      case "start":
      case "restart":
      case "stop":
        return this.#order(order.type, this.#nodes.get(order.name));
      case "ready":
        if (this.#nodes.get(order.name)?.id === order.id) this.ready(order.name, order.pid);
        return;
      case "ping":
        return;
      default:
        return order satisfies never;
    }
  }

  /** All are told to end. */
  ends(): void {
    for (const node of this.#nodes.values()) this.#destroy(node);
  }

  /** What the Stem says of its own accord: that it gives a process up, or has done with a node. */
  said(message: FromStem): void {
    if (message.type === "gone" && this.#nodes.get(message.name)?.id === message.id)
      this.#nodes.delete(message.name);
    if (message.type !== "report" || message.news.kind !== "unhealthy") return;
    const node = this.#nodes.get(message.report.name);
    if (node === undefined) return;
    node.failingSince ??= this.#clock.now();
    node.isGivenUp = true;
  }

  /** @throws if it has to wait for another */
  starts(config: NodeConfig): void {
    const node = this.#nodes.get(config.name);
    if (node === undefined) throw new Error(`${config.name} is started, and nobody wants it`);
    const { names, isNamed } = predecessorsOf(config);
    for (const name of names) {
      const until = this.#waitsFor(node, this.#nodes.get(name), isNamed);
      if (until <= this.#clock.now()) continue;
      const how = until === Infinity ? "is on its way" : `is waited for until ${until}`;
      throw new Error(`${config.name} starts before ${name}, which ${how}`);
    }
    node.createdAt = undefined;
    node.startedAt = this.#clock.now();
    node.readyTimeout = readyRulesOf(config).timeout;
    node.isStarting = true;
    node.isEnding = false;
    node.isReady = false;
    node.isDone = false;
  }

  started(config: NodeConfig, pid: number): void {
    const node = this.#nodes.get(config.name);
    if (node === undefined) return;
    Object.assign(node, {
      pid,
      isStarting: false,
      isRunning: true,
      isSignalled: false,
      isGivenUp: false,
    });
    if (readyRulesOf(config).kind === "started") this.ready(config.name, pid);
  }

  failed(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    if (!node.isEnding) node.failingSince ??= this.#clock.now();
    Object.assign(node, { isStarting: false, isEnding: false, idleSince: this.#clock.now() });
  }

  ready(name: string, pid: number): void {
    const node = this.#nodes.get(name);
    if (node === undefined || !node.isRunning || node.pid !== pid || isToEnd(node)) return;
    node.isReady = true;
    node.failingSince = undefined;
  }

  exited(name: string, pid: number, exit: Exit): void {
    const node = this.#nodes.get(name);
    if (node === undefined || node.pid !== pid) return;
    const { when, limit } = policyOf(node.config).revival;
    const isWell = exit.code === 0;
    if (!node.isEnding && (when === "always" || !isWell)) node.failingSince ??= this.#clock.now();
    node.isDone = isWell && (when !== "always" || limit !== undefined);
    node.isRunning = false;
    node.isGivenUp = false;
    node.isReady = false;
    node.idleSince = this.#clock.now();
  }

  /** @throws if others have to end before */
  signals(group: number): void {
    const found = [...this.#nodes].find(([, node]) => node.isRunning && node.pid === group);
    if (found === undefined || found[1].isSignalled) return;
    const [name, node] = found;
    node.isSignalled = true;
    for (const follower of this.#reached(name, (one) => this.#followersOf(one))) {
      const other = this.#nodes.get(follower);
      if (follower === name || other === undefined || !isToEnd(other) || !this.#lives(other))
        continue;
      // Their names are in use again, the other way round: neither waits for the other.
      if (this.#reached(name, (one) => this.#predecessorsOf(one)).has(follower)) continue;
      throw new Error(`${name} is told to end before ${follower} has ended, which comes after it`);
    }
  }

  /** Until when the one waits for the other; Infinity: as long as it takes. */
  #waitsFor(node: Judged, other: Judged | undefined, isNamed: boolean): number {
    const { afterTimeout = AFTER_TIMEOUT_MS } = node.config;
    if (other === undefined || other.isGoing) {
      if (isNamed) return node.idleSince + afterTimeout;
      return node.createdAt === undefined ? 0 : node.createdAt + TOGETHER_MS;
    }
    if (other.isStopped || other.isDone) return 0;
    if (other.isReady && !isToEnd(other)) return 0;
    if (other.failingSince !== undefined) return other.failingSince + afterTimeout;
    if (!other.isRunning || isToEnd(other) || other.readyTimeout === undefined) return Infinity;
    return other.startedAt + other.readyTimeout + afterTimeout;
  }

  #create(
    { id, config, generation, stopped }: Omit<Extract<Order, { type: "create" }>, "type" | "fresh">,
    isGoing = false,
  ): void {
    const now = this.#clock.now();
    const known = this.#nodes.get(config.name);
    // A Stem keeps what it has of that name.
    if (known !== undefined && !known.isGoing) return;
    this.#nodes.set(config.name, {
      startedAt: 0,
      readyTimeout: undefined,
      isStarting: false,
      pid: undefined,
      isRunning: false,
      isReady: false,
      isDone: false,
      isEnding: false,
      isGivenUp: false,
      isSignalled: false,
      ...known,
      id,
      config,
      isGoing,
      isStopped: stopped,
      createdAt: generation === 0 ? now : undefined,
      idleSince: now,
      failingSince: undefined,
    });
  }

  #destroy(node: Judged | undefined): void {
    if (node === undefined) return;
    node.isGoing = true;
    node.failingSince = undefined;
    if (this.#lives(node)) node.isEnding = true;
  }

  #order(goal: "start" | "restart" | "stop", node: Judged | undefined): void {
    if (node === undefined) return;
    node.failingSince = undefined;
    if (goal !== "start" && this.#lives(node)) node.isEnding = true;
    // A start that was to be undone goes on after all.
    if (goal === "start" && node.isStarting && node.isStopped) node.isEnding = false;
    node.isStopped = goal === "stop";
    if (goal !== "stop") node.isDone = false;
  }

  /** A start under way counts. */
  #lives({ isStarting, isRunning, pid }: Judged): boolean {
    return isStarting || isRunning || (pid !== undefined && this.#machine.isGroupAlive(pid));
  }

  #followersOf(name: string): string[] {
    return [...this.#nodes].flatMap(([one, { config }]) =>
      predecessorsOf(config).names.includes(name) ? [one] : [],
    );
  }

  #predecessorsOf(name: string): readonly string[] {
    const node = this.#nodes.get(name);
    return node === undefined ? [] : predecessorsOf(node.config).names;
  }

  #reached(from: string, next: (name: string) => Iterable<string>): Set<string> {
    const found = new Set<string>();
    const names = [from];
    for (const name of names) {
      for (const one of next(name)) {
        if (found.has(one)) continue;
        found.add(one);
        names.push(one);
      }
    }
    return found;
  }
}

function isToEnd({ isEnding, isGivenUp }: Judged): boolean {
  return isEnding || isGivenUp;
}
