/** What this process is in the tree, and so what scripts may ask of it. */
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
import { NotSupervisedError, NotSupervisorError } from "../errors.ts";
import { isRehearsal } from "./rehearsal.ts";

/** In its own process a Supervisor answers at once what its status is. */
export interface LocalSupervisor extends SupervisorApi {
  status(name?: string): Status;
}

export type Role =
  | { kind: "plain"; terminate(): void }
  | { kind: "supervisor"; api: LocalSupervisor; stemPid(): number; terminate(): void }
  | { kind: "node"; config: NodeConfig; stemPid: number; terminate(): void };

let role: Role = { kind: "plain", terminate: () => process.exit(0) };

/** Called once, before any script is loaded. */
export function setRole(own: Role): void {
  role = own;
}

/** Ends this process in order: `done` is raised; in a Supervisor, the whole tree ends. */
export function terminate(): void {
  role.terminate();
}

/** Zeek's `Supervisor` module. */
export const supervisor = {
  async create(config: NodeConfig): Promise<NodeStatus> {
    return api().create(config);
  },
  async destroy(name = ""): Promise<boolean> {
    return api().destroy(name);
  },
  async restart(name = ""): Promise<boolean> {
    return api().restart(name);
  },
  async stopNode(name = ""): Promise<boolean> {
    return api().stopNode(name);
  },
  async startNode(name = ""): Promise<boolean> {
    return api().startNode(name);
  },
  /** @throws NotSupervisorError in another process */
  status(name = ""): Status {
    return api().status(name);
  },
  /** Ends the tree. */
  async stop(): Promise<void> {
    return api().stop();
  },
  /** Everything that happens from now on; returns what ends that. @throws NotSupervisorError */
  watch(handler: (event: TreeEvent) => void): () => void {
    return api().watch(handler);
  },
  /** The last lines of the nodes' output, then what comes. @throws NotSupervisorError */
  follow(handler: (line: OutputLine) => unknown, options: FollowOptions = {}): Following {
    return api().follow(handler, options);
  },
  /** What each node's processes use. */
  async usage(name = ""): Promise<Record<string, Usage>> {
    return api().usage(name);
  },
  /** What is kept of crashes, the oldest first. */
  async crashes(name = ""): Promise<CrashSummary[]> {
    return api().crashes(name);
  },
  /** All that is known of one of them; undefined if there is none of that id. */
  async crash(id: string): Promise<CrashRecord | undefined> {
    return api().crash(id);
  },
  /** What a reload would change. */
  async plan(): Promise<Plan> {
    return api().plan();
  },
  /** Replaces this Supervisor, and has its scripts read anew. Comes back only if that fails. */
  async reload(options: ReloadOptions = {}): Promise<Reloaded> {
    return api().reload(options);
  },
  /**
   * Whether this process only finds out which nodes the scripts create, as before a reload: nothing
   * that they ask for is done, and what they do beside that they had better leave.
   */
  isRehearsal(): boolean {
    return isRehearsal();
  },
  isSupervisor(): boolean {
    return role.kind === "supervisor";
  },
  isSupervised(): boolean {
    return role.kind === "node";
  },
  /** This node's own configuration. @throws NotSupervisedError in another process */
  node(): NodeConfig {
    if (role.kind !== "node") throw new NotSupervisedError();
    return role.config;
  },
  /** The Stem's pid, in a Supervisor and in a node. @throws NotSupervisorError elsewhere */
  stemPid(): number {
    switch (role.kind) {
      case "supervisor":
        return role.stemPid();
      case "node":
        return role.stemPid;
      case "plain":
        throw new NotSupervisorError("supervisor mode not enabled and not a supervised node");
      default:
        return role satisfies never;
    }
  },
};

function api(): LocalSupervisor {
  if (role.kind !== "supervisor") throw new NotSupervisorError();
  return role.api;
}
