/**
 * What may be because of what was done: a death that a trouble has caused, and a delay while one keeps
 * things from going on. What nothing excuses is a fault of the tree's.
 */

import { patient } from "./patience.ts";

/** How long after a trouble is over its consequences may still show (ms). */
const AFTERMATH_MS = 10_000;

interface Excuse {
  /** Of which node; undefined: of all. */
  node: string | undefined;
  why: string;
  from: number;
  /** Undefined while it goes on. */
  to: number | undefined;
}

export class Excuses {
  readonly #now: () => number;
  #deaths: Excuse[] = [];
  #delays: Excuse[] = [];

  /** @param now monotonic milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** From now on these may die. @returns what ends that; consequences still show for a while */
  deathsOf(nodes: readonly string[] | "all", why: string): () => void {
    return this.#open(nodes, why, [this.#deaths]);
  }

  /** From now on these may be kept from starting. @returns what ends that */
  delaysOf(nodes: readonly string[] | "all", why: string): () => void {
    return this.#open(nodes, why, [this.#delays]);
  }

  /** Both at once. @returns what ends both */
  deathsAndDelaysOf(nodes: readonly string[] | "all", why: string): () => void {
    return this.#open(nodes, why, [this.#deaths, this.#delays]);
  }

  /** Something stood still just now, whatever the reason. @param since when it did (ms) */
  stoodStill(since: number): void {
    this.#delays.push({ node: undefined, why: "standstill", from: since, to: this.#now() });
  }

  /** Why a node may have died at that time; undefined if there is no reason. */
  deathOf(node: string, at: number): string | undefined {
    return this.#deaths.find(
      (one) =>
        (one.node === undefined || one.node === node) &&
        one.from <= at &&
        (one.to === undefined || at <= one.to + patient(AFTERMATH_MS)),
    )?.why;
  }

  /** Until when a node was kept from starting: now, if it still is; undefined if it never was since then. */
  keptUntil(node: string, since: number): number | undefined {
    const ends = this.#delays
      .filter((one) => one.node === undefined || one.node === node)
      .map(({ to }) => to ?? this.#now())
      .filter((to) => to >= since);
    return ends.length === 0 ? undefined : Math.max(...ends);
  }

  /** Forgets what can excuse nothing any more. */
  forget(before: number): void {
    const isRecent = ({ to }: Excuse) => to === undefined || to + patient(AFTERMATH_MS) >= before;
    this.#deaths = this.#deaths.filter(isRecent);
    this.#delays = this.#delays.filter(isRecent);
  }

  #open(nodes: readonly string[] | "all", why: string, lists: Excuse[][]): () => void {
    const names = nodes === "all" ? [undefined] : nodes;
    const excuses = names.map((node): Excuse => ({ node, why, from: this.#now(), to: undefined }));
    for (const list of lists) list.push(...excuses);
    return () => {
      for (const one of excuses) one.to ??= this.#now();
    };
  }
}
