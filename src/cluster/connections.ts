/**
 * Who listens and who connects to whom in a cluster, as Zeek's `setup-connections` has it. It
 * follows from roles and ports alone, so that every node comes to the same graph by itself.
 */
import type { ClusterEndpoint, Role } from "../core/config.ts";
import { nodeTopic, topicsOfRole } from "./topics.ts";

export type Layout = Readonly<Record<string, ClusterEndpoint>>;

/** A node, and where it listens. */
export interface Address {
  name: string;
  host: string;
  port: number;
}

/** What a node does in its cluster. */
export interface Part {
  name: string;
  role: Role;
  /** Unset: it does not listen. */
  listen?: Address;
  /** What it subscribes to, but for the topic of its process: that one's id is not of the layout. */
  topics: string[];
  /** To whom it connects, by name. */
  peers: Address[];
  /** All with whom it has a connection, whoever makes it, by name. */
  neighbours: string[];
}

/** What a node does, by its name. The layout has no problem. */
export function partOf(name: string, layout: Layout): Part {
  const role = roleOf(name, layout);
  if (role === "NONE") return { name, role, topics: [], peers: [], neighbours: [] };
  const address = addressOf(name, layout);
  const others = namesOf(layout).filter((other) => other !== name);
  const peers = others.filter((other) => connects(name, other, layout));
  const neighbours = others.filter(
    (other) => connects(name, other, layout) || connects(other, name, layout),
  );
  return {
    name,
    role,
    ...(address === undefined ? {} : { listen: address }),
    topics: [...topicsOfRole(role, managerIsLogger(layout)), nodeTopic(name)],
    peers: peers.flatMap((peer) => addressOf(peer, layout) ?? []),
    neighbours,
  };
}

/** Why a node of that name cannot take part, in one line; undefined if it can. */
export function layoutProblem(name: string, layout: Layout): string | undefined {
  if (!Object.hasOwn(layout, name)) {
    return `node '${name}' is not in the layout of its own cluster: its entry must have the node's name`;
  }
  const managers = namesOf(layout).filter((one) => roleOf(one, layout) === "MANAGER");
  if (managers.length < 2) return undefined;
  return `a layout has one manager at most: ${managers.map((one) => `'${one}'`).join(", ")}`;
}

/** A node's role; `NONE` if the layout does not have it (Zeek's `Cluster::local_node_type`). */
export function roleOf(name: string, layout: Layout): Role {
  return (Object.hasOwn(layout, name) ? layout[name]?.role : undefined) ?? "NONE";
}

/** The manager's name, if there is one. */
export function managerOf(layout: Layout): string | undefined {
  return namesOf(layout).find((name) => roleOf(name, layout) === "MANAGER");
}

/** Whether logs go to the manager, since nobody else takes them (`Cluster::manager_is_logger`). */
export function managerIsLogger(layout: Layout): boolean {
  return countByRole(layout).LOGGER === 0;
}

/** How many nodes there are of each role (Zeek's `Cluster::get_node_count`). */
export function countByRole(layout: Layout): Record<Role, number> {
  const counts = { NONE: 0, LOGGER: 0, MANAGER: 0, PROXY: 0, WORKER: 0 };
  for (const { role } of Object.values(layout)) counts[role]++;
  return counts;
}

/** Other nodes that would listen at the same place as this one. */
export function sharersOf(name: string, layout: Layout): string[] {
  const own = addressOf(name, layout);
  if (own === undefined) return [];
  return namesOf(layout).filter((other) => {
    const address = addressOf(other, layout);
    return other !== name && address?.host === own.host && address.port === own.port;
  });
}

/** Whether a node connects to another; nobody can to one that does not listen. */
function connects(from: string, to: string, layout: Layout): boolean {
  const role = roleOf(to, layout);
  return CONNECTS_TO[roleOf(from, layout)].includes(role) && addressOf(to, layout) !== undefined;
}

/** Where a node listens, if it does: any with a role and a port does, also those nobody connects to. */
function addressOf(name: string, layout: Layout): Address | undefined {
  const entry = Object.hasOwn(layout, name) ? layout[name] : undefined;
  if (entry === undefined || entry.role === "NONE" || entry.port === 0) return undefined;
  // Zeek's own text of an IPv6 address in a layout has brackets.
  const host = entry.host.replace(/^\[(.*)\]$/, "$1");
  return { name, host, port: entry.port };
}

function namesOf(layout: Layout): string[] {
  return Object.keys(layout).sort();
}

/** No two roles connect to each other, and none to itself: so no pair is connected twice. */
const CONNECTS_TO: Readonly<Record<Role, readonly Role[]>> = {
  NONE: [],
  LOGGER: [],
  MANAGER: ["LOGGER"],
  PROXY: ["LOGGER", "MANAGER"],
  WORKER: ["LOGGER", "MANAGER", "PROXY"],
};
