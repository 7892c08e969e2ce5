/** Those who want to know of everything that happens in the tree. */
import type { TreeEvent } from "../core/api.ts";

export class Watchers {
  readonly #handlers = new Set<{ handle: (event: TreeEvent) => void }>();
  readonly #onError: (error: unknown) => void;

  /** @param onError what becomes of an error in a handler */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** @returns what ends it */
  watch(handle: (event: TreeEvent) => void): () => void {
    const one = { handle };
    this.#handlers.add(one);
    return () => this.#handlers.delete(one);
  }

  tell(event: TreeEvent): void {
    for (const { handle } of this.#handlers) {
      try {
        handle(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
