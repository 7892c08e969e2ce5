/** Watching from afar: one stream of events for all who watch over this connection. */
import type { TreeEvent } from "../core/api.ts";
import type { Asking } from "./asking.ts";
import { Watchers } from "./watchers.ts";

export class RemoteWatching {
  readonly #asking: Asking;
  readonly #watchers: Watchers;
  readonly #onEnd: () => void;
  #id = "";

  /** @param onEnd called when nobody watches any more */
  constructor(asking: Asking, onError: (error: unknown) => void, onEnd: () => void) {
    this.#asking = asking;
    this.#watchers = new Watchers(onError);
    this.#onEnd = onEnd;
  }

  /** Over this connection, and each that comes after it. */
  begin(): void {
    const { id, ended } = this.#asking.stream("watch", {}, ([text]) => {
      if (id === this.#id && typeof text === "string") this.tell(JSON.parse(text) as TreeEvent);
    });
    this.#id = id;
    // It ends with the connection, and is begun again with the next.
    ended.catch(() => {});
  }

  /** @returns what ends it */
  add(handler: (event: TreeEvent) => void): () => void {
    const unwatch = this.#watchers.watch(handler);
    return () => {
      unwatch();
      if (this.#watchers.size > 0 || this.#id === "") return;
      this.#asking.tell("cancel", { id: this.#id });
      this.#id = "";
      this.#onEnd();
    };
  }

  tell(event: TreeEvent): void {
    this.#watchers.tell(event);
  }
}
