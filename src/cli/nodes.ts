/** The nodes that a verb's operands name. */
import { nearest } from "../core/nearest.ts";
import type { NodeStatus, Status } from "../core/status.ts";

/** A node's status, of names that may be words of JavaScript's own. */
export function nodeOf({ nodes }: Status, name: string): NodeStatus | undefined {
  return Object.hasOwn(nodes, name) ? nodes[name] : undefined;
}

export interface Selected {
  found: [string, NodeStatus][];
  unknown: string[];
}

/** Those of `names` that there are, or all without any; and those that there are not. */
export function select(status: Status, names: readonly string[]): Selected {
  if (names.length === 0) return { found: Object.entries(status.nodes), unknown: [] };
  const found: [string, NodeStatus][] = [];
  const unknown: string[] = [];
  for (const name of names) {
    const node = nodeOf(status, name);
    if (node === undefined) unknown.push(name);
    else found.push([name, node]);
  }
  return { found, unknown };
}

/** With the name that was probably meant, or with all where there are but a few. */
export function unknownNode(name: string, { nodes }: Status): string {
  const known = Object.keys(nodes);
  const meant = nearest(name, known);
  if (meant !== undefined) return `there is no node '${name}'; did you mean '${meant}'?`;
  const few = known.length > 0 && known.length <= FEW;
  const names = few ? `, but ${known.map((one) => `'${one}'`).join(", ")}` : "";
  return `there is no node '${name}'${names}`;
}

const FEW = 5;
