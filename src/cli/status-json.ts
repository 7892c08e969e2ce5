/** Nodes for programs. */
import type { NodeStatus } from "../core/status.ts";
import { jsonLine } from "./printable.ts";
import type { UsageOfNodes } from "./usage.ts";

/** `{"nodes": {NAME: {…status, cpu, memory}}}`, in one line. */
export function statusJson(nodes: readonly [string, NodeStatus][], usage?: UsageOfNodes): string {
  const entries = nodes.map(([name, status]) => [name, { ...status, ...usage?.get(name) }]);
  return jsonLine({ nodes: Object.fromEntries(entries) });
}
