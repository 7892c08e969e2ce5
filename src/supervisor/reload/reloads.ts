/** How often this Supervisor was replaced, and what the last time has done: for whoever has asked for it. */
import type { Reloaded } from "../../core/api.ts";

export class Reloads {
  /** Those that are done, or are being done by this image. */
  readonly count: number;
  #last: Reloaded | undefined;
  readonly #waiting: ((last: Reloaded) => void)[] = [];

  constructor(count: number) {
    this.count = count;
  }

  /** The nodes are as they are to be. */
  done(last: Reloaded): void {
    this.#last = last;
    for (const tell of this.#waiting.splice(0)) tell(last);
  }

  /** Resolves when there have been more than `count`, and the last is done: perhaps in a later life. */
  after(count: number): Promise<Reloaded> {
    return new Promise((tell) => {
      if (this.count <= count) return; // The next image will answer.
      if (this.#last !== undefined) tell(this.#last);
      else this.#waiting.push(tell);
    });
  }
}
