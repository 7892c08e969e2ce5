/** What somebody who may look at the tree, but not act, gets to see: everything but values of `env`. */
import type { TreeEvent } from "../core/api.ts";
import type { NodeConfig } from "../core/config.ts";
import type { CrashRecord } from "../core/crash.ts";
import type { NodeStatus, Status } from "../core/status.ts";

const HIDDEN = "(hidden)";

export function redactStatus({ nodes }: Status): Status {
  return {
    nodes: Object.fromEntries(Object.entries(nodes).map(([name, one]) => [name, redactNode(one)])),
  };
}

export function redactEvent(event: TreeEvent): TreeEvent {
  return event.status === undefined ? event : { ...event, status: redactNode(event.status) };
}

export function redactCrash(record: CrashRecord): CrashRecord {
  return { ...record, config: redactConfig(record.config) };
}

function redactNode(status: NodeStatus): NodeStatus {
  return { ...status, node: redactConfig(status.node) };
}

function redactConfig(config: NodeConfig): NodeConfig {
  if (config.env === undefined) return config;
  const hidden = Object.fromEntries(Object.keys(config.env).map((name) => [name, HIDDEN]));
  return { ...config, env: hidden };
}
