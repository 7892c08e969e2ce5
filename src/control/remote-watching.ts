/** Watching from afar: one stream of events for all who watch over this connection. */
import type { TreeEvent } from "../core/api.ts";
import type { CoppiceRemote, Ongoing } from "./coppice-remote.ts";
import { Watchers } from "./watchers.ts";

export class RemoteWatching implements Ongoing {
  readonly #remote: CoppiceRemote;
  readonly #watchers: Watchers;
  readonly #onEnd: () => void;
  #id = "";

  /** @param onEnd called when nobody watches any more */
  constructor(remote: CoppiceRemote, onError: (error: unknown) => void, onEnd: () => void) {
    this.#remote = remote;
    this.#watchers = new Watchers(onError);
    this.#onEnd = onEnd;
  }

  begin(): void {
    const { id, ended } = this.#remote.stream("watch", {}, ([text]) => {
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
      this.#remote.tell("cancel", { id: this.#id });
      this.#id = "";
      this.#onEnd();
    };
  }

  tell(event: TreeEvent): void {
    this.#watchers.tell(event);
  }
}
