/** ZeekControl's configuration files as a plan: node.cfg, zeekctl.cfg and networks.cfg. */
import {
  type Installation,
  type Planned,
  type Problem,
  problemText,
  type Source,
} from "../plan.ts";
import { archiverOf } from "./archiver.ts";
import { expand, type Process } from "./expand.ts";
import type { Resolve } from "./hosts.ts";
import { nulProblems } from "./lines.ts";
import { settingsListeners } from "./listeners.ts";
import { type LocalNetwork, readNetworksCfg } from "./networks-cfg.ts";
import { readNodeCfg } from "./node-cfg.ts";
import { configOf } from "./node-config.ts";
import { ephemeralNotes, portProblems, settingsNotes, zoneNotes } from "./notes.ts";
import { portsOf } from "./ports.ts";
import { NETWORKS_SCRIPT, networksScript, SETTINGS_SCRIPT, settingsScript } from "./scripts.ts";
import { readSettings, type Settings } from "./settings.ts";
import { kindProblems, loggingProblems, placesOf } from "./topology.ts";

/** What is not given has ZeekControl's defaults. */
export interface NodeCfgSources {
  nodeCfg: Source;
  zeekctlCfg?: Source;
  networksCfg?: Source;
}

/**
 * Every problem that can be found is told, in the order of the files and of their lines.
 * @param resolve a host's addresses, the likeliest first
 * @param seed Zeek's `global_hash_seed`, which must outlive restarts: ZeekControl's has 8 hex digits
 */
export function planNodeCfg(
  { nodeCfg, zeekctlCfg, networksCfg }: NodeCfgSources,
  installation: Installation,
  resolve: Resolve,
  seed: string,
): Planned {
  const { file } = nodeCfg;
  const nodes = readNodeCfg(nodeCfg);
  const { settings, at, ...control } = readSettings(zeekctlCfg, file, installation);
  const local = readNetworksCfg(networksCfg ?? { file: "networks.cfg", text: "" });
  const places = placesOf(file, nodes.sections, installation, resolve);
  const { processes, ...expanded } = expand(file, nodes.sections, settings);
  // Of a node that could not be read it is not known what it is: it may be the missing proxy.
  const isWhole = nodes.problems.length === 0;
  const kinds = isWhole ? kindProblems(file, nodes.sections) : [];
  const logging = isWhole
    ? loggingProblems(file, nodes.sections, places.addresses, settings.backend)
    : [];
  const hostOf = ({ section }: Process) => places.addresses.get(section) ?? "";
  const ports = portsOf(processes, hostOf, settings);
  const problems = [
    ...inLines(
      nulProblems(nodeCfg),
      nodes.problems,
      places.problems,
      expanded.problems,
      kinds,
      logging,
    ),
    ...inLines(nulProblems(zeekctlCfg), control.problems, portProblems(ports, at)),
    ...inLines(nulProblems(networksCfg), local.problems),
  ];
  if (problems.length > 0) return { problems };

  const files = {
    ...networksFile(local.networks),
    [`${SETTINGS_SCRIPT}.zeek`]: settingsScript(processes, settings, ports, hostOf, seed),
  };
  const notes = [
    ...inLines(nodes.notes, expanded.notes, zoneNotes(file, nodes.sections)),
    ...inLines(control.notes, ephemeralNotes(ports, at), settingsNotes(settings, at)),
  ];
  return {
    plan: {
      nodes: [
        ...processes.map((process) => configOf(process, settings, ports.layout, files)),
        ...archiverOf(settings),
      ],
      notes: notes.map(problemText),
      directories: directoriesOf(settings),
      listeners: settingsListeners(processes, settings, ports, hostOf),
    },
  };
}

function networksFile(networks: readonly LocalNetwork[]): Record<string, string> {
  return networks.length === 0 ? {} : { [`${NETWORKS_SCRIPT}.zeek`]: networksScript(networks) };
}

/** Nodes' own directories are made with the nodes. */
function directoriesOf(settings: Settings): string[] {
  const { spoolDir, logQueue, logDir, storeDir, brokerDbDir, fileExtractDir } = settings;
  const all = [spoolDir, logQueue, logDir, storeDir, brokerDbDir, fileExtractDir];
  return all.filter((directory) => directory !== "");
}

/** What is about a file as a whole comes first. A value of several lines is quoted in one. */
function inLines(...lists: Problem[][]): Problem[] {
  const all = lists.flat().map((one) => ({ ...one, text: one.text.replace(/\n+/g, " ") }));
  return all.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}
