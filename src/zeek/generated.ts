/** The scripts that are written for a node, which it finds first along ZEEKPATH. */
import type { NodeConfig } from "../core/config.ts";
import { clusterLayout, LAYOUT_FILE } from "./layout.ts";
import { LOG_SCRIPT_FILE } from "./log-script.ts";
import { logScriptOf } from "./node-logs.ts";

/**
 * Their texts, by name.
 * @param layout the text of the file that the node's `zeek.layout` names, where it names one
 */
export function generatedScripts(config: NodeConfig, layout?: string): Map<string, string> {
  const { cluster = {}, zeek = {} } = config;
  const files = new Map(Object.entries(zeek.files ?? {}));
  const own = layout ?? (Object.keys(cluster).length > 0 ? clusterLayout(cluster) : undefined);
  if (own !== undefined) files.set(LAYOUT_FILE, own);
  if (zeek.logScript === undefined) files.set(LOG_SCRIPT_FILE, logScriptOf(config));
  return files;
}
