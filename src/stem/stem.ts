/**
 * The Stem's loop: commands and facts go in, the core decides, effects are carried out here.
 * Nothing waits in here; one timer serves every node.
 */
import type { NodeConfig } from "../core/config.ts";
import type { Event, News } from "../core/life.ts";
import type { NodeReport } from "../core/report.ts";
import { Tree, type TreeEffect } from "../core/tree.ts";
import type { Clock } from "../os/clock.ts";
import type { FromStem, Order, ProcessId } from "../wire/stem-messages.ts";
import type { StartEvents, StartOrder } from "./start.ts";

/** What the Stem needs of the world, none of which may throw; the simulation has another one. */
export interface StemPorts {
  clock: Clock;
  /** Starts a node's process; calls back exactly once with `started` or `failed`. */
  start(order: StartOrder, events: StartEvents): void;
  /** Looks whether a process is ready, in the way that its configuration says; calls back once. */
  probe(config: NodeConfig, pid: number, seen: (isReady: boolean) => void): void;
  /** Checks once whether a process is healthy; calls back once, with the reason if it is not. */
  check(config: NodeConfig, pid: number, seen: (reason?: string) => void): void;
  /** A process has ended: nobody need look at it any more. */
  ended(pid: number): void;
  signal(pid: number, signal: NodeJS.Signals): void;
  signalGroup(group: number, signal: NodeJS.Signals): void;
  /** Those of the groups that still have a living member. */
  living(groups: readonly number[]): number[];
  /** Quicker than `living`, but may count a zombie. */
  hasMembers(group: number): boolean;
  /** Process groups that lead to what an earlier Stem has left of a node, beside those it is known by. */
  leftovers?(name: string): number[];
  startTime(pid: number): number | undefined;
  /** `false` while there is no Supervisor: it is told everything when it comes back. */
  send(message: FromStem): boolean;
  /** A node's name is free for good. */
  forget(name: string): void;
}

/** What of that is told later to a Supervisor that was not there: the first of it. */
const MAX_MISSED = 1_000;
/** The wall's clock was set, or has gone another way for long (ms). */
const DISAGREE_MS = 20;
/** What becomes of a start under way if there is nobody any more who wants it. */
const OBSOLETE: ReadonlySet<string> = new Set(["gone", "recreate", "dismiss"]);
/** What of all that is reported is news for people later, too. */
const KEPT: ReadonlySet<News["kind"]> = new Set(["exited", "started", "failed", "unhealthy"]);

export class Stem {
  readonly #ports: StemPorts;
  readonly #tree: Tree;
  readonly #startTimes = new Map<number, number>();
  /** Creations that were not fresh (revivals of the Stem) must not truncate output. */
  readonly #fresh = new Set<number>();
  readonly #last = { id: 0, request: 0 };
  #offset = Number.NEGATIVE_INFINITY;
  /** What happened while there was no Supervisor. */
  #missed: FromStem[] = [];
  #facts: { name: string; event: Event }[] = [];
  #working = false;
  #timer: { at: number; cancel: () => void } | undefined;
  #onEnd: (() => void) | undefined;

  /** @param options.sigkill whether SIGKILL may be used at all */
  constructor(ports: StemPorts, options: { sigkill: boolean }) {
    this.#ports = ports;
    this.#tree = new Tree(options);
  }

