/** The topics of a cluster, named as Zeek names them: a subscription is a prefix of topics. */
import type { Role } from "../core/config.ts";

/** Zeek's `Cluster::logger_topic`, and so on. */
export const loggerTopic = "zeek/cluster/logger";
export const managerTopic = "zeek/cluster/manager";
export const proxyTopic = "zeek/cluster/proxy";
export const workerTopic = "zeek/cluster/worker";

/** Zeek's `Cluster::broadcast_topics`: every node of a cluster is on one of them. */
export const broadcastTopics: readonly string[] = [
  loggerTopic,
  managerTopic,
  proxyTopic,
  workerTopic,
];

/** Where Zeek publishes its logs (`Broker::default_log_topic_prefix`). */
export const logTopics = "zeek/logs/";

/** The topic of one node (Zeek's `Cluster::node_topic`): the last `/` keeps `worker-1` from `worker-10`. */
export function nodeTopic(name: string): string {
  return `zeek/cluster/node/${name}/`;
}

/** The topic of one process (Zeek's `Cluster::nodeid_topic`), by its endpoint's UUID. */
export function nodeIdTopic(id: string): string {
  return `zeek/cluster/nodeid/${id}/`;
}

/** The topics of all nodes of a role; of `NONE` there are none. */
export function topicsOfRole(role: Role, managerIsLogger: boolean): string[] {
  switch (role) {
    case "LOGGER":
      return [loggerTopic, logTopics, poolTopics.logger];
    case "MANAGER":
      return managerIsLogger ? [managerTopic, logTopics, poolTopics.logger] : [managerTopic];
    case "PROXY":
      return [proxyTopic, poolTopics.proxy];
    case "WORKER":
      return [workerTopic, poolTopics.worker];
    case "NONE":
      return [];
    default:
      return role satisfies never;
  }
}

/** Zeek's pools (`Cluster::logger_pool_spec`, …), as they are when no script changes them. */
export const poolTopics = {
  logger: "zeek/cluster/pool/logger",
  proxy: "zeek/cluster/pool/proxy",
  worker: "zeek/cluster/pool/worker",
} as const;
