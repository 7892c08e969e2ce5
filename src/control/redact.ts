/** What somebody who may look at the tree, but not act, gets to see: everything but values of `env`. */
import type { TreeEvent } from "../core/api.ts";
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

function redactNode(status: NodeStatus): NodeStatus {
  const { env } = status.node;
  if (env === undefined) return status;
  const hidden = Object.fromEntries(Object.keys(env).map((name) => [name, HIDDEN]));
  return { ...status, node: { ...status.node, env: hidden } };
}
