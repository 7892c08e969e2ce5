/** The tools through which a node's program is executed: each replaces itself by the next. */
import type { NodeConfig } from "../core/config.ts";
import { allowedCpus, type LaunchTools } from "../os/tools.ts";

/** What has the kernel end a process with its parent. */
export function orphanPrefix({ setpriv }: LaunchTools): string[] {
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "TERM", "--"];
}

/**
 * The same, pinned to the CPU of the node's configuration.
 * @param say told, in Zeek's words, if there is no such CPU: the node then runs on any
 */
export function launchPrefix(
  config: NodeConfig,
  tools: LaunchTools,
  say: (text: string) => void,
): string[] {
  const prefix = orphanPrefix(tools);
  const { cpuAffinity, name } = config;
  if (cpuAffinity === undefined || tools.taskset === undefined) return prefix;
  if (allowedCpus()?.has(cpuAffinity) === false) {
    say(`node '${name}' failed to set CPU affinity: Invalid argument`);
    return prefix;
  }
  return [...prefix, tools.taskset, "--cpu-list", String(cpuAffinity)];
}
