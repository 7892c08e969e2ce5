/** The processes that a file asks for, and the ports they get (Zeek's cluster layout). */
import type { ClusterEndpoint, Role } from "../../core/config.ts";
import type { InterfaceSettings, Settings } from "./settings.ts";

/** A Zeek of the cluster. */
export interface Process {
  name: string;
  /** The last part of its directory: the name, without a prefix. */
  place: string;
  role: Role;
  /** Of a worker. */
  worker?: Worker;
}

export interface Worker {
  of: InterfaceSettings;
  /** From 1, among the workers of its interface. */
  index: number;
  /** From 1, among all workers here. */
  hostIndex: number;
}

/** In the order in which zeek-cluster-layout-generator counts ports up. */
export function processesOf({ zeek, interfaces }: Settings): Process[] {
  const prefix = zeek.cluster_node_prefix.value;
  const others = [
    ...numbered("logger", "LOGGER", zeek.loggers.value),
    ...numbered("proxy", "PROXY", zeek.proxies.value),
    ...workersOf(interfaces),
  ];
  return [
    ...(zeek.manager.value
      ? [{ name: "manager", place: "manager", role: "MANAGER" as const }]
      : []),
    ...others.map((process) => ({
      ...process,
      name: prefix === undefined ? process.place : `${prefix}-${process.place}`,
    })),
  ];
}

/** Workers listen to nobody; every node has a port for its metrics, unless there are none. */
export function clusterTable(
  processes: readonly Process[],
  { zeek }: Settings,
): Record<string, ClusterEndpoint> {
  const table: Record<string, ClusterEndpoint> = {};
  let port = zeek.port.value;
  let metricsPort = zeek.metrics_port.value;
  for (const { name, role } of processes) {
    table[name] = {
      role,
      host: zeek.address.value,
      port: role === "WORKER" ? 0 : port++,
      ...(metricsPort === 0 ? {} : { metricsPort: metricsPort++ }),
    };
  }
  return table;
}

type Unnamed = Omit<Process, "name">;

function numbered(name: string, role: Role, count: number): Unnamed[] {
  return Array.from({ length: count }, (_, index) => ({ place: `${name}-${index + 1}`, role }));
}

function workersOf(interfaces: readonly InterfaceSettings[]): Unnamed[] {
  const found: Unnamed[] = [];
  for (const of of interfaces) {
    const stem = of.name === "" ? "worker" : `worker-${of.name}`;
    for (let index = 1; index <= (of.workers.value ?? 0); index++) {
      const worker = { of, index, hostIndex: found.length + 1 };
      found.push({ place: `${stem}-${index}`, role: "WORKER", worker });
    }
  }
  return found;
}
