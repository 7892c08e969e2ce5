/** One peer with its programs, in a directory of its own: all measures handle peers through this. */
import path from "node:path";
import { temporaryDirectory } from "../tree.ts";
import { undoLater } from "../undo.ts";
import { until } from "../until.ts";
import { Births } from "./births.ts";
import { allGone, killMarked, MARK, supervisingPids } from "./family.ts";
import { progress } from "./measure.ts";
import type { Peer, Planted, Running } from "./peer.ts";

/** What a program does once it has told of its birth: nothing. */
export const SLEEP = "exec sleep 1000000";
/** What is not done by then is told as "more than". */
export const LIMIT_MS = 120_000;

let sites = 0;
const standing = new Set<{ kill(): Promise<void>; close(): Promise<void> }>();

/** Ends all that a measure has left, whatever became of it. */
export async function clearSites(): Promise<void> {
  for (const site of standing) {
    await site.kill();
    await site.close();
  }
  standing.clear();
}

/** Starts all. @returns those that run; of the others it is told that they do not */
export async function startAll(sites: readonly Site[]): Promise<Site[]> {
  const started: Site[] = [];
  for (const site of sites) {
    if ((await site.start()) !== undefined) started.push(site);
    else {
      await site.kill();
      progress(`${site.peer.name} has not started its programs within ${LIMIT_MS / 1000} s`);
    }
  }
  return started;
}

export class Site {
  readonly peer: Peer;
  readonly births: Births;
  readonly names: readonly string[];
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #planted: Planted;
  readonly #mark = `${process.pid}.${sites++}`;
  #running: Running | undefined;
  #undo: () => Promise<void> = async () => {};

  /** @param words what each program does, by name */
  constructor(peer: Peer, programs: ReadonlyMap<string, string>) {
    this.peer = peer;
    this.names = [...programs.keys()];
    this.directory = temporaryDirectory();
    const births = new Births(this.directory);
    const close = undoLater(() => births.close());
    this.births = births;
    standing.add({ kill: () => this.kill(), close });
    this.env = { ...process.env, [MARK]: this.#mark };
    // What the bench is run with is not for those that it measures.
    delete this.env["NODE_OPTIONS"];
    delete this.env["NODE_COMPILE_CACHE"];
    const commands = [...programs].map(([name, words]) => ({
      name,
      command: this.births.command(name, words),
    }));
    this.#planted = peer.plant(commands, { directory: this.directory, env: this.env });
  }

  get running(): Running {
    if (this.#running === undefined) throw new Error(`${this.peer.name} does not run`);
    return this.#running;
  }

  /** @returns after how many milliseconds all programs ran; undefined: not within the limit */
  async start(limit = LIMIT_MS): Promise<number | undefined> {
    this.births.forget();
    this.#undo = undoLater(() => killMarked(this.#mark));
    const begun = performance.now();
    this.#running = this.#planted.start();
    const born = await this.births.all(this.names.length, limit);
    if (born === undefined) return undefined;
    await this.#running.settled;
    return born - begun;
  }

  /** How long it took to start all, from the creation of the first one, where that is told. */
  sinceCreation(): number | undefined {
    const begun = this.running.creation?.();
    if (begun === undefined) return undefined;
    const last = Math.max(...[...this.births.last.values()].map(({ at }) => at));
    return last + performance.timeOrigin - begun;
  }

  programPids(): number[] {
    return [...this.births.last.values()].map(({ pid }) => pid);
  }

  /** All its processes but the programs. */
  async supervisingPids(): Promise<number[]> {
    const root = await until(`${this.peer.name}'s process`, () => this.running.root());
    return supervisingPids(root, new Set(this.programPids()));
  }

  /** @returns after how many milliseconds nothing of it lived; undefined: not within the limit */
  async stop(limit = LIMIT_MS): Promise<number | undefined> {
    const pids = [...(await this.supervisingPids()), ...this.programPids()];
    const begun = performance.now();
    this.running.end();
    const gone = await allGone(pids, limit);
    await this.kill();
    return gone === undefined ? undefined : gone - begun;
  }

  /** Whatever state it is in. */
  async kill(): Promise<void> {
    await this.#undo();
    this.#running = undefined;
  }

  output(name: string): string {
    return path.resolve(this.directory, this.#planted.output(name));
  }

  prefix(name: string): number {
    return this.#planted.prefix(name);
  }
}

/** So many programs that do the same. */
export function programs(count: number, words = SLEEP): Map<string, string> {
  return new Map(Array.from({ length: count }, (_, i) => [`node-${i}`, words]));
}
