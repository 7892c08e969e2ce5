/** One process of ZeekControl's as a node of Coppice's. */
import type { ClusterEndpoint, NodeConfig, StopPolicy, ZeekConfig } from "../../core/config.ts";
import type { Process } from "./expand.ts";
import { NETWORKS_SCRIPT, SETTINGS_SCRIPT } from "./scripts.ts";
import type { Settings } from "./settings.ts";

/**
 * @param layout of the whole cluster; empty for a standalone node
 * @param files the generated scripts
 */
export function configOf(
  { name, section, interface: own, cpu, env }: Process,
  settings: Settings,
  layout: Record<string, ClusterEndpoint>,
  files: Record<string, string>,
): NodeConfig {
  const isAlone = section.type === "standalone";
  const { memoryLimit } = settings;
  return {
    name,
    directory: `${settings.spoolDir}/${name}`,
    // A Zeek that finds no cluster in its configuration is a standalone one.
    ...(isAlone ? {} : { cluster: layout }),
    ...(own === "" ? {} : { interface: own }),
    ...(cpu === undefined ? {} : { cpuAffinity: cpu }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    // ZeekControl's `ulimit -v`: in kilobytes there and in bytes here.
    ...(memoryLimit === undefined ? {} : { limits: { as: memoryLimit * 1024 } }),
    stop: stopPolicy(settings.stopTimeout),
    zeek: zeekConfig(name, section, own !== "", settings, files),
  };
}

function zeekConfig(
  name: string,
  section: Process["section"],
  readsPackets: boolean,
  settings: Settings,
  files: Record<string, string>,
): ZeekConfig {
  const isAlone = section.type === "standalone";
  // Variants of scripts for a kind of node (`standalone.local.zeek`), a site and a node.
  const prefixes = [...(isAlone ? ["standalone"] : []), ...settings.prefixes, name];
  const generated = [NETWORKS_SCRIPT, SETTINGS_SCRIPT].filter((script) =>
    Object.hasOwn(files, `${script}.zeek`),
  );
  return {
    executable: settings.executable,
    args: [
      ...prefixes.flatMap((prefix) => ["-p", prefix]),
      ...(settings.saveTraces && readsPackets ? ["-w", "trace.pcap"] : []),
      ...section.assignments,
      ...settings.args,
    ],
    scripts: [...settings.scripts, ...generated, ...section.scripts],
    backend: settings.backend,
    path: settings.path,
    logQueue: settings.logQueue,
    files,
  };
}

/**
 * SIGTERM again and again, since Zeek may lose one to a SIGHUP that comes right after it, and
 * SIGKILL no sooner than `seconds` after the first.
 */
export function stopPolicy(seconds: number): Pick<StopPolicy, "interval" | "attempts"> {
  // ZeekControl gives a node one second at the least.
  const total = Math.max(seconds, 1) * 1000;
  const attempts = Math.max(1, Math.floor(total / BETWEEN_SIGNALS));
  return { interval: Math.ceil(total / attempts), attempts };
}

/** Milliseconds: the interval of Zeek's own supervisor. */
const BETWEEN_SIGNALS = 2_000;
