/** The script that has rotated logs moved into a queue instead of given to a command. */

/** The name of its file, beside the layout. */
export const LOG_SCRIPT_FILE = "coppice-log-queue.zeek";

/**
 * Loaded by all nodes of a cluster, executed or supervised: who writes logs is decided in the script,
 * so that it is the same for all. Names in the queue are those that `zeek-archiver` understands.
 * With leftover rotation, logs of a crash are moved at the next start, and not truncated.
 * @param queue relative to the node's directory, and on its file system, since logs are renamed
 */
export function logScript(queue: string): string {
  return `@load base/frameworks/cluster

redef Log::default_rotation_postprocessor_cmd = "";

@if ( Cluster::local_node_type() == Cluster::LOGGER
      || ( Cluster::manager_is_logger && Cluster::local_node_type() == Cluster::MANAGER ) )
redef Log::default_rotation_dir = ${zeekString(queue)};
redef Log::rotation_format_func = archiver_rotation_format_func;
redef LogAscii::enable_leftover_log_rotation = T;
@endif
`;
}

/** A string literal of Zeek's language. */
export function zeekString(text: string): string {
  let literal = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === "\\") literal += `\\${character}`;
    else if (code < 0x20 || code === 0x7f) literal += `\\x${code.toString(16).padStart(2, "0")}`;
    else literal += character;
  }
  return `"${literal}"`;
}
