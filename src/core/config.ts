/** What a node is: the configuration that a user writes, and the policies that follow from it. */

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

/** Everything about one node (Zeek's `Supervisor::NodeConfig`, and Coppice's own). */
export interface NodeConfig {
  name: string;
  interface?: string;
  pcapFile?: string;
  directory?: string;
  stdoutFile?: string;
  stderrFile?: string;
  truncateOutput?: boolean;
  bareMode?: boolean;
  addlBaseScripts?: string[];
  addlUserScripts?: string[];
  env?: Record<string, string>;
  cpuAffinity?: number;
  cluster?: Record<string, ClusterEndpoint>;
  command?: string[];
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
