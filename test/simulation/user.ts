/** Somebody who creates, destroys and restarts nodes at random, and remembers what was promised. */
import assert from "node:assert/strict";
import type { TreeEvent } from "../../src/core/api.ts";
import type { NodeConfig } from "../../src/core/config.ts";
import { circleThrough, predecessorsOf } from "../../src/core/order.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { NodeConfigError } from "../../src/errors.ts";
import type { Process } from "./machine.ts";
import type { World } from "./world.ts";

const NAMES = ["a", "b", "c", "d"];
const READY = [
  "started",
  { fd: 3 },
  { file: "x" },
  { line: "ready" },
  { fd: 3, timeout: 500 },
  { line: "ready", timeout: 20 },
] as const;
const HEALTH = [
  { heartbeat: true, interval: 1_000, failures: 1 },
  { http: 8080, interval: 5_000, failures: 2 },
  { port: 8080, interval: 1_000, failures: 2 },
] as const;
/** With these a node soon fails its checks, and hardly comes back. */
const FRAIL = [
  { port: 8080, interval: 100, failures: 1 },
  { port: 8080, interval: 700, failures: 2 },
] as const;
const LAST_LIVES = [
  { when: "never" },
  { when: "never" },
  { limit: 1, delay: 100 },
  { delay: 20, maxDelay: 400 },
] as const;
/** Of all four nodes, and of one that nobody ever creates. */
const LAYOUT: NonNullable<NodeConfig["cluster"]> = Object.fromEntries(
  (["LOGGER", "MANAGER", "PROXY", "WORKER", "LOGGER"] as const).map((role, i) => [
    [...NAMES, "nobody"][i],
    { role, host: "127.0.0.1", port: 0 },
  ]),
);
const CREATION = "CREATION";

/** Which of the user's orders created a node: names are used again. */
export function creationOf({ env }: NodeConfig): string {
  return env?.[CREATION] ?? "";
}

export class User {
  readonly #world: World;
  /** Its nodes are those of a cluster. */
  readonly #isCluster: boolean;
  /** How many of its nodes come after others. */
  readonly #orderliness: number;
  /** How many of them soon fail their checks. */
  readonly #frailty: number;
  /** Those that it creates from afar. */
  readonly #remote = new Set<string>();
  /** Those of which its script says something else than it did last time. */
  readonly #changed = new Set<string>();
  /** What is wanted now, by name. */
  readonly wanted = new Map<string, NodeConfig>();
  /** Those of them that were told to stop, and not to start since. */
  readonly stopped = new Set<string>();
  /** Promises that nobody has kept yet. */
  readonly open = new Set<string>();
  #orders = 0;
  #isAway = false;
  /** Its script is read anew, and it says nothing else until that is done. */
  #isReading = false;

  constructor(world: World) {
    this.#world = world;
    this.#isCluster = world.dice.chance(0.2);
    const { dice, isSlow } = world;
    this.#orderliness = isSlow ? 0.9 : dice.pick([0.4, 0.9]);
    this.#frailty = isSlow ? 0.6 : dice.pick([0, 0.3]);
    world.onEvent = (event) => this.#hears(event);
  }

  /** Gives one order, whatever comes to mind. */
  act(): void {
    const { dice, isSlow } = this.#world;
    const name = dice.pick(NAMES);
    const thought = dice.next();
    if (thought < 0.35) this.#create(name);
    else if (thought < 0.45) this.#order(name);
    else if (thought < (isSlow ? 0.75 : 0.6)) this.#order(dice.pick(this.#followers(name)));
    else if (thought < 0.78) this.#again(name);
    else if (thought < 0.88) this.#hesitate(name);
    else if (thought < 0.9) this.#ping();
    else this.#order("");
  }

