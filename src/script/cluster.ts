/**
 * What scripts see of the cluster that their node is part of: Zeek's `Cluster` module. What makes
 * its connections (./join.ts) is loaded only by nodes that have a layout.
 */
import type { Tls } from "../broker/tls.ts";
import { countByRole, managerIsLogger, managerOf, roleOf } from "../cluster/connections.ts";
import { type Change, Members } from "../cluster/members.ts";
import {
  broadcastTopics,
  loggerTopic,
  logTopics,
  managerTopic,
  nodeIdTopic,
  nodeTopic,
  poolTopics,
  proxyTopic,
  workerTopic,
} from "../cluster/topics.ts";
import type { ClusterEndpoint, Role } from "../core/config.ts";
import { predecessorsOf } from "../core/order.ts";
import { broker, endpoint } from "./broker.ts";
import { reportError } from "./lifecycle.ts";
import { supervisor } from "./role.ts";

/** How the nodes of a cluster trust each other; the same in all of them. */
export interface ClusterSecurity {
  /**
   * As `broker.listen` has it. Default true: Zeek's anonymous TLS. A file is looked for where the
   * node works, unless its path is absolute.
   */
  tls?: Tls;
  /** Whether to listen beyond this machine without certificates. */
  insecure?: boolean;
}

type NodeHandler = (name: string, id: string) => unknown;

/** What becomes of this process's part. No part: no layout, or bare mode. */
export type Stage = "no part" | "to join" | "joined";

const handlers: Record<Change["kind"], NodeHandler[]> = { nodeUp: [], nodeDown: [] };
const members = new Members();
const waiting = new Set<() => void>();
let stage: Stage = "no part";
let neighbours: readonly string[] = [];
let security: ClusterSecurity = {};

/** Called before any script is loaded, if this node will have a part. */
export function willJoin(): void {
  stage = "to join";
}

/**
 * Called once the scripts are loaded.
 * @param those all with whom this node will have a connection
 */
export function joining(those: readonly string[]): ClusterSecurity {
  stage = "joined";
  neighbours = those;
  return security;
}

/** Tells scripts of nodes that have come or gone. */
export function change(decide: (known: Members) => Change[]): void {
  for (const { kind, name, id } of decide(members)) {
    for (const handler of handlers[kind]) void call(kind, () => handler(name, id));
  }
  for (const look of [...waiting]) look();
}

export const cluster = {
  /** This node's name in its layout; "" where there is none (Zeek's `Cluster::node`). */
  get node(): string {
    return layoutOf() === undefined ? "" : supervisor.node().name;
  },
  /** The layout (Zeek's `Cluster::nodes`); `{}` where there is none. */
  get nodes(): Readonly<Record<string, ClusterEndpoint>> {
    return layoutOf() ?? {};
  },
  /** This node's role (Zeek's `Cluster::local_node_type`); "NONE" where there is no layout. */
  get role(): Role {
    return roleOf(cluster.node, cluster.nodes);
  },
  /** This process, as its peers know it (Zeek's `Cluster::node_id`): a UUID, new with each start. */
  get id(): string {
    return endpoint().id;
  },
  /** The manager's name, "" if the layout has none. */
  get manager(): string {
    return managerOf(cluster.nodes) ?? "";
  },
  /** Whether logs go to the manager, since there is no logger (Zeek's `Cluster::manager_is_logger`). */
  get managerIsLogger(): boolean {
    return managerIsLogger(cluster.nodes);
  },
  /** The names of the nodes that are connected now and have said who they are, in the order in which they came. */
  get peers(): readonly string[] {
    return members.names;
  },
  /** The topics of a cluster. */
  topics: {
    logger: loggerTopic,
    manager: managerTopic,
    proxy: proxyTopic,
    worker: workerTopic,
    /** Those four. */
    broadcast: broadcastTopics,
    pools: poolTopics,
    logs: logTopics,
    node: nodeTopic,
    nodeId: nodeIdTopic,
  },
  /** How many nodes the layout has of a role (Zeek's `Cluster::get_node_count`). */
  count(role: Role): number {
    return countByRole(cluster.nodes)[role];
  },
  /**
   * Publishes an event to the nodes that are connected now and have subscribed to the topic, and to
   * nobody else: not to this node itself, not beyond its own connections, and not to a node that
   * comes later. `connected` waits for them.
   * @throws BrokerValueError
   */
  publish(topic: string, event: string, ...args: unknown[]): void {
    broker.publish(topic, event, ...args);
  },
  /** Wants the events on all topics that begin with `prefix`; those of its role and its own it gets anyway. */
  subscribe(prefix: string): void {
    broker.subscribe(prefix);
  },
  /** Has `handler` called with the arguments of every event of that name that comes in. */
  onEvent(name: string, handler: Parameters<typeof broker.onEvent>[1]): void {
    broker.onEvent(name, handler);
  },
  /** A node has connected and said who it is, or is gone (Zeek's `Cluster::node_up`, `node_down`). */
  on(name: Change["kind"], handler: NodeHandler): void {
    if (!Object.hasOwn(handlers, name)) {
      throw new TypeError(`no event is called '${String(name)}': there are nodeUp, nodeDown`);
    }
    handlers[name].push(handler);
  },
  /**
   * Resolves as soon as the nodes that this one comes after (loggers, manager, proxies, workers) are
   * connected, by whichever side; at once where no connections are made: without a layout, and in
   * bare mode. What is published then reaches them.
   * @param whom those of a role, or "everyone" with whom the layout connects this node. Nodes that come
   *   after this one start only when its `init` handlers are done: there nobody should wait for them
   * @throws Error (rejection) while scripts are loaded, since connections are made only afterwards
   */
  async connected(whom?: Role | "everyone"): Promise<void> {
    if (stage === "to join") throw new Error(TOO_EARLY);
    const awaited = neighbours.filter(isAwaited(whom));
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!awaited.every((name) => members.has(name))) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  },
  /**
   * Sets how the nodes trust each other. To be called while the script is loaded, in every node
   * alike; connections are made then.
   * @throws Error when it is too late
   */
  secure(options: ClusterSecurity): void {
    if (stage === "joined") throw new Error(TOO_LATE);
    security = { ...security, ...options };
  },
};

function isAwaited(whom: Role | "everyone" | undefined): (name: string) => boolean {
  if (whom === "everyone") return () => true;
  if (whom !== undefined) return (name) => roleOf(name, cluster.nodes) === whom;
  const earlier = new Set(stage === "joined" ? predecessorsOf(supervisor.node()).names : []);
  return (name) => earlier.has(name);
}

function layoutOf(): Record<string, ClusterEndpoint> | undefined {
  const layout = supervisor.isSupervised() ? supervisor.node().cluster : undefined;
  return layout === undefined || Object.keys(layout).length === 0 ? undefined : layout;
}

async function call(kind: string, act: () => unknown): Promise<void> {
  try {
    await act();
  } catch (error) {
    reportError(error, `a handler of '${kind}' failed`);
  }
}

const TOO_EARLY =
  "a cluster's connections are made when all scripts are loaded: wait for cluster.connected() in a handler of 'init'";
const TOO_LATE =
  "the cluster's connections are made already: call cluster.secure() while the script is loaded";
