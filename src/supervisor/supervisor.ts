/**
 * The Supervisor: answers the API, keeps a Stem alive, and passes on what becomes of the nodes.
 * What is decided is decided in the roster and in `core/`; what is done is done through the ports.
 */
import type { TreeEvent, TreeEventKind } from "../core/api.ts";
import { DEFAULT_POLICY, type NodeConfig } from "../core/config.ts";
import type { News } from "../core/life.ts";
import { afterDeath, attempted, type Exit, FRESH, type Revival } from "../core/revival.ts";
import type { LastExit, NodeStatus, Status } from "../core/status.ts";
import { StemDiedEarlyError, SupervisorEndingError } from "../errors.ts";
import type { Clock } from "../os/clock.ts";
import type { FromStem, ToStem } from "../wire/stem-messages.ts";
import { Outbox } from "./outbox.ts";
import { type Goal, Roster, type RosterEffect, type Stray } from "./roster.ts";
import { howItDied, standing, tidings, withoutText, withWhat } from "./tidings.ts";

export interface StemProcess {
  pid: number;
  signal(signal: NodeJS.Signals): void;
}

/** What the Supervisor needs of the world; the simulation has another one. */
export interface SupervisorPorts {
  clock: Clock;
  /** Starts a Stem; `exited` comes once, also for one that could not be started. */
  startStem(exited: (exit: Exit) => void): StemProcess;
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
  nodeExit(node: string, exit: LastExit, status: NodeStatus): void;
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
  readonly #roster = new Roster();
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

  constructor(ports: SupervisorPorts) {
    this.#ports = ports;
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

  stemPid(): number {
    return this.#stem?.pid ?? -1;
  }

  /** One node as it is now, whatever it is called: names may be words of JavaScript's own. */
  statusOf(name: string): NodeStatus | undefined {
    return this.#roster.statusOf(name);
  }

  has(name: string): boolean {
    return this.#roster.has(name);
  }

  /**
   * Takes a node in at once. The promise is that of `SupervisorApi.create`.
   * @throws NodeConfigError, SupervisorEndingError at once
   */
  create(config: NodeConfig): Promise<NodeStatus> {
    if (this.#onEnd !== undefined) throw new SupervisorEndingError();
    const accepted = this.#ports.accept(config, (name) => this.#roster.statusOf(name)?.node);
    const { id, effects } = this.#roster.create(accepted, this.#ports.clock.wall());
    const created = new Promise<NodeStatus>((settle) => this.#creating.set(id, settle));
    this.#happened("created", `node '${accepted.name}' was created`, accepted.name);
    this.#perform(effects);
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
    return { nodes: this.#roster.status(name) };
  }

  /** The names of the nodes that have a process, by process group. */
  groups(): Map<number, string> {
    return this.#roster.groups();
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

  #order(goal: Goal, name: string): Promise<boolean> {
    return this.#each(name, (one) => {
      const { request, effects } = this.#roster.order(goal, one);
      const done = new Promise<boolean>((settle) => this.#requests.set(request, settle));
      this.#perform(effects);
      return done;
    });
  }

  async #each(name: string, act: (name: string) => Promise<boolean>): Promise<boolean> {
    if (name !== "") return this.#roster.has(name) ? act(name) : false;
    const results = await Promise.all(this.#roster.names().map(act));
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
        case "news":
          this.#tell(effect.news, effect.pid, effect.status);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  /** The lines are Zeek's (`Stem::Reap`, `Stem::Revive`). */
  #tell(news: News, pid: number, status: NodeStatus): void {
    this.#ports.news?.(news, pid, status);
    const { name } = status.node;
    const isKnown = (one: string): boolean => this.statusOf(one) !== undefined;
    this.#ports.happened(tidings(news, pid, status, this.#ports.clock.wall(), isKnown));
    switch (news.kind) {
      case "started":
        if (news.revived)
          this.#error(`Supervised node '${name}' (PID ${pid}) revived after premature exit`);
        return this.#ports.nodeStatus(name, pid, status);
      case "failed":
        return this.#ports.nodeStatus(name, 0, status);
      case "exited":
        if (news.premature)
          this.#error(`Supervised node '${name}' (PID ${pid}) ${howItDied(news.exit)}`);
        return this.#ports.nodeExit(name, status.lastExit ?? { at: status.since }, status);
      case "blocked":
        return this.#ports.say(
          `info: node '${name}' still waits to start: ${this.#whatKeeps(status)}`,
        );
      case "impatient":
        return this.#ports.say(
          `warning: node '${name}' starts ${withoutText(news.without, isKnown)}`,
        );
      case "ready":
      case "changed":
      case "gone":
        return;
      default:
        return news satisfies never;
    }
  }

  /** `'db' (running, not ready), 'typo' (there is no such node)`. */
  #whatKeeps({ waitsFor = [] }: NodeStatus): string {
    return waitsFor.map((name) => `'${name}' (${standing(this.statusOf(name))})`).join(", ");
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
