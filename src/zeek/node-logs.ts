/** The logs of a Zeek node: who writes any, and how they come into the queue. */
import type { NodeConfig } from "../core/config.ts";
import { isClustered } from "./layout.ts";
import { logScript, zeekString } from "./log-script.ts";

/** Beside the node's directory, and so one for all nodes of a cluster. */
const DEFAULT_QUEUE = "../log-queue";

/** Where a node's rotated logs go, relative to its directory; undefined if that is not decided here. */
export function logQueueOf(config: NodeConfig): string | undefined {
  const { logScript: own, logQueue = DEFAULT_QUEUE } = config.zeek ?? {};
  return own === undefined && mayRotate(config) ? logQueue : undefined;
}

/** The text of the generated script. */
export function logScriptOf(config: NodeConfig): string {
  const queue = config.zeek?.logQueue ?? DEFAULT_QUEUE;
  if (isClustered(config)) return logScript(queue);
  return config.pcapFile === undefined ? standaloneScript(queue) : TRACE_SCRIPT;
}

/** What a layout of the user's own says of a node is not known. */
function mayRotate({ name, cluster = {}, zeek, pcapFile }: NodeConfig): boolean {
  if (zeek?.layout !== undefined) return true;
  const roles = Object.values(cluster).map(({ role }) => role);
  if (roles.length === 0) return pcapFile === undefined;
  const own = Object.hasOwn(cluster, name) ? cluster[name]?.role : undefined;
  return own === "LOGGER" || (own === "MANAGER" && !roles.includes("LOGGER"));
}

/**
 * A Zeek alone writes its logs itself, and by default never rotates them: the next start would
 * truncate what a crash left. So it is treated as a logger is, with a logger's interval, and with
 * the function that only loggers have: names in the queue are those that `zeek-archiver` understands.
 */
function standaloneScript(queue: string): string {
  return `@load base/frameworks/logging

function archiver_rotation_format_func(info: Log::RotationFmtInfo): Log::RotationPath
	{
	local from = strftime(Log::default_rotation_date_format, info$open);
	local to = strftime(Log::default_rotation_date_format, info$close);
	return Log::RotationPath($file_basename=fmt("%s__%s__%s__", info$path, from, to));
	}

redef Log::default_rotation_postprocessor_cmd = "";
redef Log::default_rotation_interval = 1 hr;
redef Log::default_rotation_dir = ${zeekString(queue)};
redef Log::rotation_format_func = archiver_rotation_format_func;
redef LogAscii::enable_leftover_log_rotation = T;
`;
}

/** One that reads a trace writes the same logs again when it starts again: they stay where they are. */
const TRACE_SCRIPT = `redef Log::default_rotation_postprocessor_cmd = "";
`;
