/** A Stem's process: the real Stem, with a simulated machine below and a simulated link above. */
import assert from "node:assert/strict";
import type { NodeConfig } from "../../src/core/config.ts";
import { readyRulesOf } from "../../src/core/readiness.ts";
import type { Exit } from "../../src/core/revival.ts";
import type { StartEvents, StartOrder } from "../../src/stem/start.ts";
import { Stem, type StemPorts } from "../../src/stem/stem.ts";
import { FrameDecoder } from "../../src/wire/frames.ts";
import {
  decodeMessage,
  encodeMessage,
  type FromStem,
  type Order,
  TO_STEM,
  type ToStem,
} from "../../src/wire/stem-messages.ts";
import type { Connection, PipeEvents } from "./link.ts";
import type { Process } from "./machine.ts";
import { OrderJudge } from "./order-judge.ts";
import { creationOf } from "./user.ts";
import type { Fate, World } from "./world.ts";

const FIRST_RETRY_MS = 5;
const LONGEST_RETRY_MS = 1_000;
const PARENT_CHECK_MS = 1_000;

export class StemHost {
  readonly pid: number;
  readonly token: string;
  readonly #world: World;
  readonly #stem: Stem;
  readonly #judge: OrderJudge;
  #exited: (exit: Exit) => void;
  /** Every process that it ever started. */
  readonly #nodes: Process[] = [];
  /** From when on a process is ready. */
  readonly #readyAt = new Map<number, number>();
  /** Looks whether it is ready, and checks, that are under way, by process. */
  readonly #probes = new Map<number, object>();
  readonly #checks = new Map<number, object>();
  #connection: Connection | undefined;
  #retry = FIRST_RETRY_MS;
  #isAlive = true;
  #isEnding = false;
  #stopsUntil = 0;
  /** What has happened while it was stopped. */
  #missed: (() => void)[] = [];

