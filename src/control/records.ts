/**
 * Zeek's records (`Supervisor::NodeConfig`, `ClusterEndpoint`, `NodeStatus`, `Status`, as of Zeek 7
 * and later) and ours. What Zeek has no field for travels as JSON in one more element, which Zeek
 * does not look at.
 */
import { isVector } from "../broker/order.ts";
import {
  address,
  type Entry,
  enumValue,
  integer,
  port,
  table,
  type Value,
} from "../broker/values.ts";
import type { ClusterEndpoint, NodeConfig, Role } from "../core/config.ts";
import type { NodeStatus, Status } from "../core/status.ts";

/** 12 fields of Zeek's, and a 13th if there is something that Zeek does not know. */
export function configValue(config: NodeConfig): Value {
  const { name, interface: device, pcapFile, directory, stdoutFile, stderrFile, ...rest } = config;
  const { bareMode, addlBaseScripts, addlUserScripts, env, cpuAffinity, cluster, ...own } = rest;
  const fields: Value[] = [
    name,
    device ?? null,
    pcapFile ?? null,
    directory ?? null,
    stdoutFile ?? null,
    stderrFile ?? null,
    bareMode ?? null,
    addlBaseScripts ?? [],
    addlUserScripts ?? [],
    table(Object.entries(env ?? {})),
    cpuAffinity === undefined ? null : integer(cpuAffinity),
    table(Object.entries(cluster ?? {}).map(([key, one]): Entry => [key, endpointValue(one)])),
  ];
  return withExtra(fields, own);
}

/**
 * What a record says a node is; what came in the extra element has yet to be checked.
 * Undefined if it is no such record.
 */
export function configOf(value: Value | undefined): NodeConfig | undefined {
  if (!isVector(value) || value.length < 12) return undefined;
  const [name, device, pcap, directory, stdout, stderr, bare, base, user, env, cpu, cluster] =
    value;
  const config: Record<string, unknown> = { ...extraOf(value[12]), name };
  const fields: Fields = {
    interface: optional(device, asString),
    pcapFile: optional(pcap, asString),
    directory: optional(directory, asString),
    stdoutFile: optional(stdout, asString),
    stderrFile: optional(stderr, asString),
    bareMode: optional(bare, asBoolean),
    addlBaseScripts: filled(asStrings(base)),
    addlUserScripts: filled(asStrings(user)),
    env: filled(asDictionary(env, asString)),
    cpuAffinity: optional(cpu, asInteger),
    cluster: filled(asDictionary(cluster, endpointOf)),
  };
  if (typeof name !== "string") return undefined;
  for (const [field, found] of Object.entries(fields)) {
    if (found === undefined) return undefined;
    if (found !== ABSENT) config[field] = found;
  }
  return config as unknown as NodeConfig;
}

/** 2 fields of Zeek's, and our own: state, starts, times. */
export function statusValue({ node, pid, ...own }: NodeStatus): Value {
  return withExtra([configValue(node), pid === undefined ? null : integer(pid)], own);
}

/** Of a Zeek's node only its configuration and pid are known. */
export function nodeStatusOf(value: Value | undefined): NodeStatus | undefined {
  if (!isVector(value) || value.length < 2) return undefined;
  const node = configOf(value[0]);
  const pid = optional(value[1], asInteger);
  if (node === undefined || pid === undefined) return undefined;
  const state = pid === ABSENT ? "pending" : "running";
  return {
    state,
    generation: 0,
    since: 0,
    ...extraOf(value[2]),
    node,
    ...(pid === ABSENT ? {} : { pid }),
  };
}

export function statusesValue({ nodes }: Status): Value {
  return [table(Object.entries(nodes).map(([name, one]): Entry => [name, statusValue(one)]))];
}

export function statusesOf(value: Value | undefined): Status | undefined {
  if (!isVector(value)) return undefined;
  const nodes = asDictionary(value[0], nodeStatusOf);
  return nodes === undefined ? undefined : { nodes };
}

function endpointValue(endpoint: ClusterEndpoint): Value {
  const { role, host, port: number, interface: device, pcapFile, metricsPort, ...own } = endpoint;
  const known = addressOf(host);
  const fields: Value[] = [
    enumValue(`Supervisor::${role}`),
    address(known ?? "0.0.0.0"),
    portValue(number),
    device ?? null,
    pcapFile ?? null,
    metricsPort === undefined ? null : portValue(metricsPort),
  ];
  return withExtra(fields, known === host ? own : { ...own, host });
}

