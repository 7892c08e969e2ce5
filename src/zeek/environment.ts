/** The environment of a Zeek: nothing in Coppice's own shall make it another one. */
import { DEFAULT_POLICY, type NodeConfig, policyOf } from "../core/config.ts";
import { isClustered } from "./layout.ts";
import { absolutePath } from "./paths.ts";

export interface EnvironmentSources {
  /** What Coppice itself was started with. */
  inherited: Readonly<Record<string, string | undefined>>;
  /** Where the layout and other generated scripts are: absolute, without ":". */
  generated: string;
  /** Zeek's own path: `zeek-config --zeekpath`, split. */
  zeekPath: readonly string[];
  /** What relative directories are relative to: an absolute path. */
  base: string;
  /** ZEEK_STEM, of Zeek's own Stem. */
  stem?: string;
}

/**
 * The node's `env` goes over what Coppice inherited, and Coppice's own over both. An inherited ZEEKPATH
 * or ZEEK_PREFIXES does not count, since what a cluster loads must not depend on the shell from which
 * it was started; set in the node's `env` they do, ZEEKPATH then in place of Zeek's own path.
 */
export function zeekEnvironment(
  config: NodeConfig,
  sources: EnvironmentSources,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(sources.inherited)) {
    if (value !== undefined && !NOT_INHERITED.has(name)) env[name] = value;
  }
  Object.assign(env, config.env, { ZEEKPATH: searchPath(config, sources).join(":") });
  if (isClustered(config)) env["CLUSTER_NODE"] = config.name;
  if (sources.stem === undefined) return env;
  env["ZEEK_STEM"] = sources.stem;
  if (outlastsStem(config) || "COPPICE_NO_SIGKILL" in sources.inherited)
    env["ZEEK_SUPERVISOR_NO_SIGKILL"] = "1";
  return env;
}

/** Zeek's own Stem kills a node after the time that is Coppice's default too: too soon for a longer stop. */
function outlastsStem(config: NodeConfig): boolean {
  const [own, stems] = [policyOf(config).stop, DEFAULT_POLICY.stop];
  return own.interval * own.attempts > stems.interval * stems.attempts;
}

/**
 * Where scripts are looked for. A relative directory would be one of the node's, where generated files
 * of the past may lie; "." of Zeek's own path is where Coppice was started, as it is for a `zeek` there.
 */
function searchPath({ env, zeek }: NodeConfig, sources: EnvironmentSources): string[] {
  const own = env?.["ZEEKPATH"]?.split(":") ?? sources.zeekPath;
  const further = [...(zeek?.path ?? []), ...own]
    .filter((directory) => directory !== "")
    .map((directory) => absolutePath(directory, sources.base))
    .filter((directory) => !directory.includes(":"));
  return [...new Set([sources.generated, ...further])];
}

/** Says why Zeek could not look for scripts in a directory. */
export function searchDirectoryProblem(directory: string): string | undefined {
  if (directory === "") return "a directory's name is empty";
  if (directory.includes(":")) return `'${directory}' contains ':', which separates directories`;
  return undefined;
}

/** What would change what a Zeek is, or what it loads. */
const NOT_INHERITED: ReadonlySet<string> = new Set([
  "CLUSTER_NODE",
  "ZEEK_STEM",
  "ZEEKPATH",
  "ZEEK_PREFIXES",
  // Has Zeek's Stem write to its stderr what it should say to its Supervisor.
  "ZEEK_DEBUG_STEM_STDERR",
  // ZeekControl's, to check a configuration: with them a node joins no cluster.
  "ZEEKCTL_CHECK_CONFIG",
  "ZEEKCTL_DISABLE_LISTEN",
  // Has getopt end the options at the first operand.
  "POSIXLY_CORRECT",
]);
