/** How often the command of --on-crash may run: once for each node in a while. Pure; times are monotonic. */

export class HookRate {
  readonly #every: number;
  readonly #last = new Map<string, number>();
  readonly #suppressed = new Map<string, number>();

  /** @param every milliseconds between two runs for one node; 0: no limit */
  constructor(every: number) {
    this.#every = every;
  }

  /** @returns how many crashes of this node it was not run for since it last was; undefined: not now */
  admit(node: string, now: number): number | undefined {
    const last = this.#last.get(node);
    if (last !== undefined && now - last < this.#every) return undefined;
    this.#last.set(node, now);
    const suppressed = this.#suppressed.get(node) ?? 0;
    this.#suppressed.delete(node);
    return suppressed;
  }

  /** It is not run for these crashes. */
  suppress(node: string, count: number): void {
    this.#suppressed.set(node, (this.#suppressed.get(node) ?? 0) + count);
  }

  /** A name is free for good. */
  forget(node: string): void {
    this.#last.delete(node);
    this.#suppressed.delete(node);
  }
}