  /** Carries out a command of the Supervisor's. */
  command(message: Order): void {
    if (this.#onEnd !== undefined) return;
    this.#remember(message);
    this.#work(() => this.#effectsOf(message));
  }

  /** Tells a Supervisor that has just connected everything there is. */
  introduce(): void {
    const { nodes, ending } = this.#tree.snapshot();
    for (const { report, ...kept } of nodes) {
      this.#ports.send({ type: "node", ...kept, report: this.#forWire(report) });
    }
    this.#ports.send({ type: "synced", ending, last: { ...this.#last } });
    for (const message of this.#missed.splice(0)) this.#ports.send(message);
  }

  /** Ends every node, all at once, and calls back when nothing of them is left. */
  end(onEnd: () => void): void {
    if (this.#onEnd !== undefined) return;
    this.#onEnd = onEnd;
    this.#work(() => this.#tree.end(this.#ports.clock.now()));
  }

  /** Whether a start that was asked for is still wanted: its node may have been destroyed since. */
  isOfUse(name: string): boolean {
    const state = this.#tree.stateOf(name);
    return state?.tag === "starting" && !OBSOLETE.has(state.after);
  }

  /** The next Supervisor must not give a number that was given before. */
  #remember(message: Order): void {
    for (const one of message.type === "together" ? message.commands : [message]) {
      if ("id" in one) this.#last.id = Math.max(this.#last.id, one.id);
      if ("request" in one) this.#last.request = Math.max(this.#last.request, one.request);
    }
  }

  #effectsOf(message: Order): TreeEffect[] {
    const now = this.#ports.clock.now();
    switch (message.type) {
      case "create": {
        const { id, config, generation, fresh, stopped, origin } = message;
        if (fresh) this.#fresh.add(id);
        const previous = this.#alive(message.previous, config.name);
        return this.#tree.create({ id, config, generation, previous, stopped, origin }, now);
      }
      case "end": {
        const { id, config } = message;
        const previous = this.#alive(message.previous, config.name);
        if (previous.length === 0) return [{ type: "gone", name: config.name, id }];
        const creation = this.#tree.create({ id, config, previous }, now);
        return [...creation, ...this.#tree.destroy(config.name, now)];
      }
      case "ping":
        this.#ports.send({ type: "pong" });
        return [];
      case "together":
        return this.#tree.inTurn(message.commands).flatMap((command) => this.#effectsOf(command));
      case "destroy":
        return this.#tree.destroy(message.name, now);
      case "start":
      case "restart":
      case "stop":
        return this.#tree.order(message.type, message.name, message.request, now);
      case "ready": {
        const { name, id, pid } = message;
        if (this.#tree.idOf(name) !== id) return [];
        return this.#tree.handle(name, { type: "ready", pid }, now);
      }
      default:
        return message satisfies never;
    }
  }

  /** The process groups of an earlier Stem's processes that still live. */
  #alive(previous: readonly ProcessId[], name: string): number[] {
    // Of a node that this Stem has itself, it is no earlier one's.
    const left = this.#tree.stateOf(name) === undefined ? this.#ports.leftovers?.(name) : undefined;
    const groups = previous
      .filter(({ pid, startTime }) => {
        const present = this.#ports.startTime(pid);
        return present === undefined || startTime === undefined || present === startTime;
      })
      .map(({ pid }) => pid);
    const living = groups.length === 0 ? [] : this.#ports.living(groups);
    return [...new Set([...living, ...(left ?? [])])];
  }

  #fact(name: string, event: Event): void {
    this.#facts.push({ name, event });
    this.#work(() => []);
  }

  /**
   * Does this, then everything that comes of it, then arms the timer for what comes next.
   * @throws the first error of an effect that failed, against all promises, after all others were done
   */
  #work(decide: () => TreeEffect[]): void {
    if (this.#working) return;
    this.#working = true;
    const errors: unknown[] = [];
    try {
      this.#performAll(decide(), errors);
      for (let fact = this.#facts.shift(); fact !== undefined; fact = this.#facts.shift()) {
        const { name, event } = fact;
        this.#performAll(this.#tree.handle(name, event, this.#ports.clock.now()), errors);
      }
    } finally {
      // Whatever went wrong: a Stem that is deaf would never end.
      this.#working = false;
      this.#arm();
      this.#endIfEmpty();
    }
    if (errors.length > 0) throw errors[0];
  }

  #performAll(effects: readonly TreeEffect[], errors: unknown[]): void {
    for (const effect of effects) {
      try {
        this.#perform(effect);
      } catch (error) {
        errors.push(error);
      }
    }
  }

