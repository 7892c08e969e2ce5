/** A node's configuration as Zeek's own Stem is told of it. */
import type { ClusterEndpoint, NodeConfig } from "../core/config.ts";
import { hostAddress } from "./address.ts";
import { layoutEntries } from "./layout.ts";
import { absoluteScript } from "./paths.ts";

export interface NodePlaces {
  /** Where it works: an absolute path. Output files are opened from there. */
  directory: string;
  /** Instead of the Stem's own way of passing on output, which loses lines. */
  stdoutFile?: string;
  stderrFile?: string;
  /** What relative names are relative to: an absolute path. */
  base: string;
}

/**
 * One line of JSON: Zeek's `NodeConfig`. The four containers are always there, since Zeek's Stem
 * crashes without one; anything else only if it is set.
 */
export function nodeJson(config: NodeConfig, places: NodePlaces): string {
  const scripts = (names: readonly string[] | undefined) =>
    (names ?? []).map((name) => absoluteScript(name, places.base));
  return JSON.stringify({
    name: config.name,
    interface: config.interface,
    pcap_file: config.pcapFile,
    directory: places.directory,
    stdout_file: places.stdoutFile,
    stderr_file: places.stderrFile,
    bare_mode: config.bareMode,
    cpu_affinity: config.cpuAffinity,
    addl_base_scripts: scripts(config.addlBaseScripts),
    addl_user_scripts: scripts(config.addlUserScripts),
    env: environmentOf(config),
    cluster: clusterOf(config),
  });
}

/** Without ZEEKPATH: it would replace the one that the node inherits, where generated scripts are. */
function environmentOf({ env = {} }: NodeConfig): Record<string, string> {
  const { ZEEKPATH: _, ...others } = env;
  return others;
}

/** A layout of the user's own is loaded only where this table is empty. */
function clusterOf({ cluster = {}, zeek }: NodeConfig): Record<string, unknown> {
  if (zeek?.layout !== undefined) return {};
  // Zeek's scripts give a node without a role that of the node before it.
  const entries = layoutEntries(cluster).map(([name, endpoint]) => [name, endpointOf(endpoint)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function endpointOf({ role, host, port, metricsPort = 0, ...more }: ClusterEndpoint): unknown {
  return {
    role: `Supervisor::${role}`,
    host: hostAddress(host)?.address,
    p: port === 0 ? { port: 0, proto: "unknown" } : { port, proto: "tcp" },
    interface: more.interface,
    pcap_file: more.pcapFile,
    metrics_port: metricsPort === 0 ? undefined : { port: metricsPort, proto: "tcp" },
  };
}
