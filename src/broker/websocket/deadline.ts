/**
 * Calls back after so many milliseconds, unless it is called off. After a turn that took long, or a
 * sleep of the whole machine, what it waits for may have come and lie unread yet: that is read first.
 */
export class Deadline {
  readonly #timer: NodeJS.Timeout;
  #isOff = false;

  constructor(time: number, missed: () => void) {
    this.#timer = setTimeout(() => {
      setImmediate(() => {
        if (!this.#isOff) missed();
      });
    }, time);
  }

  callOff(): void {
    this.#isOff = true;
    clearTimeout(this.#timer);
  }
}
