/** Who listens where: ports are counted up from ZeekPort and MetricsPort, as ZeekControl does. */
import type { ClusterEndpoint, Role } from "../../core/config.ts";
import type { Process } from "./expand.ts";
import type { NodeType } from "./node-cfg.ts";
import type { Settings } from "./settings.ts";

export interface Ports {
  /** Every node but a standalone one, in the order in which ports are given. */
  layout: Record<string, ClusterEndpoint>;
  /** The manager's central proxy for ZeroMQ. */
  xpub: number;
  xsub: number;
  /** A standalone node's own. */
  alone: { port: number; metricsPort: number };
  /** Ranges that are used up: the first and the last port. */
  ranges: { option: "ZeekPort" | "MetricsPort"; first: number; last: number }[];
}

export function portsOf(
  processes: readonly Process[],
  hostOf: (process: Process) => string,
  settings: Pick<Settings, "backend" | "zeekPort" | "metricsPort">,
): Ports {
  const { backend, zeekPort, metricsPort } = settings;
  const isZeromq = backend === "zeromq";
  const inOrder = processes
    .filter(({ section }) => section.type !== "standalone")
    .toSorted((a, b) => ORDER.indexOf(a.section.type) - ORDER.indexOf(b.section.type));
  let port = zeekPort + (isZeromq ? 2 : 0);
  const alone = { port, metricsPort };
  // ZeekControl's own entry, "control", has a port of the cluster's.
  if (inOrder.length > 0) port += 1;
  let metrics = metricsPort;
  const layout: [string, ClusterEndpoint][] = inOrder.map((process) => {
    const endpoint: ClusterEndpoint = {
      role: ROLES[process.section.type],
      host: hostOf(process),
      port,
      ...(metricsPort === 0 ? {} : { metricsPort: metrics }),
    };
    port += 1;
    metrics += 1;
    return [process.name, endpoint];
  });
  const ranges: Ports["ranges"] = [
    { option: "ZeekPort", first: zeekPort, last: inOrder.length > 0 ? port - 1 : port },
  ];
  if (metricsPort !== 0) {
    const last = Math.max(metricsPort, metrics - 1);
    ranges.push({ option: "MetricsPort", first: metricsPort, last });
  }
  return { layout: Object.fromEntries(layout), xpub: zeekPort, xsub: zeekPort + 1, alone, ranges };
}

const ORDER: readonly NodeType[] = ["manager", "logger", "proxy", "worker"];

const ROLES: Record<NodeType, Role> = {
  standalone: "NONE",
  logger: "LOGGER",
  manager: "MANAGER",
  proxy: "PROXY",
  worker: "WORKER",
};
