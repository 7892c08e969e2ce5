/** Which events are told: those of certain nodes, also of nodes that join their groups later. */
import type { TreeEvent } from "../core/api.ts";
import { type Group, isOfGroup } from "../core/groups.ts";
import type { Status } from "../core/status.ts";
import { groupOf, select } from "./nodes.ts";

export class EventFilter {
  readonly #names: Set<string>;
  readonly #groups: readonly Group[];

  /** @param words of nodes and groups; none: every event is wanted */
  constructor(words: readonly string[], status: Status) {
    const groups = words.map((word) => groupOf(word, status));
    this.#groups = groups.filter((group) => group !== undefined);
    const members = words.length === 0 ? [] : select(status, words).found.map(([name]) => name);
    // A word that names nothing yet may be a node's to come.
    this.#names = new Set([...words, ...members]);
  }

  wants({ node, status }: TreeEvent): boolean {
    if (this.#names.size === 0) return true;
    if (node === undefined) return false;
    // Not every event says what the node is: once it is known, it is remembered.
    const config = status?.node;
    if (config !== undefined && this.#groups.some((group) => isOfGroup(config, group)))
      this.#names.add(node);
    return this.#names.has(node) || this.#groups.includes("all");
  }
}
