/** `cluster-layout.zeek`: how a Zeek that is simply executed learns of its cluster. */
import type { ClusterEndpoint, NodeConfig, Role } from "../core/config.ts";
import { addressLiteral, hostAddress } from "./address.ts";
import { zeekString } from "./log-script.ts";

/** As Zeek looks for it along ZEEKPATH, where CLUSTER_NODE is set. */
export const LAYOUT_FILE = "cluster-layout.zeek";

export type Cluster = Readonly<Record<string, ClusterEndpoint>>;

type Entry = [name: string, endpoint: ClusterEndpoint];

export function isClustered(config: NodeConfig): boolean {
  return Object.keys(config.cluster ?? {}).length > 0 || config.zeek?.layout !== undefined;
}

/**
 * The file's text: manager, loggers, proxies, workers, each in the order of the table. It holds nothing
 * else, for it is parsed before nearly everything.
 * @param cluster `layoutProblem` has nothing to say of it
 */
export function clusterLayout(cluster: Cluster): string {
  const entries = layoutEntries(cluster);
  const manager = entries.find(([, { role }]) => role === "MANAGER")?.[0];
  const isLogger = !entries.some(([, { role }]) => role === "LOGGER");
  const nameWidth = Math.max(...entries.map(([name]) => name.length));
  const roleWidth = Math.max(...entries.map(([, { role }]) => role.length));
  const lines = entries.map(([name, endpoint]) => {
    const key = `["${name}"]`.padEnd(nameWidth + 4);
    const role = `$node_type=Cluster::${endpoint.role},`.padEnd(roleWidth + 21);
    return `\t${key} = [${role} ${fieldsOf(endpoint, manager).join(", ")}],\n`;
  });
  return (
    `redef Cluster::manager_is_logger = ${isLogger ? "T" : "F"};\n` +
    `redef Cluster::nodes = {\n${lines.join("")}};\n`
  );
}

/** The nodes that take part, in the order of the file. */
export function layoutEntries(cluster: Cluster): Entry[] {
  const entries = Object.entries(cluster);
  return ORDER.flatMap((role) => entries.filter(([, endpoint]) => endpoint.role === role));
}

/** Says why no layout can be made of a cluster, or what Zeek would stumble over in it. */
export function layoutProblem(cluster: Cluster): string | undefined {
  const entries = layoutEntries(cluster);
  const of = (role: Role) => entries.filter(([, endpoint]) => endpoint.role === role);
  const [manager, second] = of("MANAGER");
  if (manager === undefined) return "the cluster has no manager: give one node the role MANAGER";
  if (second !== undefined)
    return `the cluster has two managers, '${manager[0]}' and '${second[0]}': Zeek takes one`;
  const loggers = of("LOGGER");
  return (
    namesProblem(entries) ??
    entries.map(entryProblem).find((problem) => problem !== undefined) ??
    portsProblem(entries, loggers.length > 0 ? loggers : [manager])
  );
}

/** Zeek's names become directories, topics and labels of metrics. */
export function clusterNameProblem(name: string): string | undefined {
  if (NAME.test(name)) return undefined;
  return `'${name}' is no name for a node of a Zeek cluster: letters, digits, '.', '_' and '-' are, the first of them a letter or digit`;
}

function fieldsOf(endpoint: ClusterEndpoint, manager: string | undefined): string[] {
  const { address = "", zone } = hostAddress(endpoint.host) ?? {};
  const { port, metricsPort = 0, role } = endpoint;
  return [
    `$ip=${addressLiteral(address)}`,
    ...(zone === undefined ? [] : [`$zone_id=${zeekString(zone)}`]),
    ...(port === 0 ? [] : [`$p=${port}/tcp`]),
    ...(manager === undefined || role === "MANAGER" ? [] : [`$manager="${manager}"`]),
    ...(metricsPort === 0 ? [] : [`$metrics_port=${metricsPort}/tcp`]),
  ];
}

function namesProblem(entries: readonly Entry[]): string | undefined {
  const seen = new Map<string, string>();
  for (const [name] of entries) {
    const problem = clusterNameProblem(name);
    if (problem !== undefined) return problem;
    const other = seen.get(name.toLowerCase());
    if (other !== undefined)
      return `'${other}' and '${name}' in the cluster differ in upper and lower case only`;
    seen.set(name.toLowerCase(), name);
  }
  return undefined;
}

function entryProblem([name, { host, port, metricsPort = 0 }]: Entry): string | undefined {
  if (hostAddress(host) === undefined)
    return `host '${host}' of '${name}' in the cluster must be an address: Zeek resolves no names there`;
  if (!isPort(port)) return `port ${port} of '${name}' in the cluster is none: 0 to 65535 are`;
  if (!isPort(metricsPort))
    return `metricsPort ${metricsPort} of '${name}' in the cluster is none: 0 to 65535 are`;
  return undefined;
}

/** Only ports that are bound whatever the backend: those where logs arrive, and those of metrics. */
function portsProblem(entries: readonly Entry[], logging: readonly Entry[]): string | undefined {
  const bound = new Map<string, string>();
  const bind = (name: string, host: string, port: number): string | undefined => {
    const key = `${hostAddress(host)?.address} ${port}`;
    const other = bound.get(key);
    if (other !== undefined) return `port ${port} is used by both '${other}' and '${name}'`;
    bound.set(key, name);
    return undefined;
  };
  for (const [name, { host, port, role }] of logging) {
    // Zeek would bind a port of the system's choice, which no other node finds.
    if (port === 0)
      return role === "LOGGER"
        ? `logger '${name}' needs a port: logs are sent to it`
        : `manager '${name}' needs a port: logs are sent to it, since the cluster has no logger`;
    const problem = bind(name, host, port);
    if (problem !== undefined) return problem;
  }
  for (const [name, { host, metricsPort = 0 }] of entries) {
    const problem = metricsPort === 0 ? undefined : bind(name, host, metricsPort);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

const ORDER: readonly Role[] = ["MANAGER", "LOGGER", "PROXY", "WORKER"];
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
