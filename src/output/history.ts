/**
 * The last lines of every node, bounded: what `logs` shows first, and from which it goes on. A
 * reader holds a position and asks for what follows it, so that a slow one costs nothing but gaps.
 */
import { Ring, type RingDump, type Run } from "./ring.ts";

export type { Run } from "./ring.ts";

export interface HistoryLimits {
  /** Of all nodes together. */
  total: number;
  /** Of one node, as long as there are few. */
  most: number;
  /** Of one node, however many there are. */
  least: number;
  /** Of how many nodes that are gone for good something is kept. */
  departed: number;
}

/** With these, 250 nodes have 64 KiB each, and 4,000 have 4 KiB. Bytes. */
export const HISTORY_LIMITS: HistoryLimits = {
  total: 16 * 1024 * 1024,
  most: 64 * 1024,
  least: 4 * 1024,
  departed: 32,
};

/** All of it, for another process that goes on with it: positions stay what they are. */
export interface Dump {
  rings: [node: string, ring: RingDump][];
  departed: string[];
}

/** What was added; the bytes may change afterwards. */
export type AppendListener = (node: string, run: Run) => void;

export class History {
  readonly #limits: HistoryLimits;
  readonly #rings = new Map<string, Ring>();
  /** Nodes that are gone for good, the longest gone first. */
  readonly #departed = new Set<string>();
  readonly #present = new Set<string>();
  readonly #listeners = new Set<AppendListener>();

  constructor(limits: HistoryLimits = HISTORY_LIMITS) {
    this.#limits = limits;
  }

  /** @param bytes whole lines, or a piece of a long one; @param at Unix time in milliseconds */
  append(node: string, stream: Run["stream"], bytes: Uint8Array, at: number): void {
    if (bytes.length === 0) return;
    let ring = this.#rings.get(node);
    if (ring === undefined) {
      ring = new Ring();
      this.#rings.set(node, ring);
      // The last words of a node may come after the news that it is gone.
      if (!this.#present.has(node)) this.left(node);
    }
    ring.append(stream, bytes, at, this.#share());
    for (const listener of this.#listeners) listener(node, { stream, at, bytes });
  }

  /** The nodes of which there is something, or was. */
  nodes(): string[] {
    return [...this.#rings.keys()];
  }

  /** Where the node's last `lines` lines begin. */
  tail(node: string, lines: number): number {
    return this.#rings.get(node)?.tail(lines) ?? 0;
  }

  /** Where the next line of the node will begin. */
  end(node: string): number {
    return this.#rings.get(node)?.end ?? 0;
  }

  /**
   * What follows `position`, up to about `most` bytes, and where to go on.
   * `missed` counts the bytes that are no longer kept.
   */
  read(
    node: string,
    position: number,
    most: number,
  ): { runs: Run[]; next: number; missed: number } {
    return this.#rings.get(node)?.read(position, most) ?? { runs: [], next: position, missed: 0 };
  }

  dump(): Dump {
    return {
      rings: [...this.#rings].map(([node, ring]) => [node, ring.dump()]),
      departed: [...this.#departed],
    };
  }

  /** Goes on from what another one had. To be called before anything is added. */
  restore({ rings, departed }: Dump): void {
    for (const [node, ring] of rings) this.#rings.set(node, Ring.from(ring));
    for (const node of departed) this.#departed.add(node);
  }

  /** A node of that name is there (again). */
  arrived(node: string): void {
    this.#departed.delete(node);
    this.#present.add(node);
  }

  /** A node is gone for good: its lines are kept until enough others have gone. */
  left(node: string): void {
    this.#present.delete(node);
    this.#departed.add(node);
    for (const oldest of this.#departed) {
      if (this.#departed.size <= this.#limits.departed) break;
      this.#departed.delete(oldest);
      this.#rings.delete(oldest);
    }
  }

  /** Has `listener` called after each addition. @returns what ends that */
  onAppend(listener: AppendListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #share(): number {
    const { total, most, least } = this.#limits;
    return Math.max(least, Math.min(most, Math.floor(total / this.#rings.size)));
  }
}
