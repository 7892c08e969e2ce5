/** In so many steps: time in which this process stood still counts as one of them at most. */
const STEPS = 10;

/**
 * Calls back after so many milliseconds, unless it is called off. Somebody else's time is measured: a
 * stall of our own, or a sleep of the whole machine, is not their fault, and what they have sent in the
 * meantime is read first.
 */
export class Deadline {
  readonly #timer: NodeJS.Timeout;
  #isOff = false;

  /** @param time in milliseconds */
  constructor(time: number, missed: () => void) {
    let left = STEPS;
    this.#timer = setInterval(() => {
      left--;
      if (left > 0) return;
      clearInterval(this.#timer);
      setImmediate(() => {
        if (!this.#isOff) missed();
      });
    }, time / STEPS);
  }

  callOff(): void {
    this.#isOff = true;
    clearInterval(this.#timer);
  }
}
