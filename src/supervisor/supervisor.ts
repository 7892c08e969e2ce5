/**
 * The Supervisor: answers the API, keeps a Stem alive, and passes on what becomes of the nodes.
 * What is decided is decided in the roster and in `core/`; what is done is done through the ports.
 */
import type { Reloaded } from "../core/api.ts";
import type { NodeConfig } from "../core/config.ts";
import type { Present } from "../core/plan.ts";
import type { Origin } from "../core/report.ts";
import type { Exit } from "../core/revival.ts";
import type { NodeStatus, Status } from "../core/status.ts";
import { SupervisorEndingError } from "../errors.ts";
import type { FromStem } from "../wire/stem-messages.ts";
import { Outbox } from "./link/outbox.ts";
import { StemLife } from "./link/stem-life.ts";
import { Performer } from "./performer.ts";
import type { Goal, PrintedReady } from "./roster/member.ts";
import type { Stray } from "./roster/reconcile.ts";
import { Roster, type RosterOptions } from "./roster/roster.ts";
import type { SupervisorPorts } from "./supervisor-ports.ts";
import { Teller } from "./teller.ts";

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

export class Supervisor {
  readonly #ports: SupervisorPorts;
  readonly #roster: Roster;
  readonly #outbox: Outbox;
  readonly #teller: Teller;
  readonly #performer: Performer;
  readonly #stem: StemLife;
  /** What became of each node that a script asked for, while another Supervisor's tree is taken over. */
  #takeover: Reloaded | undefined;

  constructor(ports: SupervisorPorts, options: RosterOptions = {}) {
    this.#ports = ports;
    this.#roster = new Roster(options);
    this.#outbox = new Outbox(
      (message) => ports.send(message),
      (act) => ports.soon(act),
    );
    this.#teller = new Teller(ports, (name) => this.statusOf(name));
    this.#performer = new Performer(this.#roster, this.#outbox, this.#teller, ports);
    this.#stem = new StemLife(ports, this.#teller, () => this.#roster.stemDied(ports.clock.wall()));
  }

  /** Starts the Stem. Resolves when it has connected. @throws StemDiedEarlyError (a rejection) */
  start(): Promise<void> {
    return this.#stem.start();
  }

  /**
   * Takes over the Stem that an earlier Supervisor has left. Resolves when it has said what it has,
   * with `false` if there is none, or if it ended before: then one has to be started.
   */
  takeOver(): Promise<boolean> {
    return new Promise((done) => {
      this.#stem.takeOver((isTaken) => {
        if (isTaken) this.#takeover = nothingDone(this.#createdFromAfar());
        done(isTaken);
      });
    });
  }

  /**
   * The scripts have asked for all that they want: what they no longer ask for ends. Nodes that were
   * created from afar stay. Resolves when every node has the configuration that it is to have.
   */
  async settle(): Promise<Reloaded> {
    const done = this.#takeover ?? nothingDone([]);
    this.#takeover = undefined;
    done.stopped = this.#roster.wanted.unclaimed();
    for (const name of done.stopped) void this.destroy(name);
    await this.#performer.rolled();
    return done;
  }

  /** The scripts could not say what they want: every node stays as it is. */
  keepAll(): void {
    this.#takeover = undefined;
    this.#roster.keepAll();
  }

  /** Has the Stem hold on to everything until the next Supervisor is there. @param within in ms; `false`: there is none */
  hold(within: number): boolean {
    if (!this.#stem.isIntroduced) return false;
    this.#outbox.flush();
    this.#ports.send({ type: "hold", within });
    return true;
  }

  stemPid(): number {
    return this.#stem.pid;
  }

  vitals(): Vitals {
    const { isLinked, isEnding, count: stems } = this.#stem;
    return { isLinked, isEnding, stems, commands: this.#outbox.size };
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
    if (this.#stem.isEnding) throw new SupervisorEndingError();
    const { wanted } = this.#roster;
    const accepted = this.#ports.accept(config, (name) =>
      origin === "script" ? wanted.configOf(name) : wanted.statusOf(name)?.node,
    );
    const { id, how, effects } = this.#roster.create(accepted, this.#ports.clock.wall(), origin);
    const created = this.#performer.created.for(id);
    this.#takeover?.[how === "new" ? "started" : how].push(accepted.name);
    this.#teller.created(accepted.name, how);
    this.#performer.perform(effects);
    const status = how === "kept" ? wanted.statusOf(accepted.name) : undefined;
    if (status !== undefined) this.#ports.kept(status);
    return created;
  }

  async destroy(name = ""): Promise<boolean> {
    return this.#each(name, (one) => {
      this.#teller.happened("destroyed", `node '${one}' was told to end for good`, one);
      const { id, effects } = this.#roster.destroy(one);
      const destroyed = this.#performer.destroyed.for(id);
      this.#performer.perform(effects);
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
    this.#performer.perform(this.#roster.printedReady(name, pid));
  }

  /** What the next Supervisor has to be told: the Stem may not have heard of it. */
  printedAndUnheard(): PrintedReady[] {
    return this.#roster.printedAndUnheard();
  }

  status(name = ""): Status {
    return { nodes: this.#roster.wanted.status(name) };
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
    this.#teller.happened("ending", "the tree ends");
    return this.#stem.end();
  }

  /** A Stem has connected, and will now say what it has. */
  connected(): void {
    if (!this.#stem.connected()) return;
    this.#outbox.clear();
    this.#roster.connected();
  }

  disconnected(): void {
    this.#outbox.clear();
    this.#roster.disconnected();
    this.#stem.disconnected();
  }

  receive(message: Exclude<FromStem, { type: "hello" }>): void {
    if (message.type === "note") return this.#teller.stemSays(message.text);
    if (message.type === "used") return this.#ports.used?.(message.name, message.pid, message.cpu);
    if (message.type === "pong") return this.#stem.pong();
    const strays = (): Stray[] => (this.#stem.isSuccessor ? this.#ports.strays() : []);
    this.#performer.perform(this.#roster.receive(message, strays));
    if (message.type === "synced") this.#stem.introduced();
  }

  /** Asks the Stem for a sign of life. `alive` is called when it answers, if it ever does. */
  ping(alive: () => void): void {
    this.#stem.ping(alive);
  }

  #order(goal: Goal, name: string): Promise<boolean> {
    return this.#each(name, (one) => {
      const { request, effects } = this.#roster.order(goal, one);
      const done = this.#performer.answered.for(request);
      this.#performer.perform(effects);
      return done;
    });
  }

  async #each(name: string, act: (name: string) => Promise<boolean>): Promise<boolean> {
    if (name !== "") return this.has(name) ? act(name) : false;
    const results = await Promise.all(this.#roster.wanted.names().map(act));
    return results.every(Boolean);
  }

  #createdFromAfar(): string[] {
    const stay = this.present().filter(({ origin }) => origin === "remote");
    return stay.map(({ config }) => config.name);
  }
}

function nothingDone(kept: string[]): Reloaded {
  return { kept, changed: [], started: [], stopped: [] };
}
