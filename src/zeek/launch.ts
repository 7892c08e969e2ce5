/** How a node's Zeek is started, put together: what a start does, and what a plan shows. */
import type { NodeConfig } from "../core/config.ts";
import { type Circumstances, zeekCommand, zeekStemCommand } from "./command-line.ts";
import { zeekEnvironment } from "./environment.ts";
import { generatedScripts } from "./generated.ts";
import { LOG_SCRIPT_FILE } from "./log-script.ts";
import { isSupervised } from "./supervised.ts";

export interface LaunchPlaces extends Omit<Circumstances, "logScript"> {
  zeekPath: readonly string[];
  inherited: Readonly<Record<string, string | undefined>>;
  /** Where its generated scripts are: absolute. */
  generated: string;
  /** The text of the layout that the node's `zeek.layout` names. */
  layout?: string;
}

export interface Launch {
  command: string[];
  env: Record<string, string>;
  /** By Zeek's own Stem, which forks the node. */
  isSupervised: boolean;
  scripts: Map<string, string>;
}

export function zeekLaunch(config: NodeConfig, places: LaunchPlaces): Launch {
  const given = circumstancesOf(places);
  const supervised = isSupervised(config, places.version);
  return {
    command: supervised ? zeekStemCommand(config, given) : zeekCommand(config, given),
    env: zeekEnvironment(config, places),
    isSupervised: supervised,
    scripts: generatedScripts(config, places.layout),
  };
}

/**
 * A Zeek that only parses the node's scripts, and reads no packets. ZeekControl's variables keep it
 * from joining the cluster and from opening its port for metrics.
 */
export function parseLaunch(
  config: NodeConfig,
  places: LaunchPlaces,
): Omit<Launch, "isSupervised"> {
  const { interface: _interface, pcapFile: _pcapFile, ...rest } = config;
  const { wrapper: _wrapper, ...zeek } = config.zeek ?? {};
  const [program = "", ...words] = zeekCommand({ ...rest, zeek }, circumstancesOf(places));
  const env = zeekEnvironment(config, places);
  return {
    command: [program, "-a", ...words],
    env: { ...env, ZEEKCTL_CHECK_CONFIG: "1", ZEEKCTL_DISABLE_LISTEN: "1" },
    scripts: generatedScripts(config, places.layout),
  };
}

function circumstancesOf(places: LaunchPlaces): Circumstances {
  return { ...places, logScript: `${places.generated}/${LOG_SCRIPT_FILE}` };
}
