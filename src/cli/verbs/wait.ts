/** `coppice wait`: until a node runs, is ready, or does not run any more. */
import type { RemoteSupervisor } from "../../control/client.ts";
import type { TreeEvent } from "../../core/api.ts";
import { isGroup } from "../../core/groups.ts";
import type { NodeStatus } from "../../core/status.ts";
import { NoSupervisorError } from "../../errors.ts";
import { watchIfItCan } from "../attend.ts";
import type { Context } from "../context.ts";
import { inWords, type Line } from "../line.ts";
import { groupsOf, nodeOf } from "../nodes.ts";
import { printable } from "../printable.ts";
import { refuseZeek, withRemote } from "../remote.ts";
import { sayError } from "../say.ts";
import { statusJson } from "../status-json.ts";
import { fullExitText, stateText } from "../status-table.ts";
import { Waker } from "../waker.ts";

const GOALS = ["running", "ready", "stopped"] as const;
type Goal = (typeof GOALS)[number];
/** `undefined`: there is no such node. */
type Seen = NodeStatus | undefined;

export async function run(line: Line, context: Context): Promise<number> {
  const [name, ...more] = line.names;
  if (name === undefined || name === "")
    throw line.wrong("which node? coppice wait NODE --for running");
  if (more.length > 0) throw line.wrong(`wait is for one node, not also '${more.join(" ")}'`);
  const goal = line.choice("for", GOALS);
  if (goal === undefined) throw line.wrong(`what for? --for ${inWords(GOALS)}`);
  const timeout = line.seconds("timeout");
  return withRemote(line, context, async (remote) => {
    if (goal === "ready") refuseZeek(remote, "it does not tell whether its nodes are ready");
    await refuseGroup(line, remote, name);
    const waiting = new Waiting(context, remote, name, goal);
    const isThere = await waiting.until(timeout);
    if (!isThere)
      sayError(
        context,
        `${describe(name, waiting.last, context.now())}: not ${goal} after ${(timeout ?? 0) / 1000} s`,
      );
    else if (line.flag("json")) {
      context.stdout.write(statusJson(waiting.last === undefined ? [] : [[name, waiting.last]]));
    } else {
      const { last } = waiting;
      const state = goal === "ready" ? "ready" : undefined;
      context.stdout.write(`${printable(describe(name, last, context.now(), state))}\n`);
    }
    return isThere ? 0 : 1;
  });
}

/** It would be waited for as a node of that name. @throws UsageError */
async function refuseGroup(line: Line, remote: RemoteSupervisor, name: string): Promise<void> {
  if (isGroup(name) && groupsOf(await remote.status()).includes(name))
    throw line.wrong(`wait is for one node, and '${name}' is a group`);
}

class Waiting {
  last: Seen;
  readonly #context: Context;
  readonly #remote: RemoteSupervisor;
  readonly #name: string;
  readonly #goal: Goal;
  readonly #waker: Waker;
  /** The tree has begun to end. */
  #isEnding = false;
  #hasReached = false;
  #isOver = false;

  constructor(context: Context, remote: RemoteSupervisor, name: string, goal: Goal) {
    this.#context = context;
    this.#remote = remote;
    this.#name = name;
    this.#goal = goal;
    this.#waker = new Waker(context);
  }

  /**
   * Looks once, however little time there is: what is told of the node is what was seen.
   * @param timeout from then on; undefined: for ever
   * @returns whether it came to it
   */
  async until(timeout: number | undefined): Promise<boolean> {
    // Watching begins before the first look, so that nothing happens in between.
    const stop = watchIfItCan(this.#remote, (event) => {
      if (event.kind === "ending") this.#isEnding = true;
      if (event.node === this.#name) this.#hear(event);
      this.#waker.ring();
    });
    const expired = new AbortController();
    try {
      await this.#look();
      const late = timeout === undefined ? [] : [this.#context.sleep(timeout, expired.signal)];
      await Promise.race([this.#goOn(), ...late]);
      return this.#hasReached;
    } finally {
      this.#isOver = true;
      expired.abort();
      this.#waker.ring();
      stop();
    }
  }

  /**
   * What may be over before it is looked at. That a process has ended does not count: the rest of
   * its group may live a little longer.
   */
  #hear({ kind, status }: TreeEvent): void {
    if (this.#goal !== "stopped" && status !== undefined) this.#see(status);
    if (this.#goal === "stopped" && kind === "gone") this.#see(undefined);
  }

  /** Looks again with each piece of news. */
  async #goOn(): Promise<void> {
    while (!this.#isOver && !this.#hasReached) {
      await this.#waker.wait(LOOK_MS, 0);
      if (!this.#isOver && !this.#hasReached) await this.#look();
    }
  }

  async #look(): Promise<void> {
    try {
      this.#see(nodeOf(await this.#remote.status(this.#name), this.#name));
    } catch (error) {
      if (!this.#isEnding || this.#goal !== "stopped" || !(error instanceof NoSupervisorError))
        throw error;
      // With the tree, its nodes have ended.
      this.#see(undefined);
    }
  }

  #see(seen: Seen): void {
    if (this.#hasReached || this.#isOver) return;
    this.last = seen;
    this.#hasReached = isReached(this.#goal, seen);
  }
}

function isReached(goal: Goal, seen: Seen): boolean {
  switch (goal) {
    case "running":
      return seen?.state === "running" && seen.pid !== undefined;
    case "ready":
      return seen?.state === "running" && seen.ready === true;
    case "stopped":
      return seen === undefined || seen.state === "stopped";
    default:
      return goal satisfies never;
  }
}

/** `node 'web' is running (PID 12)`. @param state another word for its state */
function describe(name: string, seen: Seen, now: number, state?: string): string {
  if (seen === undefined) return `there is no node '${name}'`;
  const details = [
    ...(seen.pid === undefined ? [] : [`PID ${seen.pid}`]),
    ...(seen.lastExit === undefined || seen.state === "running"
      ? []
      : [`last exit: ${fullExitText(seen.lastExit)}`]),
  ];
  return `node '${name}' is ${state ?? stateText(seen, now)}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
}

/** Should news ever be lost, with a connection for example. */
const LOOK_MS = 2_000;
