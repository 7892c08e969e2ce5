/** What became of each node's processes, and what they have printed, since the node was created. */
import type { TreeEvent } from "../../core/api.ts";
import type { NodeConfig } from "../../core/config.ts";
import type { NodeTally } from "../../metrics/node-families.ts";
import type { Stream } from "../../output/pipeline.ts";

export class Tallies {
  /** The configuration of a node that is wanted: each creation has its own. */
  known: (name: string) => NodeConfig | undefined = () => undefined;
  readonly #tallies = new Map<string, { config: NodeConfig; tally: NodeTally }>();

  /** Of a node that is wanted; of another, zeros. */
  of(name: string): NodeTally {
    return this.#of(name) ?? newTally();
  }

  happened({ kind, node, status }: TreeEvent): void {
    if (node === undefined) return;
    if (kind === "destroyed" || kind === "gone") this.#of(node);
    // Its last words and its end may come when there is another of its name.
    else if (status?.node === this.known(node)) this.#count(kind, status);
  }

  printed(node: string, stream: Stream, bytes: number, lines: number): void {
    const tally = this.#of(node);
    if (tally === undefined) return;
    tally[stream].bytes += bytes;
    tally[stream].lines += lines;
  }

  #count(kind: TreeEvent["kind"], status: TreeEvent["status"]): void {
    if (status === undefined) return;
    const tally = this.of(status.node.name);
    if (kind === "revived") tally.revivals++;
    else if (kind === "failed") tally.startFailed++;
    else if (kind === "exited") {
      const { code, signal } = status.lastExit ?? {};
      if (signal !== undefined) tally.signal++;
      else if (code === 0) tally.success++;
      else tally.error++;
    }
  }

  /** Forgets those that are not wanted any more. */
  #of(name: string): NodeTally | undefined {
    const config = this.known(name);
    const found = this.#tallies.get(name);
    if (config === undefined) this.#tallies.delete(name);
    else if (found?.config === config) return found.tally;
    else {
      const tally = newTally();
      this.#tallies.set(name, { config, tally });
      return tally;
    }
    return undefined;
  }
}

function newTally(): NodeTally {
  return {
    success: 0,
    error: 0,
    signal: 0,
    startFailed: 0,
    revivals: 0,
    stdout: { bytes: 0, lines: 0 },
    stderr: { bytes: 0, lines: 0 },
  };
}