  #endIfEmpty(): void {
    if (this.#tree.size > 0) return;
    const onEnd = this.#onEnd;
    if (onEnd !== undefined) this.#onEnd = () => {};
    onEnd?.();
  }

  #perform(effect: TreeEffect): void {
    switch (effect.type) {
      case "spawn":
        return this.#start(effect);
      case "signal":
        return this.#ports.signal(effect.pid, effect.signal);
      case "signalGroups":
        for (const group of effect.groups) this.#ports.signalGroup(group, effect.signal);
        return;
      case "look":
        return this.#fact(effect.name, { type: "looked", left: this.#ports.living(effect.groups) });
      case "probe": {
        const { name, config, pid } = effect;
        return this.#ports.probe(config, pid, (isReady) =>
          this.#fact(name, { type: "probed", pid, isReady }),
        );
      }
      case "check": {
        const { name, config, pid } = effect;
        return this.#ports.check(config, pid, (reason) =>
          this.#fact(name, { type: "checked", pid, ...(reason !== undefined && { reason }) }),
        );
      }
      case "report":
        return this.#report(effect);
      case "gone":
        this.#fresh.delete(effect.id);
        if (this.#tree.stateOf(effect.name) === undefined) this.#ports.forget(effect.name);
        this.#ports.send({ type: "gone", name: effect.name, id: effect.id });
        return;
      default:
        return effect satisfies never;
    }
  }

  #start({ name, id, config, generation }: Extract<TreeEffect, { type: "spawn" }>): void {
    let process = 0;
    let leader = 0;
    const fresh = this.#fresh.delete(id);
    this.#ports.start(
      { config, id, generation, fresh },
      {
        started: (pid, group = pid) => {
          process = pid;
          leader = group;
          const startTime = this.#ports.startTime(group);
          if (startTime !== undefined) this.#startTimes.set(group, startTime);
          this.#fact(name, { type: "started", pid, group });
        },
        failed: () => this.#fact(name, { type: "failed" }),
        ready: () => this.#fact(name, { type: "ready", pid: process }),
        exited: (exit) => {
          this.#startTimes.delete(leader);
          this.#ports.ended(process);
          const remains = this.#ports.hasMembers(leader);
          this.#fact(name, { type: "exited", pid: process, exit, remains });
        },
        used: (cpu) => this.#ports.send({ type: "used", name, pid: process, cpu }),
      },
    );
  }

  #report({ report, news }: Extract<TreeEffect, { type: "report" }>): void {
    const told = { report: this.#forWire(report), news };
    if (this.#ports.send({ type: "report", ...told })) return;
    if (KEPT.has(news.kind) && this.#missed.length < MAX_MISSED)
      this.#missed.push({ type: "missed", ...told });
  }

  #forWire(report: NodeReport): NodeReport {
    const offset = this.#wallOffset();
    const wire: NodeReport = { ...report, since: Math.round(report.since + offset) };
    const startTime = this.#startTimes.get(report.group ?? report.pid ?? 0);
    if (startTime !== undefined) wire.startTime = startTime;
    if (report.nextStart !== undefined) wire.nextStart = Math.round(report.nextStart + offset);
    if (report.lastExit !== undefined) {
      wire.lastExit = { ...report.lastExit, at: Math.round(report.lastExit.at + offset) };
    }
    return wire;
  }

  /** From our clock to the wall's: the same as long as they agree, so that a moment is told only one way. */
  #wallOffset(): number {
    const { clock } = this.#ports;
    const offset = clock.wall() - clock.now();
    if (Math.abs(offset - this.#offset) > DISAGREE_MS) this.#offset = offset;
    return this.#offset;
  }

  #arm(): void {
    const at = this.#tree.nextWake();
    if (at === this.#timer?.at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (at === undefined) return;
    const cancel = this.#ports.clock.at(at, () => {
      this.#timer = undefined;
      this.#work(() => this.#tree.wake(this.#ports.clock.now()));
    });
    this.#timer = { at, cancel };
  }
}
