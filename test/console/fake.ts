/** Nodes and events as a Supervisor tells them, for tests of the console's model. */
import type { TreeEvent, TreeEventKind } from "../../src/core/api.ts";
import type { NodeConfig } from "../../src/core/config.ts";
import type { NodeStatus } from "../../src/core/status.ts";

export function node(name: string, change: Partial<NodeStatus> = {}): NodeStatus {
  return {
    node: { name, command: ["sleep", "1"] },
    state: "running",
    ready: true,
    pid: 100,
    generation: 1,
    since: 1_000,
    ...change,
  };
}

export function withRole(
  name: string,
  role: "LOGGER" | "MANAGER" | "PROXY" | "WORKER",
): NodeConfig {
  return { name, cluster: { [name]: { role, host: "127.0.0.1", port: 1 } } };
}

export function event(kind: TreeEventKind, at: number, status?: NodeStatus, text = ""): TreeEvent {
  return {
    kind,
    at,
    text,
    ...(status === undefined ? {} : { node: status.node.name, status }),
  };
}
