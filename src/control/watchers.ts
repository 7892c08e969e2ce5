/** Those who want to know of everything that happens in the tree. */
import type { TreeEvent } from "../core/api.ts";

export class Watchers {
  readonly #handlers = new Set<{ handle: (event: TreeEvent) => void }>();
  readonly #onError: (error: unknown) => void;
  /** What happened while the handlers were told of something before. */
  readonly #untold: TreeEvent[] = [];
  #isTelling = false;

  /** @param onError what becomes of an error in a handler */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#handlers.size;
  }

  /** @returns what ends it */
  watch(handle: (event: TreeEvent) => void): () => void {
    const one = { handle };
    this.#handlers.add(one);
    return () => this.#handlers.delete(one);
  }

  /** Everybody hears of everything in the order in which it happened, also of what a handler causes. */
  tell(event: TreeEvent): void {
    this.#untold.push(event);
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
      for (const one of [...this.#handlers]) if (this.#handlers.has(one)) this.#call(one, next);
    }
    this.#isTelling = false;
  }

  #call({ handle }: { handle: (event: TreeEvent) => unknown }, event: TreeEvent): void {
    try {
      const result = handle(event);
      if (result instanceof Promise) result.catch(this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }
}
