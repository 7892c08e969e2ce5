/** A Zeek Supervisor from afar, over `SupervisorControl`: it accepts at once, and tells of starts. */
import type { Value } from "../broker/values.ts";
import type { Following, TreeEvent, Usage } from "../core/api.ts";
import type { NodeConfig } from "../core/config.ts";
import type { CrashSummary } from "../core/crash.ts";
import type { NodeStatus, Status } from "../core/status.ts";
import {
  ConnectionLostError,
  NodeConfigError,
  NoSupervisorError,
  UnsupportedError,
} from "../errors.ts";
import { within } from "../os/within.ts";
import type { ConnectOptions, RemoteSupervisor } from "./client.ts";
import { DEFAULT_TIMEOUT_MS, type Link, noAnswer } from "./link.ts";
import { configValue, statusesOf } from "./records.ts";
import { MODULE, TOPIC } from "./requests.ts";
import { Watchers } from "./watchers.ts";

/** How often a Zeek is asked whether a node has been started (ms). */
const LOOK_MS = 250;

export function zeekSupervisor(link: Link, options: ConnectOptions): RemoteSupervisor {
  return new ZeekRemote(link, options.timeout ?? DEFAULT_TIMEOUT_MS);
}

class ZeekRemote implements RemoteSupervisor {
  readonly isZeek = true;
  readonly mayControl = true;
  readonly pid = undefined;
  readonly #link: Link;
  readonly #timeout: number;
  readonly #pending = new Map<string, { settle(value: Value): void; fail(error: Error): void }>();
  readonly #watchers: Watchers;
  #onGone: (() => void) | undefined;

  constructor(link: Link, timeout: number) {
    this.#link = link;
    this.#timeout = timeout;
    this.#watchers = new Watchers((error) => link.report(error, "a watcher failed"));
    for (const kind of ["create", "destroy", "restart", "status"]) {
      link.onEvent(`${MODULE}${kind}_response`, (id, result) => {
        const pending = this.#pending.get(String(id));
        this.#pending.delete(String(id));
        if (result !== undefined) pending?.settle(result);
      });
    }
    link.onEvent(`${MODULE}node_status`, (node, pid) => this.#started(String(node), pid));
    link.tell({ lost: (reason) => this.#lost(reason), again: () => {} });
  }

  get isConnected(): boolean {
    return this.#link.isConnected;
  }

  async create(config: NodeConfig): Promise<NodeStatus> {
    const problem = await this.#ask("create", configValue(config));
    if (problem !== "") throw new NodeConfigError(String(problem).trimEnd());
    return this.#startOf(config.name);
  }

  async destroy(name = ""): Promise<boolean> {
    return (await this.#ask("destroy", name)) === true;
  }

  async restart(name = ""): Promise<boolean> {
    return (await this.#ask("restart", name)) === true;
  }

  stopNode(): Promise<boolean> {
    return Promise.reject(
      new UnsupportedError("this Supervisor is a Zeek's, whose nodes run or are destroyed"),
    );
  }

  startNode(): Promise<boolean> {
    return this.stopNode();
  }

  async status(name = ""): Promise<Status> {
    const status = statusesOf(await this.#ask("status", name));
    if (status === undefined) throw new UnsupportedError("this Zeek's status has another layout");
    return status;
  }

  async stop(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#onGone = resolve;
    });
    this.#link.publish(TOPIC, { name: `${MODULE}stop_request`, args: [] });
    await gone;
  }

  watch(handler: (event: TreeEvent) => void): () => void {
    return this.#watchers.watch(handler);
  }

  follow(): Following {
    const ended = Promise.reject(
      new UnsupportedError("this Supervisor is a Zeek's, which keeps no output of its nodes"),
    );
    ended.catch(() => {});
    return { ended, stop() {} };
  }

  plan(): Promise<never> {
    return Promise.reject(
      new UnsupportedError("this Supervisor is a Zeek's, which reads its scripts once"),
    );
  }

  reload(): Promise<never> {
    return this.plan();
  }

  usage(): Promise<Record<string, Usage>> {
    return Promise.reject(
      new UnsupportedError("this Supervisor is a Zeek's, which does not tell what its nodes use"),
    );
  }

  crashes(): Promise<CrashSummary[]> {
    return Promise.reject(
      new UnsupportedError("this Supervisor is a Zeek's, which keeps no records of crashes"),
    );
  }

  async crash(): Promise<undefined> {
    await this.crashes();
  }

  close(): void {
    this.#link.close();
  }

  /** It has accepted the node: the first start follows soon, or the name is gone again. */
  async #startOf(name: string): Promise<NodeStatus> {
    const until = performance.now() + this.#timeout;
    for (;;) {
      const status = (await this.status(name)).nodes[name];
      if (status?.pid !== undefined) return status;
      if (performance.now() > until)
        return status ?? { node: { name }, state: "pending", generation: 0, since: Date.now() };
      await new Promise((look) => setTimeout(look, LOOK_MS));
    }
  }

  #ask(kind: string, argument: Value): Promise<Value> {
    if (!this.#link.isConnected) {
      const how = this.#link.isClosed ? "was closed here" : "is lost for now";
      const error = new NoSupervisorError(`the connection to ${this.#link.url} ${how}`);
      return Promise.reject(error);
    }
    const id = this.#link.nextId();
    const answer = new Promise<Value>((settle, fail) => {
      this.#pending.set(id, { settle, fail });
      this.#link.publish(TOPIC, { name: `${MODULE}${kind}_request`, args: [id, argument] });
    });
    return within(this.#timeout, answer, () => noAnswer(this.#link.url, this.#timeout)).finally(
      () => this.#pending.delete(id),
    );
  }

  #started(node: string, pid: Value | undefined): void {
    const number =
      typeof pid === "object" && pid !== null && "type" in pid && pid.type === "count"
        ? pid.value
        : 0n;
    const event: TreeEvent = {
      kind: number === 0n ? "failed" : "started",
      at: Date.now(),
      text:
        number === 0n
          ? `node '${node}' could not be started`
          : `node '${node}' was started (PID ${number})`,
      node,
    };
    this.#watchers.tell(event);
  }

  #lost(reason: string): void {
    if (this.#onGone !== undefined) {
      this.#link.close();
      this.#onGone();
    }
    for (const [id, { fail }] of [...this.#pending]) {
      this.#pending.delete(id);
      fail(new ConnectionLostError(`the connection to ${this.#link.url} was lost: ${reason}`));
    }
  }
}
