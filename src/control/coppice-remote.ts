/** A Coppice Supervisor from afar, over its own control events. */
import type { Value } from "../broker/values.ts";
import type {
  Following,
  FollowOptions,
  OutputLine,
  Reloaded,
  ReloadOptions,
  TreeEvent,
  Usage,
} from "../core/api.ts";
import type { NodeConfig } from "../core/config.ts";
import type { CrashRecord, CrashSummary } from "../core/crash.ts";
import type { Plan } from "../core/plan.ts";
import { withPlainPattern } from "../core/readiness.ts";
import type { NodeStatus, Status } from "../core/status.ts";
import { ConnectionLostError, NoSupervisorError } from "../errors.ts";
import { within } from "../os/within.ts";
import type { ConnectOptions, RemoteSupervisor } from "./client.ts";
import { DEFAULT_TIMEOUT_MS, type Link, noAnswer } from "./link.ts";
import {
  COPPICE_MODULE,
  COPPICE_TOPIC,
  errorOf,
  type Hello,
  type Method,
  type Outcome,
  request,
} from "./protocol.ts";
import { RemoteFollowing } from "./remote-following.ts";
import { RemoteWatching } from "./remote-watching.ts";
import { MODULE, TOPIC } from "./requests.ts";

/** A request that was sent, or will be. */
interface Pending {
  id: string;
  method: Method;
  params: object;
  /** Asking again does no harm: it is sent again over the next connection. */
  repeatable: boolean;
  settle(outcome: Outcome): void;
  fail(error: Error): void;
}

/** What goes on until it is stopped, and is asked for again over each new connection. */
export interface Ongoing {
  begin(): void;
}

/** A Supervisor that has answered as Coppice does, or undefined: then it is a Zeek. */
export async function requestSupervisor(
  link: Link,
  options: ConnectOptions,
): Promise<RemoteSupervisor | undefined> {
  const remote = new CoppiceRemote(link, options.timeout ?? DEFAULT_TIMEOUT_MS);
  return (await remote.greet()) ? remote : undefined;
}

export class CoppiceRemote implements RemoteSupervisor {
  readonly isZeek = false;
  readonly #link: Link;
  readonly #timeout: number;
  readonly #pending = new Map<string, Pending>();
  /** Takes the `event`s and `output`s of a request. */
  readonly #streams = new Map<string, (args: readonly Value[]) => void>();
  readonly #followings = new Set<RemoteFollowing>();
  #watching: RemoteWatching | undefined;
  #hello: Hello | undefined;
  /** Whether it is known who is at the other end of this very connection. */
  #isReady = false;
  #gone: PromiseWithResolvers<void> | undefined;

