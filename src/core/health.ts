/** How a node's health is checked: what its configuration may say, and what that comes to. */
import type { CheckRules } from "./checking.ts";
import type { NodeConfig } from "./config.ts";
import { httpTarget } from "./http-target.ts";
import { portTarget } from "./port-target.ts";
import { readyFdOf } from "./readiness.ts";

/** Exactly one way. A node that fails `failures` checks in a row is ended, and revived as its policy says. */
export type HealthCheck = (
  | { command: string[] }
  /** A port, "PORT/path", or an `http://` URL: it answers with a status from 200 to 399. */
  | { http: number | string }
  | { port: number | string; host?: string }
  /** A node that runs scripts gives it by itself; others write something to a descriptor. */
  | { heartbeat: true | { fd: number } }
) & {
  /** Between the outcome of a check and the next check (ms). Default 10,000. */
  interval?: number;
  /** What a check may take (ms). Default 5,000. */
  timeout?: number;
  /** Default 3. */
  failures?: number;
};

export const HEALTH_DEFAULTS = { interval: 10_000, timeout: 5_000, failures: 3 } as const;

/** @param id of the node's creation, by which the checks of many nodes are spread over time */
export function checkRulesOf({ health }: NodeConfig, id: number): CheckRules | undefined {
  if (health === undefined) return undefined;
  const { interval, failures } = { ...HEALTH_DEFAULTS, ...health };
  // Multiples of the golden ratio: however many there are, no two fractions lie close together.
  const fraction = (id * 0.618_033_988_749_894_9) % 1;
  return { what: checkText(health), interval, failures, first: interval * (1 + fraction) };
}

/** What people call it: `http://127.0.0.1:80/`, `port 5432`, `pg_isready -q`, `heartbeat`. */
function checkText(health: HealthCheck): string {
  if ("command" in health) return health.command.join(" ");
  if ("heartbeat" in health) return "heartbeat";
  if ("port" in health) return `port ${health.port}`;
  const target = httpTarget(health.http);
  return target === undefined ? String(health.http) : `http://${target.authority}${target.path}`;
}

/** The descriptor that a node's process finds open for its heartbeat; undefined if it has none to give. */
export function heartbeatFdOf(config: NodeConfig): number | undefined {
  const { health } = config;
  if (health === undefined || !("heartbeat" in health)) return undefined;
  if (health.heartbeat !== true) return health.heartbeat.fd;
  return readyFdOf(config) === HEARTBEAT_FD ? HEARTBEAT_FD - 1 : HEARTBEAT_FD;
}

/** Says what is wrong with `health`, for this node. */
export function healthProblem(config: NodeConfig): string | undefined {
  const { name, health } = config;
  if (health === undefined || "command" in health) return undefined;
  if ("http" in health) return httpProblem(name, health.http);
  if ("port" in health) {
    return portTarget(health.port, health.host) === undefined
      ? `node '${name}': health.port is a port, HOST:PORT or a Unix socket's path, not '${health.port}'`
      : undefined;
  }
  if (config.zeek !== undefined) return `node '${name}': a Zeek gives no heartbeat`;
  if (health.heartbeat === true && config.command !== undefined) {
    return `node '${name}': only a node that runs scripts has a heartbeat of its own: for a program name the descriptor, { heartbeat: { fd: 4 } }`;
  }
  if (heartbeatFdOf(config) === readyFdOf(config)) {
    return `node '${name}': health.heartbeat and ready are given on one descriptor: each needs its own`;
  }
  return undefined;
}

function httpProblem(name: string, http: number | string): string | undefined {
  if (httpTarget(http) !== undefined) return undefined;
  if (/^https:/i.test(String(http)))
    return `node '${name}': health.http cannot check https: use a command, { command: ["curl", "-fsS", "${http}"] }`;
  return `node '${name}': health.http is a port, PORT/path or an http:// URL without a user, not '${http}'`;
}

/** Where a script node gives it, unless it was told to say there that it is ready. */
const HEARTBEAT_FD = 4;
