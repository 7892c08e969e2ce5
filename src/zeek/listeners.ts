/** The ports that the nodes of a cluster listen on: a Zeek that finds one of them taken ends at once. */
import type { ClusterEndpoint, NodeConfig, ZeekConfig } from "../core/config.ts";
import { defaultBackend, type Version } from "./version.ts";

export interface Listener {
  node: string;
  port: number;
  /** What it listens for: "metrics". */
  what: string;
  /** The addresses that it may listen on; unset: all. */
  hosts?: readonly string[];
  /** A script may say otherwise, which is not known here. */
  isUncertain?: true;
}

export type BackendKind = "zeromq" | "broker" | "unknown";

/** The backend, as far as its operands' names tell. */
export function backendKind(backend: ZeekConfig["backend"], version: Version): BackendKind {
  if (typeof backend === "string") return backend === "none" ? "unknown" : backend;
  const operands = backend ?? defaultBackend(version);
  if (operands.some((operand) => /zeromq/.test(operand))) return "zeromq";
  if (operands.some((operand) => /backend\/broker/.test(operand))) return "broker";
  // Without any, a Zeek before 8.1 takes Broker.
  return operands.length === 0 && defaultBackend(version).length === 0 ? "broker" : "unknown";
}

/** Says why a Zeek might find no backend. */
export function missingBackend(
  { cluster, zeek }: NodeConfig,
  version: Version,
): string | undefined {
  const isGiven = zeek?.backend === undefined || zeek.backend.length > 0;
  const isNone = zeek?.backend === "none" || !isGiven;
  if (cluster === undefined || !isNone || defaultBackend(version).length === 0) return undefined;
  return "no cluster backend is loaded before its scripts: unless one of them does, it ends at once";
}

/** What the layout has nodes listen on, and the hub of ZeroMQ where nothing is known to move it. */
export function layoutListeners(nodes: readonly NodeConfig[], version: Version): Listener[] {
  return nodes.flatMap(({ name, cluster = {}, zeek }) => {
    const own = Object.hasOwn(cluster, name) ? cluster[name] : undefined;
    if (own === undefined || zeek === undefined || zeek.layout !== undefined) return [];
    const kind = backendKind(zeek.backend, version);
    return [...clusterListeners(name, own, cluster, kind), ...metricsListener(name, own)];
  });
}

/** Where ZeroMQ's central proxy listens unless a script says otherwise. */
export function defaultHub(nodes: readonly NodeConfig[], version: Version): Listener[] {
  const hub = nodes.find(({ name, cluster, zeek }) => {
    const isManager = cluster?.[name]?.role === "MANAGER";
    return isManager && backendKind(zeek?.backend, version) === "zeromq";
  });
  if (hub === undefined) return [];
  return [5555, 5556].map((port) => ({
    node: hub.name,
    port,
    what: "ZeroMQ",
    hosts: ["127.0.0.1"],
    isUncertain: true,
  }));
}

function clusterListeners(
  node: string,
  { role, host, port }: ClusterEndpoint,
  cluster: Readonly<Record<string, ClusterEndpoint>>,
  kind: BackendKind,
): Listener[] {
  if (port === 0) return [];
  if (kind === "broker") return [{ node, port, what: "its peers" }];
  const hasLogger = Object.values(cluster).some((one) => one.role === "LOGGER");
  const takesLogs = role === "LOGGER" || (role === "MANAGER" && !hasLogger);
  return kind === "zeromq" && takesLogs ? [{ node, port, what: "logs", hosts: [host] }] : [];
}

function metricsListener(node: string, { host, metricsPort = 0 }: ClusterEndpoint): Listener[] {
  if (metricsPort === 0) return [];
  return [{ node, port: metricsPort, what: "metrics", hosts: [host, "127.0.0.1"] }];
}
