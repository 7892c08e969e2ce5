/**
 * The Supervisor: answers the API, keeps a Stem alive, and passes on what becomes of the nodes.
 * What is decided is decided in the roster and in `core/`; what is done is done through the ports.
 */
import type { Reloaded, TreeEvent, TreeEventKind } from "../core/api.ts";
import { DEFAULT_POLICY, type NodeConfig } from "../core/config.ts";
import type { News } from "../core/life.ts";
import type { Present } from "../core/plan.ts";
import { afterDeath, attempted, type Exit, FRESH, type Revival } from "../core/revival.ts";
import type { LastExit, NodeStatus, Status } from "../core/status.ts";
import type { Origin } from "../core/tree.ts";
import { StemDiedEarlyError, SupervisorEndingError } from "../errors.ts";
import type { Clock } from "../os/clock.ts";
import type { FromStem, ToStem } from "../wire/stem-messages.ts";
import { operatorLine } from "./operator-line.ts";
import { Outbox } from "./outbox.ts";
import type { RosterEffect } from "./roster/effects.ts";
import type { Goal } from "./roster/member.ts";
import type { Stray } from "./roster/reconcile.ts";
import { Roster, type RosterOptions } from "./roster/roster.ts";
import { tidings, withWhat } from "./tidings.ts";

/** How the Supervisor does itself. */
export interface Vitals {
  /** A Stem is connected. */
  isLinked: boolean;
  /** The tree has begun to end. */
  isEnding: boolean;
  /** Stems that were started. */
  stems: number;
  /** Commands for the Stem that are not sent yet. */
  commands: number;
}

export interface StemProcess {
  pid: number;
  signal(signal: NodeJS.Signals): void;
}

/** What the Supervisor needs of the world; the simulation has another one. */
export interface SupervisorPorts {
  clock: Clock;
  /** Starts a Stem; `exited` comes once, also for one that could not be started. */
  startStem(exited: (exit: Exit) => void): StemProcess;
  /** The Stem of an earlier Supervisor, if there is one; `exited` comes once it is gone. */
  takeOverStem(exited: (exit: Exit) => void): StemProcess | undefined;
  /** Calls back when this turn is over. */
  soon(act: () => void): void;
  /** Checks a configuration and makes its directory. @throws NodeConfigError */
  accept(config: unknown, known: (name: string) => NodeConfig | undefined): NodeConfig;
  /** Processes of earlier Stems' nodes. */
  strays(): Stray[];
  send(message: ToStem): void;
  /** A line for the operator, on stderr. */
  say(text: string): void;
  /** A line of the Stem's own, printed as such. */
  stemSays(text: string): void;
  nodeStatus(node: string, pid: number, status: NodeStatus): void;
  /** A script has asked for a node that an earlier Supervisor has left as it is to be. */
  kept(status: NodeStatus): void;
  nodeExit(node: string, exit: LastExit, status: NodeStatus): void;
  /** The same of one that no Supervisor was there for, with the status of then. */
  missedExit(node: string, exit: LastExit, status: NodeStatus): void;
  /** Everything that happens, for whoever watches. */
  happened(event: TreeEvent): void;
  /** What became of a node's process, before anybody else hears of it. */
  news?(news: News, pid: number, status: NodeStatus): void;
  /** The CPU time of a process that has ended, in milliseconds, if it is known. */
  used?(node: string, pid: number, cpu: number | undefined): void;
}

type Settle<Value> = (value: Value) => void;

export class Supervisor {
  readonly #ports: SupervisorPorts;
  readonly #roster: Roster;
  readonly #creating = new Map<number, Settle<NodeStatus>>();
  readonly #destroying = new Map<number, Settle<boolean>>();
  readonly #requests = new Map<number, Settle<boolean>>();
  readonly #outbox: Outbox;
  #stem: StemProcess | undefined;
  #stemRevival: Revival = FRESH;
  readonly #warnings = new Set<string>();
  /** How many Stems there have been: from the second on, an earlier one may have left processes. */
  #stems = 0;
  #isLinked = false;
  /** What to do about the last Stem's death once its link has closed. */
  #mourn: (() => void) | undefined;
  #firstLink: { done: Settle<void>; failed: Settle<Error> } | undefined;
  #onEnd: Settle<Exit> | undefined;
  #alive: (() => void) | undefined;
  /** What became of each node that a script asked for, while another Supervisor's tree is taken over. */
  #takeover: Reloaded | undefined;
  #onRolled: (() => void)[] = [];
  #isRolling = false;

