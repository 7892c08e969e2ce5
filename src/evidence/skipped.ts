/** Tells now and then how many crashes have left no record. */
import type { Clock } from "../os/clock.ts";

const SAY_MS = { first: 10_000, again: 60_000 };

export class Skipped {
  readonly #clock: Clock;
  readonly #say: (text: string) => void;
  #count = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, say: (text: string) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  add(): void {
    this.#count++;
    if (this.#cancel === undefined) this.#sayIn(SAY_MS.first);
  }

  close(): void {
    this.#cancel?.();
  }

  #sayIn(ms: number): void {
    this.#cancel = this.#clock.at(this.#clock.now() + ms, () => {
      this.#cancel = undefined;
      if (this.#count === 0) return;
      this.#say(
        `info: ${this.#count} crashes in the last ${ms / 1000} s left no record: too many came at once`,
      );
      this.#count = 0;
      this.#sayIn(SAY_MS.again);
    });
  }
}
