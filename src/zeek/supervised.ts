/** Whether a node is started through Zeek's own Stem. */
import type { NodeConfig } from "../core/config.ts";
import { hostAddress } from "./address.ts";
import { optionName } from "./option-table.ts";
import { splitArguments } from "./options.ts";
import { allowsStem, type Version } from "./version.ts";

/** As the node says; else where the version allows it and nothing of its configuration would be lost. */
export function isSupervised(config: NodeConfig, version: Version): boolean {
  return config.zeek?.supervised ?? (allowsStem(version) && stemProblem(config) === undefined);
}

/** Says what of a configuration would not reach a node that Zeek's own Stem forks. */
export function stemProblem({ zeek, cluster = {}, user, group }: NodeConfig): string | undefined {
  if ((user ?? group) !== undefined)
    return "another user or group does not reach a supervised Zeek: set 'zeek.supervised' to false";
  const args = splitArguments(zeek?.args ?? []);
  const lost = "problem" in args ? undefined : args.options.find(({ option }) => !option.kept);
  if (lost !== undefined)
    return `option ${optionName(lost.option)} does not reach a supervised Zeek: set 'zeek.supervised' to false`;
  if (zeek?.layout !== undefined) return undefined;
  for (const [name, { host }] of Object.entries(cluster)) {
    if (hostAddress(host)?.zone !== undefined)
      return `the zone of host '${host}' of '${name}' does not reach a supervised Zeek: set 'zeek.supervised' to false`;
  }
  return undefined;
}
