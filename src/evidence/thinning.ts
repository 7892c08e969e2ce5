/**
 * Which crashes leave a record when very many come: each node has a few at once and then one from time
 * to time, and so have all nodes together. The others are counted. Pure; times are monotonic.
 */

/** `burst` at once, and one more after each `every` milliseconds. */
export interface Allowance {
  burst: number;
  every: number;
}

export const ALLOWANCES = {
  node: { burst: 10, every: 5_000 },
  all: { burst: 50, every: 200 },
} satisfies Record<string, Allowance>;

interface Account {
  /** What was left at `at`. */
  left: number;
  at: number;
}

export class Thinning {
  readonly #allowances: { node: Allowance; all: Allowance };
  readonly #nodes = new Map<string, Account>();
  readonly #unrecorded = new Map<string, number>();
  #all: Account | undefined;

  constructor(allowances: { node: Allowance; all: Allowance } = ALLOWANCES) {
    this.#allowances = allowances;
  }

  /** @returns whether a crash of this node may leave a record */
  admits(node: string, now: number): boolean {
    const { node: own, all } = this.#allowances;
    const ofNode = filled(this.#nodes.get(node), own, now);
    const ofAll = filled(this.#all, all, now);
    if (ofNode.left < 1 || ofAll.left < 1) return false;
    this.#nodes.set(node, { left: ofNode.left - 1, at: now });
    this.#all = { left: ofAll.left - 1, at: now };
    return true;
  }

  /** A crash of this node leaves no record. */
  skipped(node: string): void {
    this.#unrecorded.set(node, (this.#unrecorded.get(node) ?? 0) + 1);
  }

  /** How many were skipped since this was last asked. */
  takeSkipped(node: string): number {
    const count = this.#unrecorded.get(node) ?? 0;
    this.#unrecorded.delete(node);
    return count;
  }

  /** A name is free for good. */
  forget(node: string): void {
    this.#nodes.delete(node);
    this.#unrecorded.delete(node);
  }
}

function filled(account: Account | undefined, { burst, every }: Allowance, now: number): Account {
  if (account === undefined) return { left: burst, at: now };
  return { left: Math.min(burst, account.left + (now - account.at) / every), at: now };
}
