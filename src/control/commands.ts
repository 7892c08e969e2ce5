/** What remote control needs of the Supervisor. Everything here begins at once. */
import type { Reloaded, ReloadOptions, Usage } from "../core/api.ts";
import type { NodeConfig } from "../core/config.ts";
import type { CrashRecord, CrashSummary } from "../core/crash.ts";
import type { Plan } from "../core/plan.ts";
import type { NodeStatus, Status } from "../core/status.ts";
import type { History } from "../output/history.ts";
import type { Watchers } from "./watchers.ts";

export interface Commands {
  readonly history: History;
  has(name: string): boolean;
  /** The promises are those of `SupervisorApi`. @throws NodeConfigError, SupervisorEndingError at once */
  createFromAfar(config: NodeConfig): Promise<NodeStatus>;
  destroy(name: string): Promise<boolean>;
  restart(name: string): Promise<boolean>;
  stopNode(name: string): Promise<boolean>;
  startNode(name: string): Promise<boolean>;
  status(name: string): Status;
  usage(name: string): Promise<Record<string, Usage>>;
  crashes(name: string): Promise<CrashSummary[]>;
  crash(id: string): Promise<CrashRecord | undefined>;
  stop(): void;
  plan(): Promise<Plan>;
  /** Resolves a moment before this process is replaced. @throws ReloadError (a rejection) */
  beginReload(options: ReloadOptions): Promise<Plan>;
  /** How often that was done. */
  readonly reloads: number;
  /** Resolves when there have been more than so many, and the last is done. */
  reloaded(after: number): Promise<Reloaded>;
  readonly watchers: Watchers;
  /** Somebody has given an order: it is logged, and told to those who watch. */
  ordered(text: string): void;
}