  constructor(link: Link, timeout: number) {
    this.#link = link;
    this.#timeout = timeout;
    link.onEvent(`${COPPICE_MODULE}response`, (id, text) => this.#answered(String(id), text));
    for (const name of ["event", "output"]) {
      link.onEvent(`${COPPICE_MODULE}${name}`, (id, ...args) =>
        this.#streams.get(String(id))?.(args),
      );
    }
  }

  get mayControl(): boolean {
    return this.#hello?.mayControl ?? false;
  }

  get pid(): number | undefined {
    return this.#hello?.pid;
  }

  get console(): string | undefined {
    return this.#hello?.console;
  }

  get isConnected(): boolean {
    return this.#link.isConnected;
  }

  /** Which Supervisor it is: one that was started anew is another. */
  get instance(): string {
    return this.#hello?.instance ?? "";
  }

  /** Finds out who is there: a Zeek answers only the second of two questions. */
  async greet(): Promise<boolean> {
    const id = this.#link.nextId();
    const { promise: zeek, resolve, reject } = Promise.withResolvers<undefined>();
    const onStatus = (reqid: Value) => {
      if (reqid === id) resolve(undefined);
    };
    this.#link.onEvent(`${MODULE}status_response`, onStatus);
    const lost = (reason: string) =>
      reject(new NoSupervisorError(`the connection to ${this.#link.url} was lost: ${reason}`));
    this.#link.tell({ lost, again() {} });
    const hello = this.#ask<Hello>("hello", {}, true);
    // No node can have that name: the shortest answer that there is.
    this.#link.publish(TOPIC, { name: `${MODULE}status_request`, args: [id, " "] });
    this.#hello = await within(this.#timeout, Promise.race([hello, zeek]), () =>
      noAnswer(this.#link.url, this.#timeout),
    );
    this.#link.endpoint.offEvent(`${MODULE}status_response`, onStatus);
    if (this.#hello === undefined) this.#pending.clear();
    else this.#link.tell({ lost: (reason) => this.#lost(reason), again: () => this.#again() });
    this.#isReady = this.#hello !== undefined;
    return this.#isReady;
  }

  create(config: NodeConfig): Promise<NodeStatus> {
    return this.#ask("create", { config: withPlainPattern(config) });
  }

  destroy(name = ""): Promise<boolean> {
    return this.#ask("destroy", { name });
  }

  restart(name = ""): Promise<boolean> {
    return this.#ask("restart", { name });
  }

  stopNode(name = ""): Promise<boolean> {
    return this.#ask("stopNode", { name });
  }

  startNode(name = ""): Promise<boolean> {
    return this.#ask("startNode", { name });
  }

  status(name = ""): Promise<Status> {
    return this.#askSoon("status", { name });
  }

  usage(name = ""): Promise<Record<string, Usage>> {
    return this.#askSoon("usage", { name });
  }

  crashes(name = ""): Promise<CrashSummary[]> {
    return this.#askSoon("crashes", { name });
  }

  async crash(id: string): Promise<CrashRecord | undefined> {
    return (await this.#askSoon<CrashRecord | null>("crash", { id })) ?? undefined;
  }

  plan(): Promise<Plan> {
    return this.#ask("plan", {});
  }

  async reload({ rolling }: ReloadOptions = {}): Promise<Reloaded> {
    const { instance, reloads: after } = await this.#askSoon<Hello>("hello", {});
    try {
      await this.#ask("reload", rolling === undefined ? {} : { rolling });
    } catch (error) {
      if (!(error instanceof ConnectionLostError) || this.#link.isClosed) throw error;
      // What was under way to us may have held up the answer for too long: the next one tells.
      const next = await this.#ask<Hello>("hello", {}, true);
      if (next.instance !== instance || next.reloads <= after) throw error;
    }
    // The Supervisor that answers this is the next one: it is asked over the next connection.
    return this.#ask("reloaded", { after }, true);
  }

  async stop(): Promise<void> {
    await this.#ask("stop", {});
    this.#gone ??= Promise.withResolvers<void>();
    await this.#gone.promise;
    if (this.#link.url.startsWith("unix:")) await processGone(this.#hello?.pid ?? 0);
  }

  watch(handler: (event: TreeEvent) => void): () => void {
    const watching = this.#watching ?? this.#beginWatching();
    return watching.add(handler);
  }

  follow(handler: (line: OutputLine) => unknown, options: FollowOptions = {}): Following {
    const following: RemoteFollowing = new RemoteFollowing(this, handler, options, () =>
      this.#followings.delete(following),
    );
    this.#followings.add(following);
    if (this.#link.isClosed) following.fail(this.#closedError());
    else if (this.#isReady) following.begin();
    return following;
  }

  close(): void {
    if (this.#link.isClosed) return;
    this.#link.close();
    this.#isReady = false;
    for (const following of [...this.#followings]) following.stop();
    for (const { fail } of this.#pending.values()) fail(this.#closedError());
    this.#pending.clear();
  }

  /** Asks for something that goes on; `take` gets what comes until the promise settles. */
  stream(
    method: Method,
    params: object,
    take: (args: readonly Value[]) => void,
  ): { id: string; ended: Promise<unknown> } {
    const id = this.#link.nextId();
    this.#streams.set(id, take);
    const ended = this.#ask(method, params, false, id).finally(() => this.#streams.delete(id));
    return { id, ended };
  }

  /** Says something to which no answer is awaited. */
  tell(method: Method, params: object): void {
    if (this.#link.isConnected)
      this.#link.publish(COPPICE_TOPIC, request(this.#link.nextId(), method, params));
  }

  /** Of what is answered at once, and can be asked again. */
  #askSoon<Result>(method: Method, params: object): Promise<Result> {
    const id = this.#link.nextId();
    const answer = this.#ask<Result>(method, params, true, id);
    return within(this.#timeout, answer, () => noAnswer(this.#link.url, this.#timeout)).finally(
      () => this.#pending.delete(id),
    );
  }

  #ask<Result>(
    method: Method,
    params: object,
    repeatable = false,
    id = this.#link.nextId(),
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        id,
        method,
        params,
        repeatable,
        settle: (outcome) =>
          "ok" in outcome ? resolve(outcome.ok as Result) : reject(errorOf(outcome)),
        fail: reject,
      };
      if (this.#link.isClosed) return reject(this.#closedError());
      if (!this.#link.isConnected && !repeatable)
        return reject(new NoSupervisorError(`the connection to ${this.#link.url} is lost for now`));
      this.#pending.set(id, pending);
      if (this.#link.isConnected) this.#send(pending);
    });
  }

  #send({ id, method, params }: Pending): void {
    this.#link.publish(COPPICE_TOPIC, request(id, method, params));
  }

  #answered(id: string, text: Value | undefined): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (typeof text === "string") pending?.settle(JSON.parse(text) as Outcome);
  }

  #lost(reason: string): void {
    this.#isReady = false;
    for (const pending of [...this.#pending.values()]) {
      if (pending.repeatable) continue;
      this.#pending.delete(pending.id);
      pending.fail(new ConnectionLostError(lostText(this.#link.url, reason, pending.method)));
    }
    if (this.#gone === undefined) return;
    this.#gone.resolve();
    this.close();
  }

  #again(): void {
    const waiting = [...this.#pending.values()];
    // First who it is: what goes on depends on it.
    this.#ask<Hello>("hello", {}).then(
      (hello) => this.#resume(hello),
      (error: unknown) => {
        // Should the connection be lost again, the next one will ask.
        if (!(error instanceof ConnectionLostError))
          this.#link.report(error, "the connection is of no use any more");
      },
    );
    for (const pending of waiting) this.#send(pending);
  }

  #resume(hello: Hello): void {
    if (!this.#link.isConnected) return;
    this.#hello = hello;
    this.#isReady = true;
    for (const following of [...this.#followings]) following.begin();
    this.#watching?.begin();
    this.#watching?.tell({
      kind: "peer",
      at: Date.now(),
      text: "connected again; what happened meanwhile is not told",
    });
  }

  #beginWatching(): RemoteWatching {
    const watching = new RemoteWatching(
      this,
      (error) => this.#link.report(error, "a watcher failed"),
      () => {
        this.#watching = undefined;
      },
    );
    this.#watching = watching;
    if (this.#isReady) watching.begin();
    return watching;
  }

  #closedError(): ConnectionLostError {
    return new ConnectionLostError(`the connection to ${this.#link.url} was closed here`);
  }
}

function lostText(url: string, reason: string, method: string): string {
  return `the connection to ${url} was lost (${reason}) before the answer to '${method}' came: whether it was done is not known, status tells`;
}

/** Its connections close a moment before the process itself is gone. */
async function processGone(pid: number): Promise<void> {
  const until = performance.now() + DEFAULT_TIMEOUT_MS;
  while (pid > 0 && performance.now() < until && exists(pid)) {
    await new Promise((look) => setTimeout(look, 5));
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
