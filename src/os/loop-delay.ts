/**
 * How late this process's event loop is: a timer that is due once a second, and the time by which it
 * is late. Node's own measure of this wakes an idle process a hundred times a second.
 */

export interface Delays {
  /** How many were at most so long, in seconds. */
  buckets: { most: number; count: number }[];
  /** In seconds. */
  sum: number;
  count: number;
}

const EVERY_MS = 1_000;
/** Nobody has asked for so long: it sleeps until somebody does. */
const FORGOTTEN_MS = 600_000;

export class LoopDelay {
  readonly #buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5].map((most) => ({
    most,
    count: 0,
  }));
  #sum = 0;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #asked = 0;

  /** What was measured so far. From the first call on there is something to measure. */
  read(): Delays {
    this.#asked = performance.now();
    if (this.#timer === undefined) this.#wait();
    const buckets = this.#buckets.map((bucket) => ({ ...bucket }));
    return { buckets, sum: this.#sum, count: this.#count };
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
    const late = Math.max(0, now - this.#due) / 1000;
    for (const bucket of this.#buckets) if (late <= bucket.most) bucket.count++;
    this.#sum += late;
    this.#count++;
    if (now - this.#asked > FORGOTTEN_MS) this.stop();
    else this.#wait();
  }
}
