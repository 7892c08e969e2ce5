/**
 * Nodes that get another configuration, so many at a time: each is ready, or told to stop, before
 * the next one's turn. One that does not become ready holds up the rest, which keep what they have.
 */
import type { NodeConfig } from "../../core/config.ts";

export interface Replacement {
  /** Of the creation that comes in its place. */
  id: number;
  config: NodeConfig;
}

export class Rollout {
  readonly #width: number;
  readonly #queue = new Map<string, Replacement>();
  /** Those that were replaced and are not ready yet, by id. */
  readonly #underWay = new Set<number>();

  /** @param width how many at a time */
  constructor(width: number) {
    this.#width = width;
  }

  get isOver(): boolean {
    return this.#queue.size === 0 && this.#underWay.size === 0;
  }

  add(replacement: Replacement): void {
    this.#queue.set(replacement.config.name, replacement);
  }

  /** Those whose turn it is; from here on they are under way. */
  next(): Replacement[] {
    const room = Math.max(0, this.#width - this.#underWay.size);
    const turn = [...this.#queue.values()].slice(0, room);
    for (const { id, config } of turn) {
      this.#queue.delete(config.name);
      this.#underWay.add(id);
    }
    return turn;
  }

  /** @returns whether it was under way, and so another's turn may have come */
  done(id: number): boolean {
    return this.#underWay.delete(id);
  }

  /** It is not to be replaced any more. */
  drop(name: string): Replacement | undefined {
    const dropped = this.#queue.get(name);
    this.#queue.delete(name);
    return dropped;
  }
}
