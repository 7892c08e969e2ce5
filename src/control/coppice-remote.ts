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
import { Asking } from "./asking.ts";
import type { ConnectOptions, RemoteSupervisor } from "./client.ts";
import { DEFAULT_TIMEOUT_MS, type Link, noAnswer } from "./link.ts";
import type { Hello } from "./protocol.ts";
import { RemoteFollowing } from "./remote-following.ts";
import { RemoteWatching } from "./remote-watching.ts";
import { MODULE, TOPIC } from "./requests.ts";

/** A Supervisor that has answered as Coppice does, or undefined: then it is a Zeek. */
export async function requestSupervisor(
  link: Link,
  options: ConnectOptions,
): Promise<RemoteSupervisor | undefined> {
  const remote = new CoppiceRemote(link, options.timeout ?? DEFAULT_TIMEOUT_MS);
  return (await remote.greet()) ? remote : undefined;
}

class CoppiceRemote implements RemoteSupervisor {
  readonly isZeek = false;
  readonly #link: Link;
  readonly #timeout: number;
  readonly #asking: Asking;
  readonly #followings = new Set<RemoteFollowing>();
  #watching: RemoteWatching | undefined;
  #hello: Hello | undefined;
  /** Whether it is known who is at the other end of this very connection. */
  #isReady = false;
  #gone: PromiseWithResolvers<void> | undefined;

  constructor(link: Link, timeout: number) {
    this.#link = link;
    this.#timeout = timeout;
    this.#asking = new Asking(link, timeout);
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
  get #instance(): string {
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
    const hello = this.#asking.ask<Hello>("hello", {}, true);
    // No node can have that name: the shortest answer that there is.
    this.#link.publish(TOPIC, { name: `${MODULE}status_request`, args: [id, " "] });
    this.#hello = await within(this.#timeout, Promise.race([hello, zeek]), () =>
      noAnswer(this.#link.url, this.#timeout),
    );
    this.#link.endpoint.offEvent(`${MODULE}status_response`, onStatus);
    if (this.#hello === undefined) this.#asking.forget();
    else this.#link.tell({ lost: (reason) => this.#lost(reason), again: () => this.#again() });
    this.#isReady = this.#hello !== undefined;
    return this.#isReady;
  }

  create(config: NodeConfig): Promise<NodeStatus> {
    return this.#asking.ask("create", { config: withPlainPattern(config) });
  }

  destroy(name = ""): Promise<boolean> {
    return this.#asking.ask("destroy", { name });
  }

  restart(name = ""): Promise<boolean> {
    return this.#asking.ask("restart", { name });
  }

  stopNode(name = ""): Promise<boolean> {
    return this.#asking.ask("stopNode", { name });
  }

  startNode(name = ""): Promise<boolean> {
    return this.#asking.ask("startNode", { name });
  }

  status(name = ""): Promise<Status> {
    return this.#asking.askSoon("status", { name });
  }

  usage(name = ""): Promise<Record<string, Usage>> {
    return this.#asking.askSoon("usage", { name });
  }

  crashes(name = ""): Promise<CrashSummary[]> {
    return this.#asking.askSoon("crashes", { name });
  }

  async crash(id: string): Promise<CrashRecord | undefined> {
    return (await this.#asking.askSoon<CrashRecord | null>("crash", { id })) ?? undefined;
  }

  plan(): Promise<Plan> {
    return this.#asking.ask("plan", {});
  }

  async reload({ rolling }: ReloadOptions = {}): Promise<Reloaded> {
    const { instance, reloads: after } = await this.#asking.askSoon<Hello>("hello", {});
    try {
      await this.#asking.ask("reload", rolling === undefined ? {} : { rolling });
    } catch (error) {
      if (!(error instanceof ConnectionLostError) || this.#link.isClosed) throw error;
      // What was under way to us may have held up the answer for too long: the next one tells.
      const next = await this.#asking.ask<Hello>("hello", {}, true);
      if (next.instance !== instance || next.reloads <= after) throw error;
    }
    // The Supervisor that answers this is the next one: it is asked over the next connection.
    return this.#asking.ask("reloaded", { after }, true);
  }

  async stop(): Promise<void> {
    await this.#asking.ask("stop", {});
    this.#gone ??= Promise.withResolvers<void>();
    await this.#gone.promise;
    if (this.#link.url.startsWith("unix:")) await processGone(this.#hello?.pid ?? 0);
  }

  watch(handler: (event: TreeEvent) => void): () => void {
    const watching = this.#watching ?? this.#beginWatching();
    return watching.add(handler);
  }

  follow(handler: (line: OutputLine) => unknown, options: FollowOptions = {}): Following {
    const following: RemoteFollowing = new RemoteFollowing(this.#asking, handler, options, () =>
      this.#followings.delete(following),
    );
    this.#followings.add(following);
    if (this.#link.isClosed) following.fail(this.#asking.closedError());
    else if (this.#isReady) following.begin(this.#instance);
    return following;
  }

  close(): void {
    if (this.#link.isClosed) return;
    this.#link.close();
    this.#isReady = false;
    for (const following of [...this.#followings]) following.stop();
    this.#asking.close();
  }

  #lost(reason: string): void {
    this.#isReady = false;
    this.#asking.lost(reason);
    if (this.#gone === undefined) return;
    this.#gone.resolve();
    this.close();
  }

  #again(): void {
    // First who it is: what goes on depends on it.
    this.#asking.again<Hello>("hello", {}).then(
      (hello) => this.#resume(hello),
      (error: unknown) => {
        // Should the connection be lost again, the next one will ask.
        if (!(error instanceof ConnectionLostError))
          this.#link.report(error, "the connection is of no use any more");
      },
    );
  }

  #resume(hello: Hello): void {
    if (!this.#link.isConnected) return;
    this.#hello = hello;
    this.#isReady = true;
    for (const following of [...this.#followings]) following.begin(this.#instance);
    this.#watching?.begin();
    this.#watching?.tell({
      kind: "peer",
      at: Date.now(),
      text: "connected again; what happened meanwhile is not told",
    });
  }

  #beginWatching(): RemoteWatching {
    const watching = new RemoteWatching(
      this.#asking,
      (error) => this.#link.report(error, "a watcher failed"),
      () => {
        this.#watching = undefined;
      },
    );
    this.#watching = watching;
    if (this.#isReady) watching.begin();
    return watching;
  }
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
