/** The nodes that a verb's operands name. */
import { nearest } from "../core/nearest.ts";
import type { NodeStatus, Status } from "../core/status.ts";

/** A node's status, of names that may be words of JavaScript's own. */
export function nodeOf({ nodes }: Status, name: string): NodeStatus | undefined {
  return Object.hasOwn(nodes, name) ? nodes[name] : undefined;
}

/** Those of `names` that there are, or all without any; `tell` is told of the others. */
export function select(
  status: Status,
  names: readonly string[],
  tell: (text: string) => void,
): { found: [string, NodeStatus][]; areAllKnown: boolean } {
  const all = Object.entries(status.nodes);
  if (names.length === 0) return { found: all, areAllKnown: true };
  const found: [string, NodeStatus][] = [];
  for (const name of names) {
    const node = nodeOf(status, name);
    if (node === undefined) tell(unknownNode(name, Object.keys(status.nodes)));
    else found.push([name, node]);
  }
  return { found, areAllKnown: found.length === names.length };
}

/** With the name that was probably meant, or with all where there are but a few. */
export function unknownNode(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  const few = known.length > 0 && known.length <= FEW;
  const hint =
    meant !== undefined
      ? `; did you mean '${meant}'?`
      : few
        ? `, but ${known.map((one) => `'${one}'`).join(", ")}`
        : "";
  return `there is no node '${name}'${hint}`;
}

const FEW = 5;
