/** What a Supervisor can be asked: the same in its own process and from afar. */
import type { NodeConfig } from "./config.ts";
import type { CrashRecord, CrashSummary } from "./crash.ts";
import type { Plan } from "./plan.ts";
import type { NodeStatus, Status } from "./status.ts";

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
  /**
   * Ends a node's process, which stays known and starts again when it is told to. Resolves when
   * nothing of it lives; `false` if there is no such node, or if it was told to start meanwhile. "" is all.
   */
  stopNode(name?: string): Promise<boolean>;
  /**
   * Starts a node that was stopped, or one that waits for its revival. Resolves when it runs, or its
   * start has failed; `false` if there is none, or if it was told to stop meanwhile. "" is all.
   */
  startNode(name?: string): Promise<boolean>;
  /** A snapshot of one node, or of all (""); at once, or from afar a promise of it. An unknown name gives no nodes. */
  status(name?: string): Status | Promise<Status>;
  /** Has the whole tree end in order. From afar it resolves when the Supervisor has gone. */
  stop(): Promise<void>;
  /** Has `handler` called for everything that happens from now on. @returns what ends that */
  watch(handler: (event: TreeEvent) => void): () => void;
  /**
   * Has `handler` called for lines of the nodes' output: the last ones, then what comes. A promise
   * that it returns is waited for: whoever is slow may find that lines are no longer kept.
   */
  follow(handler: (line: OutputLine) => unknown, options?: FollowOptions): Following;
  /** What the processes of each node use, their process groups included. "" is all. */
  usage(name?: string): Promise<Record<string, Usage>>;
  /** What is kept of crashes: of one node, or of all (""); also of nodes that are gone. The oldest first. */
  crashes(name?: string): Promise<CrashSummary[]>;
  /** One of them with all that is known; undefined if there is none of that id, or it is no longer kept. */
  crash(id: string): Promise<CrashRecord | undefined>;
  /** What a reload would change, and why; nothing is changed. @throws ReloadError (a rejection) */
  plan(): Promise<Plan>;
  /**
   * Replaces the Supervisor by the newest Coppice on disk, with its scripts read anew; nodes whose
   * configuration is the same are not touched. From afar it resolves when all is done; in the
   * Supervisor's own process it does not, since that begins anew.
   * @throws ReloadError, SupervisorEndingError (rejections): all is as it was
   */
  reload(options?: ReloadOptions): Promise<Reloaded>;
}

export interface ReloadOptions {
  /** How many nodes at a time get a configuration that has changed, each ready before the next. Default: all. */
  rolling?: number | undefined;
}

/** What a reload has done: the names of nodes. */
export interface Reloaded {
  kept: string[];
  /** Now with another configuration. */
  changed: string[];
  started: string[];
  stopped: string[];
  /** Why the nodes are as they were, if a script failed after all. */
  error?: string;
}

/** Something that happened in the tree. */
export interface TreeEvent {
  kind: TreeEventKind;
  /** Unix time in milliseconds. */
  at: number;
  /** One line for people, without the time. */
  text: string;
  /** Which node it happened to, if to one. */
  node?: string;
  /** That node, as it was then. */
  status?: NodeStatus;
}

export type TreeEventKind =
  /** A node was asked for, or told to go. */
  | "created"
  | "destroyed"
  /** A process was started; as a revival; could not be started; is ready; has ended. */
  | "started"
  | "revived"
  | "failed"
  | "ready"
  | "exited"
  /** It failed too many health checks, and is ended. */
  | "unhealthy"
  /** Another state, with nothing else to tell. */
  | "changed"
  /** Nothing of a destroyed node lives any more. */
  | "gone"
  /** A Stem has started, or died. */
  | "stem"
  /** Somebody has given an order. */
  | "command"
  /** A connection for remote control was made, or has ended. */
  | "peer"
  /** The Supervisor is about to be replaced, or another one has taken over. */
  | "reload"
  /** The tree has begun to end. */
  | "ending";

/** A line of a node's output. */
export interface OutputLine {
  node: string;
  stream: "stdout" | "stderr";
  /** When it arrived: Unix time in milliseconds. */
  at: number;
  /** Without its newline. Bytes that are not UTF-8 are lone surrogates U+DC80 to U+DCFF. */
  text: string;
  /** Whether the line ends here; lines of more than 64 KiB come in pieces. */
  complete: boolean;
  /** Set on the first line after a gap: how many bytes were dropped, since they were not read in time. */
  missed?: number;
}

export interface FollowOptions {
  /** Only of these nodes; unset or empty: of all. */
  nodes?: readonly string[];
  /** How many of each node's last lines come first. Default 10; Infinity: all that are kept. */
  lines?: number;
  /** Whether to go on with what comes. Default true. */
  follow?: boolean;
}

export interface Following {
  /** Resolves after the last line: without `follow` once the kept lines are out, else when stopped. */
  ended: Promise<void>;
  stop(): void;
}

export interface Usage {
  /** CPU time so far, in milliseconds, of the processes that live. */
  cpu: number;
  /** Resident memory in bytes. */
  memory: number;
}
