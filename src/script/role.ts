/** What this process is in the tree, and so what scripts may ask of it. */
import type { NodeConfig } from "../core/config.ts";
import type { NodeStatus, Status } from "../core/status.ts";
import { NotSupervisedError, NotSupervisorError } from "../errors.ts";

/** What a Supervisor can be asked; it is answered the same way from within and over the wire. */
export interface SupervisorApi {
  /**
   * Resolves when the outcome of the first start is known: a node whose start failed has no `pid`
   * and is tried again. @throws NodeConfigError (a rejection)
   */
  create(config: NodeConfig): Promise<NodeStatus>;
  /** Resolves when nothing of the node lives any more; `false` if there is none. "" is all. */
  destroy(name?: string): Promise<boolean>;
  /** Resolves when its next process was started; `false` if there is none. "" is all. */
  restart(name?: string): Promise<boolean>;
  /** A snapshot of one node, or of all (""). An unknown name gives no nodes. */
  status(name?: string): Status;
}

export type Role =
  | { kind: "plain"; terminate(): void }
  | { kind: "supervisor"; api: SupervisorApi; stemPid(): number; terminate(): void }
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
  /** @throws NotSupervisorError in another process */
  status(name = ""): Status {
    return api().status(name);
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

function api(): SupervisorApi {
  if (role.kind !== "supervisor") throw new NotSupervisorError();
  return role.api;
}
