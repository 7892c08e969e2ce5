/**
 * Work that comes in faster than it can be done: each of those who have some gets its turn, one
 * piece at a time, and the event loop its own turns in between.
 */

/** How much of a turn of the loop may go into it, in milliseconds. */
const BUDGET_MS = 5;

export interface Worker {
  /** Does one piece of work. @returns whether there is more to be done now */
  step(): boolean;
}

export class FairTurns {
  #waiting: Worker[] = [];

  /** Has the worker's `step` called in one of the next turns. To be called once, until it was. */
  add(worker: Worker): void {
    if (this.#waiting.push(worker) === 1) setImmediate(() => this.#turn());
  }

  #turn(): void {
    const end = performance.now() + BUDGET_MS;
    const queue = this.#waiting;
    let next = 0;
    try {
      // `queue` grows at its end by those that have more to do, or get more to do on the way.
      for (let worker = queue[next]; worker !== undefined; worker = queue[next]) {
        next++;
        if (worker.step()) queue.push(worker);
        if (performance.now() >= end) break;
      }
    } finally {
      // Whatever went wrong with one of them, the others get their turns.
      this.#waiting = queue.slice(next);
      if (this.#waiting.length > 0) setImmediate(() => this.#turn());
    }
  }
}
