/** What a node is: the configuration that a user writes, and the policies that follow from it. */

import { type HealthCheck, healthProblem } from "./health.ts";
import { type Amount, limitsProblem, type Resource, type ResourceLimit } from "./limits.ts";
import { outputProblem } from "./output-file.ts";
import { portTarget } from "./port-target.ts";

export type Role = "NONE" | "LOGGER" | "MANAGER" | "PROXY" | "WORKER";

/** One entry of a cluster's layout (Zeek's `Supervisor::ClusterEndpoint`). */
export interface ClusterEndpoint {
  role: Role;
  host: string;
  /** 0: does not listen. */
  port: number;
  interface?: string;
  pcapFile?: string;
  metricsPort?: number;
}

/** When and how fast a node that died comes back. Times in milliseconds. */
export interface RevivalPolicy {
  when: "always" | "failure" | "never";
  /** Revivals in a row before Coppice gives up; unset: never gives up. */
  limit?: number;
  delay: number;
  attemptsPerDelay: number;
  factor: number;
  /** A node that lived this long starts afresh. */
  resetAfter: number;
  maxDelay?: number;
}

/** How a node is told to end. Times in milliseconds. */
export interface StopPolicy {
  signal: NodeJS.Signals;
  interval: number;
  /** How often `signal` is sent before SIGKILL. */
  attempts: number;
}

/**
 * When a node that was started counts as ready: at once ("started"), when its scripts' `init` handlers
 * are done ("init", of script nodes alone), or when something can be seen from outside.
 */
export type Ready = "started" | "init" | ReadySign;

/** Exactly one sign. A node that is not ready `timeout` ms after its start counts as failed. */
export type ReadySign = (
  | { fd: number }
  | { port: number | string; host?: string }
  /** A regular expression, or its source and flags. */
  | { line: string | RegExp; flags?: string }
  | { file: string }
  | { command: string[] }
) & { timeout?: number };

/** A node that is a Zeek: how its command line is made beyond what other fields say. */
export interface ZeekConfig {
  /** Default: `zeek`, on the search path. */
  executable?: string;
  /** Options, and what else the command line shall have: assignments, plugins, `-e CODE`. */
  args?: string[];
  /** As Zeek finds them: files, or names along ZEEKPATH. Loaded after `addlBaseScripts`. */
  scripts?: string[];
  /** Whether it is started through Zeek's own Stem. Default: where the installed Zeek allows it. */
  supervised?: boolean;
  /** What is loaded first: the cluster's backend by name, or as operands. Default: as the version needs. */
  backend?: "zeromq" | "broker" | "none" | string[];
  /** The script that has logs rotated into `logQueue`; `false`: none. Default: one of Coppice's own. */
  logScript?: string | false;
  /** Where rotated logs go, relative to the node's directory. Default: `../log-queue`. */
  logQueue?: string;
  /** Directories in which scripts are looked for before Zeek's own. */
  path?: string[];
  /** A layout to use instead of one made from `cluster`: a file. */
  layout?: string;
  /** Further scripts that are written beside the layout, by name: found first along ZEEKPATH. */
  files?: Record<string, string>;
  /** A command that executes it in its own place: `["nice", "-n", "5"]`. */
  wrapper?: string[];
}

/** A file for both streams of a node that is rotated, and so never holds more than it is to. */
export interface OutputConfig {
  /** Relative to the node's directory. */
  file: string;
  /** Bytes, or "500K", "10M", "2G" in powers of 1024. Default: 10M. */
  maxSize?: number | string;
  /** How many old ones are kept, as FILE.1, the newest, to FILE.N. Default: 5. */
  keep?: number;
  /** Whether these are compressed: FILE.1.gz. Default: false. */
  compress?: boolean;
}

