/**
 * Scripts are told of the nodes that run already as of those that have just started: what they do
 * then, they do after a reload, too.
 */
import type { NodeStatus } from "../../core/status.ts";
import { raise } from "../../script/lifecycle.ts";

export class KeptNodes {
  #handled: Promise<void>[] = [];

  add(status: NodeStatus): void {
    if (status.pid === undefined) return;
    this.#handled.push(raise("nodeStatus", status.node.name, status.pid, status));
  }

  /** Resolves when all handlers are done, and those of the nodes that they have asked for. */
  async told(): Promise<void> {
    for (let next = this.#handled.shift(); next !== undefined; next = this.#handled.shift())
      await next;
  }
}
