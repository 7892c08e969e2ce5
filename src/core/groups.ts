/** Groups of nodes, as ZeekControl has them: by the role that a node has in its own layout. */
import type { NodeConfig, Role } from "./config.ts";

export const GROUPS = ["all", "manager", "loggers", "proxies", "workers"] as const;
export type Group = (typeof GROUPS)[number];

export function isGroup(word: string): word is Group {
  return GROUPS.some((group) => group === word);
}

/** Whether a node is of a group. Every one is of `all`, also one that has no role. */
export function isOfGroup(config: NodeConfig, group: Group): boolean {
  const role = roleOf(config);
  return group === "all" || (role !== undefined && GROUP_OF[role] === group);
}

/** The role of a node in its layout, if it has one. */
export function roleOf({ name, cluster }: NodeConfig): Exclude<Role, "NONE"> | undefined {
  if (cluster === undefined || !Object.hasOwn(cluster, name)) return undefined;
  const role = cluster[name]?.role;
  return role === "NONE" ? undefined : role;
}

const GROUP_OF: Record<Exclude<Role, "NONE">, Group> = {
  LOGGER: "loggers",
  MANAGER: "manager",
  PROXY: "proxies",
  WORKER: "workers",
};