  constructor(ports: SupervisorPorts, options: RosterOptions = {}) {
    this.#ports = ports;
    this.#roster = new Roster(options);
    this.#outbox = new Outbox(
      (message) => ports.send(message),
      (act) => ports.soon(act),
    );
  }

  /** Starts the Stem. Resolves when it has connected. @throws StemDiedEarlyError (a rejection) */
  start(): Promise<void> {
    return new Promise((done, failed) => {
      this.#firstLink = { done, failed };
      this.#startStem();
    });
  }

  /**
   * Takes over the Stem that an earlier Supervisor has left. Resolves when it has said what it has,
   * with `false` if there is none, or if it ended before: then one has to be started.
   */
  takeOver(): Promise<boolean> {
    return new Promise((linked) => {
      const left = (): void => {
        this.#stem = undefined;
        this.#firstLink = undefined;
        linked(false);
      };
      const done = (): void => {
        const stay = this.#roster.wanted.present().filter(({ origin }) => origin === "remote");
        const kept = stay.map(({ config }) => config.name);
        this.#takeover = { kept, changed: [], started: [], stopped: [] };
        linked(true);
      };
      this.#firstLink = { done, failed: left };
      const startedAt = this.#ports.clock.now();
      this.#stem = this.#ports.takeOverStem((exit) => this.#stemExited(exit, startedAt));
      if (this.#stem === undefined) left();
      else this.#stems = 1;
    });
  }

  /**
   * The scripts have asked for all that they want: what they no longer ask for ends. Nodes that were
   * created from afar stay. Resolves when every node has the configuration that it is to have.
   */
  async settle(): Promise<Reloaded> {
    const done = this.#takeover ?? { kept: [], changed: [], started: [], stopped: [] };
    this.#takeover = undefined;
    done.stopped = this.#roster.wanted.unclaimed();
    for (const name of done.stopped) void this.destroy(name);
    await new Promise<void>((rolled) => {
      this.#onRolled.push(rolled);
      this.#checkRolled();
    });
    return done;
  }

  /** The scripts could not say what they want: every node stays as it is. */
  keepAll(): void {
    this.#takeover = undefined;
    this.#roster.keepAll();
  }

  /** Has the Stem hold on to everything until the next Supervisor is there. @param within in ms; `false`: there is none */
  hold(within: number): boolean {
    if (!this.#isLinked) return false;
    this.#outbox.flush();
    this.#ports.send({ type: "hold", within });
    return true;
  }

  stemPid(): number {
    return this.#stem?.pid ?? -1;
  }

  vitals(): Vitals {
    return {
      isLinked: this.#isLinked,
      isEnding: this.#onEnd !== undefined,
      stems: this.#stems,
      commands: this.#outbox.size,
    };
  }

  /** One node as it is now, whatever it is called: names may be words of JavaScript's own. */
  statusOf(name: string): NodeStatus | undefined {
    return this.#roster.wanted.statusOf(name);
  }

  has(name: string): boolean {
    return this.#roster.wanted.has(name);
  }

  /**
   * Takes a node in at once. The promise is that of `SupervisorApi.create`.
   * @throws NodeConfigError, SupervisorEndingError at once
   */
  create(config: NodeConfig, origin: Origin = "script"): Promise<NodeStatus> {
    if (this.#onEnd !== undefined) throw new SupervisorEndingError();
    const accepted = this.#ports.accept(config, (name) =>
      origin === "script"
        ? this.#roster.wanted.configOf(name)
        : this.#roster.wanted.statusOf(name)?.node,
    );
    const { name } = accepted;
    const { id, how, effects } = this.#roster.create(accepted, this.#ports.clock.wall(), origin);
    const created = new Promise<NodeStatus>((settle) => this.#creating.set(id, settle));
    this.#takeover?.[how === "new" ? "started" : how].push(name);
    if (how === "new") this.#happened("created", `node '${name}' was created`, name);
    if (how === "changed")
      this.#happened("created", `node '${name}' gets another configuration`, name);
    this.#perform(effects);
    const status = how === "kept" ? this.statusOf(name) : undefined;
    if (status !== undefined) this.#ports.kept(status);
    return created;
  }

  async destroy(name = ""): Promise<boolean> {
    return this.#each(name, (one) => {
      this.#happened("destroyed", `node '${one}' was told to end for good`, one);
      const { id, effects } = this.#roster.destroy(one);
      const destroyed = new Promise<boolean>((settle) => this.#destroying.set(id, settle));
      this.#perform(effects);
      return destroyed;
    });
  }

  async restart(name = ""): Promise<boolean> {
    return this.#order("restart", name);
  }

  /** A node's process ends, and none starts until it is told to; the node stays known. */
  async stopNode(name = ""): Promise<boolean> {
    return this.#order("stop", name);
  }

  /** A node that was stopped starts, and one that waits for its revival does so at once. */
  async startNode(name = ""): Promise<boolean> {
    return this.#order("start", name);
  }

  /** What a process has printed says that it is ready. */
  printedReady(name: string, pid: number): void {
    this.#perform(this.#roster.printedReady(name, pid));
  }

  status(name = ""): Status {
    return { nodes: this.#roster.wanted.status(name) };
  }

  /** The configurations that this Supervisor was asked for: what it has only inherited may yet go. */
  asked(): NodeConfig[] {
    return this.#roster.wanted.asked();
  }

  /** Every node, with who wants it. */
  present(): Present[] {
    return this.#roster.wanted.present();
  }

  /** The names of the nodes that have a process, by process group. */
  groups(): Map<number, string> {
    return this.#roster.wanted.groups();
  }

  /** Ends the Stem and with it every node. Resolves with how the Stem ended. */
  end(): Promise<Exit> {
    this.#happened("ending", "the tree ends");
    return new Promise((done) => {
      this.#onEnd = done;
      if (this.#stem === undefined && this.#mourn === undefined) done({});
      else this.#stem?.signal("SIGTERM");
    });
  }

  /** A Stem has connected, and will now say what it has. */
  connected(): void {
    if (this.#stem === undefined) return;
    this.#isLinked = true;
    this.#outbox.clear();
    this.#roster.connected();
  }

  disconnected(): void {
    this.#isLinked = false;
    this.#outbox.clear();
    this.#roster.disconnected();
    this.#mourn?.();
  }

  receive(message: Exclude<FromStem, { type: "hello" }>): void {
    if (message.type === "note") return this.#passOn(message.text);
    if (message.type === "used") return this.#ports.used?.(message.name, message.pid, message.cpu);
    if (message.type === "pong") return this.#alive?.();
    const strays = (): Stray[] => (this.#stems > 1 ? this.#ports.strays() : []);
    this.#perform(this.#roster.receive(message, strays));
    if (message.type === "synced") {
      this.#firstLink?.done();
      this.#firstLink = undefined;
    }
  }

  /** A line of the Stem's own; each Stem says what is missing on this machine, people hear it once. */
  #passOn(text: string): void {
    if (text.startsWith("warning: ")) {
      if (this.#warnings.has(text)) return;
      this.#warnings.add(text);
    }
    this.#ports.stemSays(text);
  }

  /** Asks the Stem for a sign of life. `alive` is called when it answers, if it ever does. */
  ping(alive: () => void): void {
    this.#alive = alive;
    if (this.#isLinked) this.#ports.send({ type: "ping" });
  }

  #order(goal: Goal, name: string): Promise<boolean> {
    return this.#each(name, (one) => {
      const { request, effects } = this.#roster.order(goal, one);
      const done = new Promise<boolean>((settle) => this.#requests.set(request, settle));
      this.#perform(effects);
      return done;
    });
  }

  async #each(name: string, act: (name: string) => Promise<boolean>): Promise<boolean> {
    if (name !== "") return this.#roster.wanted.has(name) ? act(name) : false;
    const results = await Promise.all(this.#roster.wanted.names().map(act));
    return results.every(Boolean);
  }

  #perform(effects: readonly RosterEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "send":
          this.#outbox.add(effect);
          break;
        case "created":
          settle(this.#creating, effect.id, effect.status);
          break;
        case "destroyed":
          this.#happened("gone", `nothing of node '${effect.name}' is left`, effect.name);
          settle(this.#destroying, effect.id, true);
          break;
        case "answered":
          settle(this.#requests, effect.request, effect.done);
          break;
        case "roll":
          this.#rollSoon();
          break;
        case "news":
          this.#tell(effect.news, effect.pid, effect.status);
          break;
        case "missed":
          this.#tellMissed(effect.news, effect.pid, effect.status);
          break;
        default:
          effect satisfies never;
      }
    }
    this.#checkRolled();
  }

  #tell(news: News, pid: number, status: NodeStatus): void {
    const { name } = status.node;
    this.#tellPeople(news, pid, status);
    switch (news.kind) {
      case "started":
        return this.#ports.nodeStatus(name, pid, status);
      case "failed":
        return this.#ports.nodeStatus(name, 0, status);
      case "exited":
        return this.#ports.nodeExit(name, status.lastExit ?? { at: status.since }, status);
      case "blocked":
      case "impatient":
      case "ready":
      case "checked":
      case "unhealthy":
      case "changed":
      case "gone":
        return;
      default:
        return news satisfies never;
    }
  }

  /** What happened while there was nobody to be told. That a process was started may be long past. */
  #tellMissed(news: News, pid: number, status: NodeStatus): void {
    this.#tellPeople(news, pid, status);
    if (news.kind !== "exited") return;
    this.#ports.missedExit(status.node.name, status.lastExit ?? { at: status.since }, status);
  }

  #tellPeople(news: News, pid: number, status: NodeStatus): void {
    this.#ports.news?.(news, pid, status);
    const statusOf = (name: string) => this.statusOf(name);
    const isKnown = (name: string) => statusOf(name) !== undefined;
    this.#ports.happened(tidings(news, pid, status, this.#ports.clock.wall(), isKnown));
    const line = operatorLine(news, pid, status, statusOf);
    if (line !== undefined) this.#ports.say(line);
  }

  #checkRolled(): void {
    if (this.#onRolled.length === 0 || !this.#roster.isRolled) return;
    for (const rolled of this.#onRolled.splice(0)) rolled();
  }

  /** Once for all whose turn has come in this turn of the loop: they end together. */
  #rollSoon(): void {
    if (this.#isRolling) return;
    this.#isRolling = true;
    this.#ports.soon(() => {
      this.#isRolling = false;
      this.#perform(this.#roster.roll(this.#ports.clock.wall()));
    });
  }

  #startStem(): void {
    this.#stems++;
    const startedAt = this.#ports.clock.now();
    this.#stem = this.#ports.startStem((exit) => this.#stemExited(exit, startedAt));
    this.#happened("stem", `a Stem was started (PID ${this.stemPid()})`);
  }

  /** What the Stem said before it died may come after the news of its death: it is heard first. */
  #stemExited(exit: Exit, startedAt: number): void {
    const pid = this.stemPid();
    this.#stem = undefined;
    this.#mourn = () => {
      this.#mourn = undefined;
      this.#stemIsGone(pid, exit, startedAt);
    };
    if (!this.#isLinked) this.#mourn();
  }

  #stemIsGone(pid: number, exit: Exit, startedAt: number): void {
    const { clock } = this.#ports;
    this.#roster.stemDied(clock.wall());
    this.#happened("stem", `the Stem (PID ${pid}) ended ${withWhat(exit)}`);
    if (this.#onEnd !== undefined) return this.#onEnd(exit);
    if (this.#firstLink !== undefined)
      return this.#firstLink.failed(new StemDiedEarlyError(withWhat(exit)));
    this.#error(`Supervisor stem (PID ${pid}) died ${withWhat(exit)}: starting another`);
    const verdict = afterDeath(
      this.#stemRevival,
      exit,
      startedAt,
      clock.now(),
      DEFAULT_POLICY.revival,
    );
    this.#stemRevival = attempted(verdict.revival);
    const at = verdict.revive ? verdict.at : clock.now();
    if (at <= clock.now()) return this.#startStem();
    clock.at(at, () => {
      if (this.#onEnd === undefined) this.#startStem();
    });
  }

  #happened(kind: TreeEventKind, text: string, node?: string): void {
    const at = this.#ports.clock.wall();
    this.#ports.happened({ kind, at, text, ...(node === undefined ? {} : { node }) });
  }

  #error(text: string): void {
    this.#ports.say(`error: ${text}`);
  }
}

function settle<Value>(waiting: Map<number, Settle<Value>>, key: number, value: Value): void {
  waiting.get(key)?.(value);
  waiting.delete(key);
}
