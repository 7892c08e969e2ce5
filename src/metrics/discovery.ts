/**
 * Where the nodes' own metrics are, for Prometheus' HTTP service discovery. A Zeek's manager has the
 * same at the same path, as one list without labels.
 */
import type { NodeStatus } from "../core/status.ts";
import { labelsOf } from "./node-families.ts";

/** One element of what Prometheus' `http_sd_configs` reads. */
export interface TargetGroup {
  /** HOST:PORT; IPv6 in brackets. */
  targets: readonly string[];
  labels: Readonly<Record<string, string>>;
}

/** The nodes that shall run and say in their own layout where their metrics are. */
export function targetsOf(nodes: readonly NodeStatus[]): TargetGroup[] {
  return nodes.filter(isExpected).flatMap(({ node }) => {
    const { name, cluster } = node;
    const own = cluster !== undefined && Object.hasOwn(cluster, name) ? cluster[name] : undefined;
    if (own === undefined || !own.metricsPort) return [];
    const { role } = labelsOf(node);
    return [
      {
        targets: [`${hostOf(own.host)}:${own.metricsPort}`],
        labels: { node: name, ...(role !== undefined && { role }) },
      },
    ];
  });
}

/** A node that was told to stop, or is done, is not missing. One that was given up is. */
function isExpected({ state, why }: NodeStatus): boolean {
  return state !== "stopped" || why === "failed";
}

/** A zone only means something on the machine itself, but there it is needed. */
function hostOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
