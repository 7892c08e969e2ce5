/**
 * How late this process's event loop is: a timer that is due once a second, and the time by which it
 * is late. Node's own measure of this wakes an idle process a hundred times a second.
 */
const EVERY_MS = 1_000;
/** Nobody has asked for so long: it sleeps until somebody does. */
const FORGOTTEN_MS = 600_000;

export class LoopDelay {
  readonly #tell: (late: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #asked = 0;

  /** @param tell is called with each delay, in seconds */
  constructor(tell: (late: number) => void) {
    this.#tell = tell;
  }

  /** Somebody wants to know: from the first call on it is looked at. */
  ask(): void {
    this.#asked = performance.now();
    if (this.#timer === undefined) this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    this.#due = performance.now() + EVERY_MS;
    this.#timer = setTimeout(() => this.#measure(), EVERY_MS);
    this.#timer.unref();
  }

  #measure(): void {
    const now = performance.now();
    this.#tell(Math.max(0, now - this.#due) / 1000);
    if (now - this.#asked > FORGOTTEN_MS) this.stop();
    else this.#wait();
  }
}
