/**
 * CPU time of nodes that never goes back. What the kernel tells is of the processes that live: it
 * falls when one of a node's ends, and begins anew with the node's next process.
 */
import type { NodeStatus } from "../../core/status.ts";

interface Reading {
  /** Another object is another node, though it may have the name. */
  config: NodeStatus["node"];
  pid: number | undefined;
  /** Milliseconds: what was told last, and what was seen to be used in all. */
  last: number;
  total: number;
}

export class CpuMeter {
  #readings = new Map<string, Reading>();

  /**
   * Takes what is told of all nodes now; the others are forgotten.
   * @param used milliseconds of CPU time of a node's living processes; undefined: there are none
   * @returns seconds, by name
   */
  read(
    nodes: readonly NodeStatus[],
    used: (name: string) => number | undefined,
  ): Map<string, number> {
    const readings = new Map<string, Reading>();
    for (const { node, pid } of nodes) {
      const before = this.#readings.get(node.name);
      const known = before?.config === node ? before : undefined;
      const now = used(node.name) ?? 0;
      const since = known !== undefined && known.pid === pid ? known.last : 0;
      const total = (known?.total ?? 0) + Math.max(0, now - since);
      readings.set(node.name, { config: node, pid, last: now, total });
    }
    this.#readings = readings;
    return new Map([...readings].map(([name, { total }]) => [name, total / 1000]));
  }
}