  constructor(world: World, pid: number, exited: (exit: Exit) => void) {
    this.#world = world;
    this.pid = pid;
    this.token = `token of ${pid}`;
    this.#exited = exited;
    this.#judge = new OrderJudge(world.clock, world.machine);
    this.#stem = new Stem(this.#ports(), { sigkill: world.sigkill });
    this.#later(world.dice.between(1, 60), () => this.#connect());
    this.#checkParent();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Another Supervisor wants to know of its end. */
  watch(exited: (exit: Exit) => void): void {
    this.#exited = exited;
  }

  /** SIGSTOP, and SIGCONT after this time: all that happens meanwhile it sees at once, in that order. */
  pause(milliseconds: number): void {
    const until = this.#world.clock.now() + milliseconds;
    this.#stopsUntil = Math.max(this.#stopsUntil, until);
  }

  /** SIGTERM: it ends in order. */
  terminate(code = 0): void {
    this.#whenAwake(() => this.#terminate(code));
  }

  #terminate(code: number): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#judge.ends();
    this.#stem.end(() => {
      const last = this.#connection?.toSupervisor;
      last?.close();
      this.#world.clock.at(last?.arrival ?? 0, () => this.#exit({ code }));
    });
  }

  /** SIGKILL. */
  kill(): void {
    this.#exit({ signal: "SIGKILL" });
  }

  breakLink(): void {
    this.#whenAwake(() => {
      if (this.#connection === undefined) return;
      this.#connection.endByStem();
      this.#lost();
    });
  }

  #exit(exit: Exit): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#connection?.endByStem();
    for (const process of this.#nodes) this.#world.machine.orphan(process);
    const { clock, dice } = this.#world;
    clock.in(dice.next() * dice.pick([0, 10]), () => this.#exited(exit));
  }

  #ports(): StemPorts {
    const { machine, clock, dice, isSlow } = this.#world;
    return {
      clock: {
        now: () => clock.now(),
        wall: () => clock.wall(),
        at: (at, callback) => clock.at(at, () => this.#whenAwake(callback)),
      },
      start: (order, events) => {
        const fate = this.#world.fateOf();
        this.#judge.starts(order.config);
        this.#inTime(fate.waits, () => {
          if (!this.#stem.isOfUse(order.config.name)) return this.#failed(order, events);
          this.#inTime(fate.takes, () => this.#start(order, fate, events));
        });
      },
      probe: (config, pid, seen) => {
        const isReady = (this.#readyAt.get(pid) ?? Infinity) <= clock.now();
        this.#look(this.#probes, pid, dice.pick(isSlow ? [700, 8_000] : [0, 3, 3, 700]), () => {
          if (isReady) this.#judge.ready(config.name, pid);
          seen(isReady);
        });
      },
      check: (config, pid, seen) => this.#check(config, pid, seen),
      ended: (pid) => {
        this.#readyAt.delete(pid);
        this.#probes.delete(pid);
        this.#checks.delete(pid);
      },
      signal: (pid, signal) => {
        this.#judge.signals(pid);
        machine.signal(pid, signal);
      },
      signalGroup: (group, signal) => machine.signalGroup(group, signal),
      living: (groups) => groups.filter((group) => machine.isGroupAlive(group)),
      hasMembers: (group) => machine.hasMembers(group),
      startTime: (pid) => machine.find(pid)?.startTime,
      send: (message) => this.#send(message),
      forget: () => {},
    };
  }

  #failed({ config }: StartOrder, events: StartEvents): void {
    this.#judge.failed(config.name);
    events.failed();
  }

  #start(order: StartOrder, { process: life }: Fate, events: StartEvents): void {
    if (life === undefined) return this.#failed(order, events);
    const { machine, clock, dice, supervisor } = this.#world;
    const { config } = order;
    const { name } = config;
    const onExit = (exit: Exit, reap: () => void): void =>
      this.#later(dice.next() * 2, () => {
        reap();
        this.#judge.exited(name, pid, exit);
        events.exited(exit);
      });
    const owner = { node: name, creation: creationOf(config), onExit };
    const { pid } = this.#remember(machine.start(owner, life.leader, life.others));
    this.#judge.started(config, pid);
    events.started(pid);
    this.#readyAt.set(pid, clock.now() + life.readyAfter);
    if (isPrinted(config)) {
      const print = () => supervisor.printed(name, pid);
      clock.in(life.readyAfter, print);
      if (dice.chance(0.5)) clock.in(life.readyAfter + dice.next() * 10_000, print);
    }
    // Of a process that has ended others may hold the descriptor still.
    else if (readyRulesOf(config).kind === "told")
      this.#later(life.readyAfter, () => {
        this.#judge.ready(name, pid);
        events.ready();
      });
  }

  #remember(process: Process): Process {
    this.#nodes.push(process);
    return process;
  }

  #check(config: NodeConfig, pid: number, seen: (reason?: string) => void): void {
    const { clock, dice } = this.#world;
    const isReady = (this.#readyAt.get(pid) ?? Infinity) <= clock.now();
    assert.ok(isReady || readyRulesOf(config).kind === "started", "what is checked is ready");
    this.#look(this.#checks, pid, dice.pick([0, 3, 2_000]), () => {
      const isWell = !this.#world.isTroubled || dice.chance(0.4);
      if (isWell) seen();
      else seen("no answer");
    });
  }

  /** Of a process that has ended nothing is told. */
  #look(looks: Map<number, object>, pid: number, takes: number, tell: () => void): void {
    assert.ok(!looks.has(pid), "one look at a process at a time");
    const look = {};
    looks.set(pid, look);
    this.#later(takes, () => {
      if (looks.get(pid) !== look) return;
      looks.delete(pid);
      tell();
    });
  }

  #connect(): void {
    if (this.#world.isSupervisorDead) return this.terminate(13);
    const connection: Connection | undefined = this.#world.supervisor.accept(
      this.#listener(() => connection !== undefined && this.#connection === connection),
    );
    if (connection === undefined) return this.#lost();
    this.#connection = connection;
    this.#retry = FIRST_RETRY_MS;
    this.#send({ type: "hello", channel: "control", token: this.token, pid: this.pid });
    this.#stem.introduce();
    const { clock, dice, fragility } = this.#world;
    if (dice.chance(fragility)) clock.in(dice.next() * dice.pick([60, 500]), () => this.kill());
  }

  #listener(isCurrent: () => boolean): PipeEvents {
    const decoder = new FrameDecoder();
    return {
      bytes: (bytes) =>
        this.#whenAwake(() => {
          if (!isCurrent()) return;
          for (const { payload } of decoder.push(bytes)) {
            const order = decodeMessage<ToStem>(payload, TO_STEM) as Order;
            if (!this.#isEnding) this.#judge.told(order);
            this.#stem.command(order);
          }
        }),
      closed: () => this.#whenAwake(() => isCurrent() && this.#lost()),
    };
  }

  #lost(): void {
    this.#connection = undefined;
    if (!this.#isAlive) return;
    this.#later(this.#retry, () => this.#connect());
    this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY_MS);
  }

  #send(message: FromStem): boolean {
    this.#judge.said(message);
    this.#connection?.toSupervisor.send(encodeMessage(message));
    return this.#connection !== undefined;
  }

  #checkParent(): void {
    if (this.#world.isSupervisorDead) this.terminate(13);
    else this.#later(PARENT_CHECK_MS, () => this.#checkParent());
  }

  /** At once, if it takes no time. */
  #inTime(delay: number, act: () => void): void {
    if (delay === 0) act();
    else this.#later(delay, act);
  }

  #later(delay: number, act: () => void): void {
    this.#world.clock.in(delay, () => this.#whenAwake(act));
  }

  #whenAwake(act: () => void): void {
    if (!this.#isAlive) return;
    if (this.#missed.length === 0 && this.#world.clock.now() >= this.#stopsUntil) return act();
    if (this.#missed.push(act) === 1) this.#wakeUp();
  }

  #wakeUp(): void {
    const { clock } = this.#world;
    clock.at(this.#stopsUntil, () => {
      // It may have been stopped again meanwhile.
      if (clock.now() < this.#stopsUntil) return this.#wakeUp();
      // What comes of it on the way comes after it.
      for (const act of this.#missed) if (this.#isAlive) act();
      this.#missed = [];
    });
  }
}

/** The Supervisor finds out that it is ready, from what it prints. */
function isPrinted({ ready }: NodeConfig): boolean {
  return typeof ready === "object" && "line" in ready;
}
