/** Time that passes only when there is something to do: a heap of what is due. */
import type { Clock } from "../../src/os/clock.ts";

interface Due {
  at: number;
  order: number;
  callback: (() => void) | undefined;
}

/** Any number will do, as long as nobody takes one clock for the other. */
const WALL_OFFSET = 1_700_000_000_000;

export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #heap: Due[] = [];

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + WALL_OFFSET;
  }

  at(at: number, callback: () => void): () => void {
    const due: Due = { at: Math.max(at, this.#now), order: this.#order++, callback };
    this.#push(due);
    return () => {
      due.callback = undefined;
    };
  }

  in(delay: number, callback: () => void): () => void {
    return this.at(this.#now + delay, callback);
  }

  /** Does the next thing that is due by `until`; if there is none, it is `until`, and false. */
  step(until: number): boolean {
    const next = this.#heap[0];
    if (next === undefined || next.at > until) {
      this.#now = until;
      return false;
    }
    this.#pop();
    if (next.callback === undefined) return true;
    this.#now = next.at;
    next.callback();
    return true;
  }

  #push(due: Due): void {
    let at = this.#heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(due, this.#heap[parent]!)) break;
      this.#heap[at] = this.#heap[parent]!;
      at = parent;
    }
    this.#heap[at] = due;
  }

  #pop(): void {
    const last = this.#heap.pop()!;
    const { length } = this.#heap;
    if (length === 0) return;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && isBefore(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      if (!isBefore(this.#heap[child]!, last)) break;
      this.#heap[at] = this.#heap[child]!;
      at = child;
    }
    this.#heap[at] = last;
  }
}

/** What is due at the same time is done in the order in which it was asked for. */
function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
