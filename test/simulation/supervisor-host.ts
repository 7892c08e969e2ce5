/** The Supervisor's process: the real Supervisor, which starts simulated Stems and listens to them. */
import assert from "node:assert/strict";
import type { NodeStatus } from "../../src/core/status.ts";
import { acceptConfig } from "../../src/supervisor/config/config-schema.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import type { SupervisorPorts } from "../../src/supervisor/supervisor-ports.ts";
import { FrameDecoder } from "../../src/wire/frames.ts";
import {
  decodeMessage,
  encodeMessage,
  FROM_STEM,
  type FromStem,
} from "../../src/wire/stem-messages.ts";
import { Connection, type PipeEvents } from "./link.ts";
import { StemHost } from "./stem-host.ts";
import type { World } from "./world.ts";

/** How long output waits for a connection. */
const PRINTS_AGAIN_MS = 10;
/** How long a Supervisor that is about to be replaced reads what is on its way. */
const DRAINS_MS = [50, 2_000];

export class SupervisorHost {
  api: Supervisor;
  readonly #world: World;
  #stem: StemHost | undefined;
  #stems = 0;
  #supervisors = 0;
  /** The connection of the Stem that was let in last. */
  #current: Connection | undefined;
  /** A Stem has said what it has, to this Supervisor. */
  hasBegun = false;
  /** While false, no Stem can connect. */
  isListening = true;
  /** It is about to be replaced: it lets no Stem in, and reads what is on its way. */
  #isDraining = false;

  constructor(world: World) {
    this.#world = world;
    this.api = new Supervisor(this.#ports());
  }

  /**
   * Another image of it takes its place, and takes over the Stem.
   * @param ask asks for what is wanted; `isTaken`: of a tree that is there. @returns `false` if it cannot say
   */
  async replace(rolling: number, ask: (isTaken: boolean) => boolean): Promise<void> {
    const { dice } = this.#world;
    this.breakLink();
    const left = this.#stem;
    this.#isDraining = true;
    await this.#world.pause(dice.next() * dice.pick(DRAINS_MS));
    this.#isDraining = false;
    const printedReady = this.api.printedAndUnheard();
    // One that was started in between knows nothing of what was there.
    const isLeft = this.#stem === left;
    // What a Stem that has died meanwhile has left is ended before anything else is done.
    if (!this.stem.isAlive) this.#endStrays();
    const api = new Supervisor(this.#ports(), { rolling, printedReady });
    this.api = api;
    this.hasBegun = false;
    const isTaken = await api.takeOver();
    this.#world.log(isTaken ? "the Stem was taken over" : "there was no Stem to take over");
    if (!isTaken) await api.start();
    this.hasBegun = true;
    await this.#world.pause(dice.chance(0.5) ? 0 : dice.next() * 300);
    const isKnown = ask(isTaken && isLeft);
    if (isTaken && isKnown) await api.settle();
    else if (isTaken) api.keepAll();
  }

  #endStrays(): void {
    const { machine } = this.#world;
    for (const { pid } of machine.groupsOfNodes()) machine.signalGroup(pid, "SIGKILL");
  }

  #ports(): SupervisorPorts {
    const world = this.#world;
    const { clock } = world;
    const number = ++this.#supervisors;
    // What one Supervisor had in mind ends with it.
    const lives = () => !world.isSupervisorDead && number === this.#supervisors;
    const ifAlive = (act: () => void) => () => {
      if (lives()) act();
    };
    return {
      clock: {
        now: () => clock.now(),
        wall: () => clock.wall(),
        at: (at, due) => clock.at(at, ifAlive(due)),
      },
      startStem: (exited) => {
        const stem = new StemHost(world, ++this.#stems, (exit) => {
          if (lives()) exited(exit);
          world.touched();
        });
        this.#stem = stem;
        return { pid: stem.pid, signal: () => stem.terminate() };
      },
      takeOverStem: (exited) => {
        const stem = this.#stem;
        if (stem?.isAlive !== true) return undefined;
        stem.watch((exit) => {
          if (lives()) exited(exit);
          world.touched();
        });
        return { pid: stem.pid, signal: () => stem.terminate() };
      },
      kept: () => {},
      missedExit: () => {},
      soon: (act) => clock.in(0, ifAlive(act)),
      accept: acceptConfig,
      strays: () => world.machine.groupsOfNodes(),
      send: (message) => this.#current?.toStem.send(encodeMessage(message)),
      say: (text) => world.log(`says: ${text}`),
      stemSays: (text) => world.log(`Stem says: ${text}`),
      nodeStatus: (node, pid, status) => this.#checkStatus(node, pid, status),
      happened: (event) => {
        world.log(() => `event: ${event.text}`);
        world.onEvent(event);
      },
      nodeExit: (node, _exit, status) => {
        // A destroyed node's end is told too, when its name may be another's already.
        const isPresent = this.api.status(node).nodes[node]?.node === status.node;
        if (isPresent) this.#checkStatus(node, 0, status);
      },
    };
  }

  /** The Stem of now, or the last one. */
  get stem(): StemHost {
    assert.ok(this.#stem, "the Supervisor was started");
    return this.#stem;
  }

  /** A Stem connects: the kernel lets it in before the Supervisor knows of it. */
  accept(stemEnd: PipeEvents): Connection | undefined {
    if (!this.isListening || this.#isDraining || this.#world.isSupervisorDead) return undefined;
    const decoder = new FrameDecoder();
    const connection: Connection = new Connection(
      this.#world,
      {
        bytes: (bytes) => {
          if (this.#world.isSupervisorDead) return;
          for (const { payload } of decoder.push(bytes)) this.#take(connection, payload);
          this.#world.touched();
        },
        closed: () => {
          if (this.#current === connection) this.#disconnected();
        },
      },
      stemEnd,
    );
    return connection;
  }

  /** What a node prints that is ready comes on a connection of its own, and nothing of it is lost. */
  printed(node: string, pid: number): void {
    if (this.#world.isSupervisorDead) return;
    // What is read already may be older than the end of the link.
    const isRead = this.#current !== undefined || this.#isDraining || this.#world.dice.chance(0.05);
    if (isRead && this.hasBegun) return this.api.printedReady(node, pid);
    this.#world.clock.in(PRINTS_AGAIN_MS, () => this.printed(node, pid));
  }

  breakLink(): void {
    this.#current?.endBySupervisor();
    if (this.#current !== undefined) this.#disconnected();
  }

  #disconnected(): void {
    this.#current = undefined;
    if (this.#world.isSupervisorDead) return;
    this.api.disconnected();
    this.#world.touched();
  }

  #take(connection: Connection, payload: Uint8Array): void {
    const message = decodeMessage<FromStem>(payload, FROM_STEM);
    this.#world.log(() => `<- ${JSON.stringify(message)}`);
    if (message.type !== "hello") return this.api.receive(message);
    if (message.token !== this.stem.token) return connection.endBySupervisor();
    this.#current?.endBySupervisor();
    this.#current = connection;
    this.api.connected();
  }

  /** By the time of the news, `status` says the same. */
  #checkStatus(node: string, pid: number, status: NodeStatus): void {
    assert.equal(status.pid ?? 0, pid, `the status of ${node} tells the process that is reported`);
    assert.deepEqual(this.api.status(node).nodes[node], status);
    if (status.state === "running") assert.notEqual(pid, 0);
    if (pid !== 0) assert.match(status.state, /running|stopping/);
  }
}