function endpointOf(value: Value): ClusterEndpoint | undefined {
  if (!isVector(value) || value.length < 6) return undefined;
  const [role, host, p, device, pcap, metrics] = value;
  const name = roleOf(role);
  const listensOn = asPort(p);
  const fields: Fields = {
    interface: optional(device, asString),
    pcapFile: optional(pcap, asString),
    metricsPort: optional(metrics, asPort),
  };
  if (name === undefined || listensOn === undefined || !isTyped(host, "address")) return undefined;
  const endpoint: Record<string, unknown> = {
    host: host.address,
    ...extraOf(value[6]),
    role: name,
    port: listensOn,
  };
  for (const [field, found] of Object.entries(fields)) {
    if (found === undefined) return undefined;
    if (found !== ABSENT) endpoint[field] = found;
  }
  return endpoint as unknown as ClusterEndpoint;
}

/** Zeek's word for a port that is none is `0/unknown`. */
function portValue(number: number): Value {
  return number === 0 ? port(0, "?") : port(number);
}

/** Zeek's record has an address; a layout of ours may have a name. */
function addressOf(host: string): string | undefined {
  if (host === "localhost") return "127.0.0.1";
  try {
    return address(host).address;
  } catch {
    return undefined;
  }
}

function withExtra(fields: Value[], own: object): Value {
  return Object.keys(own).length === 0 ? fields : [...fields, JSON.stringify(own)];
}

function extraOf(value: Value | undefined): object {
  if (typeof value !== "string") return {};
  try {
    const extra: unknown = JSON.parse(value);
    return typeof extra === "object" && extra !== null && !Array.isArray(extra) ? extra : {};
  } catch {
    return {};
  }
}

/** A field that is not set. Undefined is one that is wrong. */
const ABSENT = Symbol("absent");
type Fields = Record<string, unknown>;

function optional<Result>(
  value: Value | undefined,
  as: (value: Value) => Result | undefined,
): Result | typeof ABSENT | undefined {
  if (value === null) return ABSENT;
  return value === undefined ? undefined : as(value);
}

/** Empty containers are what Zeek has for a field that was not set. */
function filled<Container extends object>(
  found: Container | undefined,
): Container | typeof ABSENT | undefined {
  return found !== undefined && Object.keys(found).length === 0 ? ABSENT : found;
}

const asString = (value: Value) => (typeof value === "string" ? value : undefined);
const asBoolean = (value: Value) => (typeof value === "boolean" ? value : undefined);
const asPort = (value: Value | undefined) => (isTyped(value, "port") ? value.port : undefined);

/** Not one that JavaScript would change on the way. */
function asInteger(value: Value): number | undefined {
  if (!isTyped(value, "integer")) return undefined;
  const number = Number(value.value);
  return Number.isSafeInteger(number) ? number : undefined;
}

function asStrings(value: Value | undefined): string[] | undefined {
  if (!isVector(value)) return undefined;
  const strings = value.filter((one) => typeof one === "string");
  return strings.length === value.length ? strings : undefined;
}

function asDictionary<Result>(
  value: Value | undefined,
  as: (value: Value) => Result | undefined,
): Record<string, Result> | undefined {
  if (!isTyped(value, "table")) return undefined;
  const entries: [string, Result][] = [];
  for (const [key, one] of value.entries) {
    const result = as(one);
    if (typeof key !== "string" || result === undefined) return undefined;
    entries.push([key, result]);
  }
  // Not by assignment: a key may well be "__proto__".
  return Object.fromEntries(entries);
}

function roleOf(value: Value | undefined): Role | undefined {
  if (!isTyped(value, "enum")) return undefined;
  return ROLES.find((role) => value.name === `Supervisor::${role}`);
}

const ROLES: readonly Role[] = ["NONE", "LOGGER", "MANAGER", "PROXY", "WORKER"];

function isTyped<Type extends string>(
  value: Value | undefined,
  type: Type,
): value is Extract<Value, { type: Type }> {
  return (
    typeof value === "object" &&
    value !== null &&
    !isVector(value) &&
    (value.type as string) === type
  );
}
