/** The API in the Supervisor's own process, for its scripts and for remote control. */
import type { Commands } from "../control/commands.ts";
import { Follower } from "../control/follower.ts";
import { LineReader } from "../control/line-reader.ts";
import type { Watchers } from "../control/watchers.ts";
import type {
  Following,
  FollowOptions,
  OutputLine,
  Reloaded,
  ReloadOptions,
  SupervisorApi,
  TreeEvent,
  Usage,
} from "../core/api.ts";
import type { NodeConfig } from "../core/config.ts";
import type { CrashRecord, CrashSummary } from "../core/crash.ts";
import type { Plan } from "../core/plan.ts";
import type { NodeStatus, Status } from "../core/status.ts";
import { usageOfGroups } from "../os/usage.ts";
import type { History } from "../output/history.ts";
import type { Reload } from "./reload/reload.ts";
import type { Reloads } from "./reload/reloads.ts";
import type { Supervisor } from "./supervisor.ts";

export interface LocalApiOptions {
  supervisor: Supervisor;
  history: History;
  watchers: Watchers;
  evidence: Pick<SupervisorApi, "crashes" | "crash">;
  /** Ends the tree. */
  terminate(): void;
  reload: Reload;
  reloads: Reloads;
  /** An order from afar, for the log. */
  log(text: string): void;
}

/** How much of the output one that follows is given before it has handled it. Bytes. */
const WINDOW = 1024 * 1024;

export class LocalApi implements SupervisorApi, Commands {
  readonly history: History;
  readonly watchers: Watchers;
  readonly #options: LocalApiOptions;
  #usage: Promise<Map<string, Usage>> | undefined;

  constructor(options: LocalApiOptions) {
    this.history = options.history;
    this.watchers = options.watchers;
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#options.supervisor.has(name);
  }

  create(config: NodeConfig): Promise<NodeStatus> {
    return this.#options.supervisor.create(config);
  }

  /** It stays until it is destroyed, whatever scripts want. */
  createFromAfar(config: NodeConfig): Promise<NodeStatus> {
    return this.#options.supervisor.create(config, "remote");
  }

  destroy(name = ""): Promise<boolean> {
    return this.#options.supervisor.destroy(name);
  }

  restart(name = ""): Promise<boolean> {
    return this.#options.supervisor.restart(name);
  }

  stopNode(name = ""): Promise<boolean> {
    return this.#options.supervisor.stopNode(name);
  }

  startNode(name = ""): Promise<boolean> {
    return this.#options.supervisor.startNode(name);
  }

  status(name = ""): Status {
    return this.#options.supervisor.status(name);
  }

  /** All nodes at once, and once however many ask: every process of the machine is looked at. */
  async usage(name = ""): Promise<Record<string, Usage>> {
    this.#usage ??= this.#allUsage().finally(() => {
      this.#usage = undefined;
    });
    const all = await this.#usage;
    const entries = [...all].filter(([node]) => name === "" || node === name);
    return Object.fromEntries(entries);
  }

  crashes(name = ""): Promise<CrashSummary[]> {
    return this.#options.evidence.crashes(name);
  }

  crash(id: string): Promise<CrashRecord | undefined> {
    return this.#options.evidence.crash(id);
  }

  async stop(): Promise<void> {
    this.#options.terminate();
  }

  plan(): Promise<Plan> {
    return this.#options.reload.plan();
  }

  async reload(options: ReloadOptions = {}): Promise<never> {
    await this.beginReload(options);
    return new Promise<never>(() => {});
  }

  beginReload(options: ReloadOptions): Promise<Plan> {
    return this.#options.reload.begin(options);
  }

  get reloads(): number {
    return this.#options.reloads.count;
  }

  reloaded(after: number): Promise<Reloaded> {
    return this.#options.reloads.after(after);
  }

  watch(handler: (event: TreeEvent) => void): () => void {
    return this.watchers.watch(handler);
  }

  follow(handler: (line: OutputLine) => unknown, options: FollowOptions = {}): Following {
    const reader = new LineReader();
    let handling = Promise.resolve();
    let isStopped = false;
    let failed: (error: unknown) => void = () => {};
    let last: () => void = () => {};
    const ended = new Promise<void>((resolve, reject) => {
      last = resolve;
      failed = reject;
    });
    const follower = new Follower(
      this.history,
      { ...options, credit: WINDOW },
      (chunk) => {
        handling = handling.then(async () => {
          await handle(reader.read(chunk));
          follower.grant(chunk.bytes.length);
        });
        handling.catch((error: unknown) => {
          failed(error);
          follower.stop();
        });
      },
      () => void handling.then(() => handle(reader.end())).then(last, failed),
    );
    return {
      ended,
      stop() {
        isStopped = true;
        follower.stop();
        last();
      },
    };

    async function handle(lines: readonly OutputLine[]): Promise<void> {
      for (const line of lines) if (!isStopped) await handler(line);
    }
  }

  async #allUsage(): Promise<Map<string, Usage>> {
    const names = this.#options.supervisor.groups();
    const usage = await usageOfGroups(new Set(names.keys()));
    return new Map([...usage].map(([group, used]) => [names.get(group) ?? "", used]));
  }

  ordered(text: string): void {
    this.#options.log(text);
    this.watchers.tell({ kind: "command", at: Date.now(), text });
  }
}
