/** What a node's program is executed through: each replaces itself by the next, so the pid stays. */
import type { NodeConfig } from "../core/config.ts";
import { type Identity, identityArguments } from "../core/identity.ts";
import { allowedCpus, type LaunchTools } from "../os/tools.ts";

/** What a process is confined by, as far as it is. */
export interface Means {
  /** The directory of its control group. */
  cgroup?: string;
  /** Whether it is limited there, and so must not run outside. */
  mustEnter?: boolean;
  /** Octal digits. */
  umask?: string;
  /** Command lines that execute what is put after them. */
  nice?: readonly string[];
  limits?: readonly string[];
  /** Somebody else than we are. */
  identity?: Identity;
}

/** Files that the process opens itself, as whoever it is by then. */
export interface OwnFiles {
  stdout?: string;
  stderr?: string;
  /** They are emptied first. */
  truncate: boolean;
}

/** What has the kernel end a process with its parent, and what makes it somebody else. */
export function orphanPrefix({ setpriv }: LaunchTools, identity?: Identity): string[] {
  if (setpriv === undefined) return [];
  // In one call: a change of identity makes the kernel forget the signal.
  const other = identity === undefined ? [] : identityArguments(identity);
  return [setpriv, ...other, "--pdeathsig", "TERM", "--"];
}

/**
 * All of it, in the one order in which it works: what takes root's rights first, then the identity.
 * @param say told, in Zeek's words, if there is no such CPU: the node then runs on any
 */
export function launchPrefix(
  config: NodeConfig,
  tools: LaunchTools,
  say: (text: string) => void,
  means: Means = {},
  files?: OwnFiles,
): string[] {
  return [
    ...confinedPrefix(config, means),
    ...cpuPrefix(config, tools, say),
    ...orphanPrefix(tools, means.identity),
    ...filesPrefix(config, files),
  ];
}

/** What comes before the CPU and the identity. */
export function confinedPrefix({ name }: NodeConfig, means: Means): string[] {
  const { cgroup, mustEnter, umask, nice = [], limits = [] } = means;
  const enter = mustEnter === true ? `${ENTER} || ${FAIL}` : `${ENTER} || :`;
  const script = [
    ...(cgroup === undefined ? [] : [enter, "shift"]),
    ...(umask === undefined ? [] : [`umask ${umask}`]),
  ];
  const shell =
    script.length === 0
      ? []
      : [...shellOf(name, script), ...(cgroup === undefined ? [] : [cgroup])];
  return [...shell, ...nice, ...limits];
}

function cpuPrefix(
  { cpuAffinity, name }: NodeConfig,
  { taskset }: LaunchTools,
  say: (text: string) => void,
): string[] {
  if (cpuAffinity === undefined || taskset === undefined) return [];
  if (allowedCpus()?.has(cpuAffinity) === false) {
    say(`node '${name}' failed to set CPU affinity: Invalid argument`);
    return [];
  }
  return [taskset, "--cpu-list", String(cpuAffinity)];
}

/** Opened with the rights of the process's own user: what that may not write we must not write for it. */
function filesPrefix({ name }: NodeConfig, files: OwnFiles | undefined): string[] {
  const { stdout, stderr, truncate = false } = files ?? {};
  if (stdout === undefined && stderr === undefined) return [];
  const mode = truncate ? ">" : ">>";
  const asked = [...(stderr === undefined ? [] : ["$1"]), ...(stdout === undefined ? [] : ["$2"])];
  const script = [
    "mask=$(umask)",
    "umask 077",
    // The shell says itself what it cannot create, while its stderr still is ours.
    ...asked.map((file) => `true ${mode}"${file}" || exit 126`),
    ...(stderr === undefined ? [] : ['exec 2>>"$1"']),
    ...(stdout === undefined ? [] : ['exec >>"$2"']),
    "umask $mask",
    "shift 2",
  ];
  return [...shellOf(name, script), stderr ?? "", stdout ?? ""];
}

/** @param script lines; what is left of its arguments is then executed in its place */
function shellOf(name: string, script: readonly string[]): string[] {
  return [SHELL, "-c", [...script, 'exec "$@"'].join("\n"), `node '${name}'`];
}

const SHELL = "/bin/sh";
const ENTER = '{ echo 0 >"$1/cgroup.procs"; } 2>/dev/null';
const FAIL = '{ echo "$0 failed to enter its control group $1" >&2; exit 126; }';
