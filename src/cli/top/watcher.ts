/** What `coppice top` shows, fetched from a Supervisor. */
import type { RemoteSupervisor } from "../../control/client.ts";
import type { OutputLine } from "../../core/api.ts";
import type { NodeStatus } from "../../core/status.ts";
import { ConnectionLostError, type CoppiceError, NoSupervisorError } from "../../errors.ts";
import { stemOf } from "../../os/process-table.ts";
import type { Context } from "../context.ts";
import { select } from "../nodes.ts";
import { LoadMeter, type UsageOfNodes, usageOf } from "../usage.ts";
import type { Scene } from "./frame.ts";

export class Watcher {
  /** Why the scene is not how things are now. */
  problem: CoppiceError | undefined;
  message = "";
  readonly #remote: RemoteSupervisor;
  readonly #context: Context;
  readonly #words: readonly string[];
  readonly #isHere: boolean;
  readonly #meter = new LoadMeter();
  #usage: UsageOfNodes = new Map();
  #nodes: readonly [string, NodeStatus][] = [];
  #sampledAt = Number.NEGATIVE_INFINITY;
  #stem: number | undefined;
  #lines: OutputLine[] = [];
  #stopFollowing: (() => void) | undefined;

  /**
   * @param words the nodes to look at, or their groups; none: all
   * @param isHere whether the Supervisor is on this machine, for sure
   */
  constructor(
    remote: RemoteSupervisor,
    context: Context,
    words: readonly string[],
    isHere: boolean,
  ) {
    this.#remote = remote;
    this.#context = context;
    this.#words = words;
    this.#isHere = isHere;
  }

  get count(): number {
    return this.#nodes.length;
  }

  /** Fetches how things are. A connection that is broken is a problem to show. @throws CoppiceError */
  async look(): Promise<void> {
    try {
      this.#nodes = select(await this.#remote.status(), this.#words).found;
      await this.#sample();
      if (this.#isHere) this.#stem = stemOf(this.#remote.pid, this.#stem);
      this.problem = undefined;
    } catch (error) {
      const isBroken = error instanceof ConnectionLostError || error instanceof NoSupervisorError;
      if (!isBroken) throw error;
      this.problem = error;
    }
  }

  scene(): Scene {
    const { isZeek, pid: supervisor } = this.#remote;
    return {
      nodes: this.#nodes.map(([name, status]) => {
        const usage = this.#usage.get(name);
        const load = this.#meter.of(name);
        return { name, status, usage, load, memory: usage?.memory ?? 0 };
      }),
      pids: { supervisor, stem: this.#stem },
      now: this.#context.now(),
      isZeek,
      problem: this.problem?.message,
      message: this.message,
      lines: this.#lines,
    };
  }

  /** Keeps a node's last lines. `changed` is called when there are more. @throws CoppiceError */
  follow(node: string, changed: () => void): void {
    this.unfollow();
    const lines: OutputLine[] = [];
    this.#lines = lines;
    const take = (line: OutputLine): void => {
      lines.push(line);
      if (lines.length > 2 * MOST_LINES) lines.splice(0, lines.length - MOST_LINES);
      changed();
    };
    const following = this.#remote.follow(take, { nodes: [node], lines: MOST_LINES });
    // What ends it is told where the status is asked for.
    following.ended.catch(() => {});
    this.#stopFollowing = () => following.stop();
  }

  unfollow(): void {
    this.#stopFollowing?.();
    this.#stopFollowing = undefined;
    this.#lines = [];
  }

  /** Not for every event: over a short time a load says little, and costs the Supervisor much. */
  async #sample(): Promise<void> {
    const now = this.#context.now();
    if (now - this.#sampledAt < SAMPLE_MS) return;
    this.#usage = await usageOf(this.#remote);
    this.#sampledAt = this.#context.now();
    this.#meter.sample(this.#nodes, this.#usage, this.#sampledAt);
  }
}

/** A screen has fewer. */
const MOST_LINES = 200;
const SAMPLE_MS = 900;