  /** Those that come after another; or the one itself, if there are none. */
  #followers(name: string): string[] {
    const configs = [...this.wanted.values()];
    const followers = configs.filter((one) => predecessorsOf(one).names.length > 0);
    return followers.length === 0 ? [name] : followers.map((one) => one.name);
  }

  /** @param name "" is all */
  #order(name: string): void {
    const thought = this.#world.dice.next();
    if (thought < 0.25) this.#destroy(name);
    else if (thought < 0.6) this.#restart(name);
    else if (thought < 0.8) this.#stop(name);
    else this.#start(name);
  }

  /** Destroy and create go together, as one who edits a node does it. */
  #again(name: string): void {
    this.#destroy(name);
    this.#create(name);
  }

  /** Asks for a sign of life. */
  #ping(): void {
    this.#world.supervisor.api.ping(() => {});
  }

  /** Does not know what it wants, and says so in quick succession. */
  #hesitate(name: string): void {
    const { dice } = this.#world;
    const pace = dice.pick([0, 1, 5, 100, 1_000]);
    let after = 0;
    for (let orders = dice.between(2, 6); orders > 0; orders--) {
      after += dice.next() * pace;
      this.saySomething(after, name);
    }
  }

  /** What has just happened to a node brings orders for it to mind. */
  #hears({ node, kind }: TreeEvent): void {
    const { dice, isTroubled } = this.#world;
    if (!isTroubled || this.#isReading || node === undefined) return;
    if (!dice.chance(kind === "unhealthy" ? 0.5 : 0.1)) return;
    const before = this.wanted.get(node);
    const others = before === undefined ? [] : predecessorsOf(before).names;
    // What one has been told, those before it may be told as well.
    const name = others.length > 0 && dice.chance(0.3) ? dice.pick(others) : node;
    this.saySomething(dice.next() * dice.pick([1, 10, 300]), name);
  }

  /** Gives an order for a node later (ms). */
  saySomething(after: number, name = this.#world.dice.pick(NAMES)): void {
    const { clock, dice } = this.#world;
    const act = dice.pick([
      () => this.#order(name),
      () => this.#order(name),
      () => this.#again(name),
      () => this.#create(name),
    ]);
    clock.in(after, () => {
      if (this.#isAway || this.#isReading) return;
      act();
      this.#world.touched();
    });
  }

  /** Its script is read anew: most of it is as it was. What was promised before, nobody keeps now. */
  readAnew(): void {
    const { dice } = this.#world;
    this.open.clear();
    this.#isReading = true;
    this.#changed.clear();
    for (const [name, config] of [...this.wanted]) {
      // What was created from afar no script knows of.
      if (this.#remote.has(name)) continue;
      const thought = dice.next();
      if (thought < 0.2) {
        this.wanted.delete(name);
        this.stopped.delete(name);
      } else if (thought < 0.5) {
        this.wanted.set(name, { ...config, env: this.#creation() });
        this.#changed.add(name);
      }
    }
  }

  /** Its script fails: it wants all as it is, and cannot say so. */
  failToRead(): void {
    this.open.clear();
    this.#isReading = true;
    this.#changed.clear();
  }

  hasRead(): void {
    this.#isReading = false;
  }

  /** Asks for all of it, of a Supervisor that has just taken over. */
  askAgain(isTaken: boolean): void {
    // Only the Stem knew what was stopped.
    if (!isTaken) this.stopped.clear();
    for (const [name, config] of [...this.wanted]) {
      if (this.#remote.has(name)) {
        // Nobody else knew of it either.
        if (!isTaken) this.wanted.delete(name);
        continue;
      }
      this.#expect(
        `create of ${name}, again`,
        this.#api.create(config).then((status) => {
          // One that is as it was had its first start long ago.
          if (!isTaken || this.#changed.has(name)) this.#checkCreated(config, status);
          else assert.deepEqual(status.node, config);
        }),
      );
    }
  }

  /** Whatever it still had in mind, it does not say it. */
  leave(): void {
    this.#isAway = true;
  }

  /** Wants nothing any more. */
  destroyAll(): void {
    this.#destroy("");
  }

  #create(name: string): void {
    const config = this.#config(name);
    const isTaken = this.wanted.has(name);
    // Begun at once; what is refused at once becomes a rejection, as in a script.
    const origin = this.#world.dice.chance(0.1) ? "remote" : "script";
    const promise = (async () => this.#api.create(config, origin))();
    const isRefused = isTaken || circleThrough(config, (one) => this.wanted.get(one)) !== undefined;
    if (isRefused)
      return this.#expect(`create of ${name}`, assert.rejects(promise, NodeConfigError));
    this.wanted.set(name, config);
    this.stopped.delete(name);
    if (origin === "remote") this.#remote.add(name);
    else this.#remote.delete(name);
    this.#expect(
      `create of ${name}`,
      promise.then((status) => this.#checkCreated(config, status)),
    );
  }

  /** A started node, a failed start, or one that was destroyed before. */
  #checkCreated(config: NodeConfig, status: NodeStatus): void {
    assert.deepEqual(status.node, config);
    if (status.state === "stopped" || status.lastExit !== undefined) return;
    assert.ok(status.pid !== undefined, `${config.name} was created: it has been started`);
  }

  #destroy(name: string): void {
    const { machine } = this.#world;
    const isAlive = (old: Process) => machine.alive().includes(old);
    const names = name === "" ? [...this.wanted.keys()] : [name];
    const known = names.flatMap((one) => this.wanted.get(one) ?? []);
    const doomed = known.flatMap((config) => {
      this.wanted.delete(config.name);
      this.stopped.delete(config.name);
      return machine.of(config.name).filter(({ creation }) => creation === creationOf(config));
    });
    this.#expect(
      `destroy of '${name}'`,
      this.#api.destroy(name).then((done) => {
        assert.equal(done, name === "" || known.length > 0);
        for (const old of doomed.filter(isAlive)) {
          assert.fail(`${old.node} was destroyed: ${old.pid} of group ${old.group} has ended`);
        }
      }),
    );
  }

  #restart(name: string): void {
    const { machine } = this.#world;
    const isAlive = (old: Process) => machine.alive().includes(old);
    const names = name === "" ? [...this.wanted.keys()] : [name].filter((n) => this.wanted.has(n));
    const before = names.flatMap((one) => machine.of(one));
    for (const one of names) this.stopped.delete(one);
    this.#expect(
      `restart of '${name}'`,
      this.#api.restart(name).then((done) => {
        if (name !== "" && names.length === 0) assert.equal(done, false);
        if (!done) return;
        assert.ok(!before.some(isAlive), `'${name}' was restarted: what ran before has ended`);
      }),
    );
  }

  #stop(name: string): void {
    const { machine } = this.#world;
    const names = name === "" ? [...this.wanted.keys()] : [name].filter((n) => this.wanted.has(n));
    const before = names.flatMap((one) => machine.of(one));
    for (const one of names) this.stopped.add(one);
    this.#expect(
      `stop of '${name}'`,
      this.#api.stopNode(name).then((done) => {
        if (!done) return;
        const left = before.filter((old) => machine.alive().includes(old));
        assert.deepEqual(left, [], `'${name}' was stopped: what ran before has ended`);
      }),
    );
  }

  #start(name: string): void {
    if (name === "") this.stopped.clear();
    else this.stopped.delete(name);
    this.#expect(
      `start of '${name}'`,
      this.#api.startNode(name).then(() => {}),
    );
  }

  #expect(what: string, promise: Promise<void>): void {
    const order = `${++this.#orders}: ${what}`;
    this.#world.log(`order ${order}`);
    this.open.add(order);
    promise.then(
      () => this.open.delete(order),
      (error) => this.#world.fail(error),
    );
  }

  #creation(): Record<string, string> {
    return { [CREATION]: String(++this.#orders) };
  }

  #config(name: string): NodeConfig {
    const { dice, isSlow } = this.#world;
    const config: NodeConfig = { name, env: this.#creation() };
    if (dice.chance(0.3)) {
      config.revival = dice.pick([
        { when: "never" },
        { when: "failure" },
        { limit: 2 },
        { delay: 20, maxDelay: 400 },
        { delay: 300, factor: 1.5, attemptsPerDelay: 1, maxDelay: 5_000, resetAfter: 1_000 },
      ]);
    }
    if (this.#isCluster) config.cluster = LAYOUT;
    const isOrdered = dice.chance(this.#isCluster ? 0.1 : this.#orderliness);
    // Now in the one direction, now in the other: names come again the other way round, and in circles.
    const isReverse = dice.chance(0.2);
    const isBefore = (one: string) => (isReverse ? one > name : one < name);
    if (isOrdered) config.after = NAMES.filter((one) => isBefore(one) && dice.chance(0.5));
    if (isOrdered && dice.chance(0.2)) config.after?.push("nobody");
    if (isOrdered && dice.chance(0.5)) config.afterTimeout = dice.pick([0, 500, 5_000]);
    if (dice.chance(0.5)) config.ready = dice.pick(READY);
    if (isSlow && dice.chance(0.3)) config.ready = { file: "x" };
    if (dice.chance(0.4)) config.health = dice.pick(HEALTH);
    if (dice.chance(this.#frailty)) this.#weaken(config);
    if (dice.chance(0.3)) {
      config.stop = dice.pick([
        { attempts: 0 },
        { signal: "SIGINT", interval: 100, attempts: 2 },
        { interval: 1 },
      ]);
      if (!this.#world.sigkill) config.stop = { interval: 500 };
    }
    return config;
  }

  #weaken(config: NodeConfig): void {
    const { dice } = this.#world;
    config.health = dice.pick(FRAIL);
    config.revival = dice.pick(LAST_LIVES);
    if (dice.chance(0.5)) config.ready = { line: "ready" };
  }

  get #api() {
    return this.#world.supervisor.api;
  }
}