/** Everything about one node (Zeek's `Supervisor::NodeConfig`, and Coppice's own). */
export interface NodeConfig {
  name: string;
  interface?: string;
  pcapFile?: string;
  directory?: string;
  stdoutFile?: string;
  stderrFile?: string;
  truncateOutput?: boolean;
  /** Instead of `stdoutFile` and `stderrFile`. */
  output?: OutputConfig;
  bareMode?: boolean;
  addlBaseScripts?: string[];
  addlUserScripts?: string[];
  env?: Record<string, string>;
  cpuAffinity?: number;
  /** Who it runs as: a name or a number. Needs root, unless that is who the Supervisor runs as. */
  user?: string | number;
  /** Default: the user's own. Without a user, the group alone is another. */
  group?: string | number;
  /** Octal as a text ("027"); a number is the mask itself. */
  umask?: string | number;
  /** From -20 to 19. */
  nice?: number;
  /** Resource limits, by prlimit's names. */
  limits?: { [Name in Resource]?: ResourceLimit };
  /** Memory of all its processes together, in bytes or as "512M"; beyond it the kernel ends the node. */
  memoryMax?: Amount;
  /** CPUs that all its processes together may use: 1.5. */
  cpuMax?: number;
  /** Processes and threads that it may have at once. */
  tasksMax?: number;
  cluster?: Record<string, ClusterEndpoint>;
  command?: string[];
  /** The nodes that must be ready before this one starts. Unset: as its role in `cluster` says. */
  after?: string[];
  /** How long one of those may have failed before this node starts without it (ms). Default 30,000. */
  afterTimeout?: number;
  /** Default: "init" for a script node, Zeek's own word for a Zeek, "started" for any other program. */
  ready?: Ready;
  /** How it is checked from when it is ready on. Unset: not at all. */
  health?: HealthCheck;
  /** Run a Zeek instead of the scripts. */
  zeek?: ZeekConfig;
  revival?: Partial<RevivalPolicy>;
  stop?: Partial<StopPolicy>;
}

/** A node's policies with every default filled in. */
export interface Policy {
  revival: RevivalPolicy;
  stop: StopPolicy;
}

/** Zeek's constants (`Stem::Revive`, `Stem::KillNode`), and so Coppice's defaults. */
export const DEFAULT_POLICY: Policy = {
  revival: { when: "always", delay: 1_000, attemptsPerDelay: 3, factor: 2, resetAfter: 30_000 },
  stop: { signal: "SIGTERM", interval: 2_000, attempts: 13 },
};

export function policyOf(config: NodeConfig): Policy {
  return {
    revival: { ...DEFAULT_POLICY.revival, ...config.revival },
    stop: { ...DEFAULT_POLICY.stop, ...config.stop },
  };
}

/**
 * Says what is wrong with a node's name, in Zeek's words where Zeek objects too.
 * Names become names of files, hence Coppice's further rules.
 */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "node names must not be an empty string";
  if (name.includes(" ")) return `node names must not contain spaces: '${name}'`;
  if (name.includes("/")) return `node names must not contain '/': '${name}'`;
  if (hasControlCharacter(name)) {
    return `node names must not contain control characters: ${JSON.stringify(name)}`;
  }
  if (name === "." || name === "..") return `node names must not contain only dots: '${name}'`;
  if (utf8Length(name) > MAX_NAME_BYTES) {
    return `node names must not contain more than ${MAX_NAME_BYTES} bytes: '${name}'`;
  }
  return undefined;
}

/** Says what is wrong between a configuration's fields. */
export function configProblem(config: NodeConfig): string | undefined {
  if (config.interface !== undefined && config.pcapFile !== undefined) {
    return `node with name '${config.name}' has interface and pcap_file set`;
  }
  if (config.command !== undefined && config.zeek !== undefined) {
    return `node '${config.name}' has command and zeek set: it is one program`;
  }
  const limits = limitsProblem(config.limits);
  if (limits !== undefined) return `node '${config.name}': ${limits}`;
  return outputProblem(config) ?? readyProblem(config) ?? healthProblem(config);
}

function readyProblem({ name, ready, ...config }: NodeConfig): string | undefined {
  if (ready === undefined || ready === "started") return undefined;
  if (ready === "init") {
    const isScript = config.command === undefined && config.zeek === undefined;
    return isScript
      ? undefined
      : `node '${name}': only a node that runs scripts is ready by 'init'`;
  }
  if ("port" in ready && portTarget(ready.port, ready.host) === undefined) {
    return `node '${name}': ready.port is a port, HOST:PORT or a Unix socket's path, not '${ready.port}'`;
  }
  if ("line" in ready && config.stdoutFile !== undefined && config.stderrFile !== undefined) {
    return `node '${name}': ready.line is looked for in its output, all of which goes to files`;
  }
  if ("fd" in ready && config.zeek !== undefined) {
    return `node '${name}': a Zeek says on no descriptor that it is ready`;
  }
  return undefined;
}

/** Room for a suffix under the 255 bytes that Linux allows a file's name. */
export const MAX_NAME_BYTES = 200;

function hasControlCharacter(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
