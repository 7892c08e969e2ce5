/** Looks at the tree throughout, over a healthy connection of its own and from outside. */
import { connect, type RemoteSupervisor } from "../../src/control/client.ts";
import type { Following } from "../../src/core/api.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { CRASHER, isFairGame, STEADY } from "./names.ts";
import { NumberedLines } from "./numbered-lines.ts";
import { cpuTime, privateMemory } from "./process.ts";
import type { FuzzTree } from "./tree.ts";

/**
 * A status has to come before the Supervisor has been at work for so long (ms of CPU time), whatever
 * else goes on: a busy machine is not its fault.
 */
const MOST_WORK_MS = 5_000;
/** And within this time even of a machine that lets it do nothing (ms). */
const LATEST_MS = 60_000;
/** More is not bounded: 100 connections may not even come near it (bytes). */
const MOST_MEMORY = 400 * 2 ** 20;
const LOOK_MS = 100;

export class Watch {
  /** What is not as it should be. */
  readonly problems: string[] = [];
  /** The longest that a status took, in milliseconds, since `mark` was called. */
  latency = 0;
  /** The most private memory, in bytes, since then. */
  memory = 0;
  looks = 0;
  readonly #tree: FuzzTree;
  readonly #remote: RemoteSupervisor;
  readonly #first: { stems: number[]; nodes: Map<string, NodeStatus> };
  readonly #followed: NumberedLines[];
  readonly #following: Following;
  readonly #looking: Promise<void>;
  #isOver = false;

  private constructor(tree: FuzzTree, remote: RemoteSupervisor, nodes: Map<string, NodeStatus>) {
    this.#tree = tree;
    this.#remote = remote;
    this.#first = { stems: tree.stems, nodes };
    this.#followed = tree.numbers.map(({ name }) => new NumberedLines(name));
    const names = tree.numbers.map(({ name }) => name);
    this.#following = remote.follow(
      (line) => {
        if (line.missed !== undefined) this.#problem(`${line.missed} bytes of ${line.node} missed`);
        this.#followed.find(({ name }) => name === line.node)?.take(line.text);
      },
      { nodes: names, lines: 0 },
    );
    remote.watch(({ text }) => {
      if (text.startsWith("connected again")) this.#problem("the healthy connection was lost");
    });
    this.#following.ended.catch((error: unknown) => this.#problem(`follow: ${String(error)}`));
    this.#looking = this.#look();
  }

  static async begin(tree: FuzzTree): Promise<Watch> {
    const remote = await connect(`unix:${tree.socket}`, { timeout: LATEST_MS });
    const { nodes } = await remote.status();
    return new Watch(tree, remote, new Map(Object.entries(nodes)));
  }

  /** Begins to measure anew. */
  mark(): void {
    this.latency = 0;
    this.memory = 0;
  }

  /** How many numbered lines came both ways. */
  get lines(): number {
    return [...this.#tree.numbers, ...this.#followed].reduce((sum, { count }) => sum + count, 0);
  }

  async end(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#looking;
    this.#following.stop();
    this.#remote.close();
    if (this.problems.length > 0) return;
    for (const { name, count } of this.#followed)
      if (count === 0) this.#problem(`no line of '${name}' came to its follower`);
  }

  async #look(): Promise<void> {
    while (!this.#isOver && this.#tree.isRunning) {
      await this.#lookOnce();
      await new Promise((look) => setTimeout(look, LOOK_MS));
    }
    this.#listen();
  }

  async #lookOnce(): Promise<void> {
    const asked = performance.now();
    const before = cpuTime(this.#tree.pid);
    try {
      const { nodes } = await this.#remote.status();
      const work = cpuTime(this.#tree.pid) - before;
      if (work > MOST_WORK_MS) this.#problem(`a status came after ${work} ms of work`);
      this.#compare(nodes);
    } catch (error) {
      if (this.#tree.isRunning) this.#problem(`status: ${String(error)}`);
    }
    if (!this.#tree.isRunning) return;
    this.latency = Math.max(this.latency, performance.now() - asked);
    this.memory = Math.max(this.memory, privateMemory(this.#tree.pid));
    if (this.memory > MOST_MEMORY) this.#problem(`it holds ${this.memory} bytes`);
    this.looks++;
    const { stems } = this.#tree;
    if (String(stems) !== String(this.#first.stems))
      this.#problem(`the Stem was ${this.#first.stems}, and is ${stems}`);
    this.#listen();
  }

  /** To what was said since the last time. */
  #listen(): void {
    for (const { gaps } of [...this.#tree.numbers, ...this.#followed])
      for (const gap of gaps.splice(0)) this.#problem(`a line was lost: ${gap}`);
    for (const line of this.#tree.complaints.splice(0))
      if (!isExpected(line)) this.#problem(`it said: ${line}`);
  }

  #compare(nodes: Readonly<Record<string, NodeStatus>>): void {
    const { nodes: before } = this.#first;
    for (const name of STEADY) {
      const [was, is] = [before.get(name), nodes[name]];
      if (was?.pid === is?.pid && was?.generation === is?.generation) continue;
      this.#problem(`'${name}' was process ${was?.pid}, and is ${is?.pid}`);
    }
    const crashes = nodes[CRASHER]?.generation ?? -1;
    if (crashes < (before.get(CRASHER)?.generation ?? 0)) this.#problem(`'${CRASHER}' is gone`);
    for (const name of Object.keys(nodes))
      if (!before.has(name)) this.#problem(`there is a node '${name}' now`);
  }

  #problem(text: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(text);
  }
}

/** What the Supervisor may say: who has ordered what, of whom that does no harm; and who has crashed. */
export function isExpected(line: string): boolean {
  const [, ordered] = /^info: (?:create|destroy|restart) '(.*?)', ordered by /.exec(line) ?? [];
  if (ordered !== undefined) return isFairGame(ordered);
  const [, node] = /^(?:info|error): Supervised node '(.*?)' /.exec(line) ?? [];
  if (node !== undefined) return node === CRASHER || isFairGame(node);
  // What it leaves out, since there is too much of it.
  return /^info: (?:\d+ orders were not logged|\d+ crashes in the last \d+ s left no record)/.test(
    line,
  );
}

const MOST_PROBLEMS = 20;
