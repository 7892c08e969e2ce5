/** The options of a Zeek's command line, as far as they concern a node. */

export interface ZeekOption {
  /** A letter; a few options have none. */
  short?: string;
  long: string;
  /** "optional": only attached, after "=". */
  value?: "required" | "optional";
  /** Each of several counts; of other options the last one would win unseen. */
  repeats?: true;
  /** Nodes that Zeek's own Stem forks have it too. */
  kept?: true;
  /** Why no node is given it: what its user should do, or what Zeek would do. */
  refused?: string;
}

/** As Zeek's `parse_cmdline` knows them, and its `filter_supervised_node_options` keeps them. */
export const ZEEK_OPTIONS: readonly ZeekOption[] = [
  { short: "a", long: "parse-only", refused: senseless("would only parse its scripts") },
  { short: "b", long: "bare-mode", refused: instead("bareMode") },
  { short: "c", long: "capture-unprocessed", value: "required" },
  { short: "d", long: "debug-script", refused: senseless("would wait for a debugger's commands") },
  { short: "e", long: "exec", value: "required", kept: true },
  { short: "f", long: "filter", value: "required", kept: true },
  { short: "h", long: "help", refused: senseless("would print its help and exit") },
  { short: "i", long: "iface", value: "required", refused: instead("interface") },
  { short: "j", long: "jobs", value: "optional", refused: instead("zeek.supervised") },
  { short: "p", long: "prefix", value: "required", repeats: true, kept: true },
  { short: "r", long: "readfile", value: "required", refused: instead("pcapFile") },
  { short: "s", long: "rulefile", value: "required", repeats: true, kept: true },
  { short: "t", long: "tracefile", value: "required", kept: true },
  { short: "u", long: "usage-issues", repeats: true, refused: senseless("would check and exit") },
  { short: "v", long: "version", refused: senseless("would print its version and exit") },
  { short: "w", long: "writefile", value: "required", kept: true },
  { short: "B", long: "debug", value: "required", kept: true },
  { short: "C", long: "no-checksums", kept: true },
  { short: "D", long: "deterministic", kept: true },
  { short: "E", long: "event-trace", value: "required" },
  { short: "F", long: "force-dns", kept: true },
  { short: "G", long: "load-seeds", value: "required", kept: true },
  { short: "H", long: "save-seeds", value: "required", kept: true },
  { short: "I", long: "print-id", value: "required" },
  { short: "N", long: "print-plugins", refused: senseless("would print its plugins and exit") },
  // These are of the process, and so of what it forks.
  { short: "O", long: "optimize", value: "required", repeats: true, kept: true },
  { short: "o", long: "optimize-only", value: "required", repeats: true, kept: true },
  { short: "P", long: "prime-dns", kept: true },
  { short: "Q", long: "time" },
  { short: "S", long: "debug-rules" },
  { short: "T", long: "re-level", value: "required", kept: true },
  { short: "U", long: "status-file", value: "required", refused: "is Coppice's own" },
  { short: "W", long: "watchdog", kept: true },
  {
    short: "X",
    long: "zeekygen",
    value: "required",
    refused: senseless("would write documentation"),
  },
  { long: "pseudo-realtime", value: "optional", kept: true },
  { long: "profile-scripts", value: "optional", kept: true },
  { long: "profile-script-call-stacks", kept: true },
  { long: "no-unused-warnings" },
  { long: "test", refused: senseless("would run its unit tests") },
];

/** As it is written in messages: "-f", "--pseudo-realtime". */
export function optionName({ short, long }: ZeekOption): string {
  return short === undefined ? `--${long}` : `-${short}`;
}

function instead(field: string): string {
  return `is made by Coppice: set '${field}' instead`;
}

function senseless(what: string): string {
  return `makes no sense for a node: Zeek ${what}`;
}
