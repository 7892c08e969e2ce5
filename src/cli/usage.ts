/** What nodes use of CPU and memory. */

import type { RemoteSupervisor } from "../control/client.ts";
import type { Usage } from "../core/api.ts";
import type { NodeStatus } from "../core/status.ts";
import { UnsupportedError } from "../errors.ts";

export type UsageOfNodes = ReadonlyMap<string, Usage>;

/** Nothing where the other end cannot tell, as a Zeek cannot. @throws CoppiceError */
export async function usageOf(remote: RemoteSupervisor, name?: string): Promise<UsageOfNodes> {
  try {
    return new Map(Object.entries(await remote.usage(name)));
  } catch (error) {
    if (error instanceof UnsupportedError) return new Map();
    throw error;
  }
}

/** How many CPUs each node uses, from two samples of its CPU time. */
export class LoadMeter {
  #last: { at: number; usage: UsageOfNodes; pids: Map<string, number | undefined> } | undefined;
  #loads = new Map<string, number>();

  /** @param at monotonic or not, in milliseconds, as the next one will be */
  sample(nodes: readonly [string, NodeStatus][], usage: UsageOfNodes, at: number): void {
    const pids = new Map(nodes.map(([name, { pid }]) => [name, pid]));
    const last = this.#last;
    this.#loads = new Map();
    this.#last = { at, usage, pids };
    if (last === undefined || at <= last.at) return;
    for (const [name, { cpu }] of usage) {
      const before = last.usage.get(name);
      // Another process begins to count anew.
      if (before === undefined || last.pids.get(name) !== pids.get(name)) continue;
      // The time of a child that has gone is no longer in the sum.
      this.#loads.set(name, Math.max(0, cpu - before.cpu) / (at - last.at));
    }
  }

  of(name: string): number | "unknown" {
    return this.#loads.get(name) ?? "unknown";
  }
}
