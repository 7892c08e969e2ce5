/** Who is to be woken when. A change costs little however many there are: a tree of thousands asks at each step. */

interface Alarm<Sleeper> {
  at: number;
  /** Of those of one moment, who was the first to want it comes first. */
  number: number;
  sleeper: Sleeper;
}

export class Wakes<Sleeper> {
  /** What each wants now; all else in the heap is out of date, and dropped when it comes up. */
  readonly #wanted = new Map<Sleeper, Alarm<Sleeper>>();
  /** None is before its parent, which is at half its index. */
  #heap: Alarm<Sleeper>[] = [];
  #last = 0;

  /** @param at in the time of the other calls; undefined: not at all */
  set(sleeper: Sleeper, at: number | undefined): void {
    if (this.#wanted.get(sleeper)?.at === at) return;
    if (at === undefined) this.#wanted.delete(sleeper);
    else {
      const alarm = { at, number: ++this.#last, sleeper };
      this.#wanted.set(sleeper, alarm);
      this.#push(alarm);
    }
    if (this.#heap.length > 2 * this.#wanted.size + SLACK) this.#tidy();
  }

  /** The time of the next. */
  earliest(): number | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#isWanted(first)) return first.at;
      this.#pop();
    }
    return undefined;
  }

  /** All whose time has come, the first one first. They stay until they want another time, or none. */
  due(now: number): Sleeper[] {
    const found: Alarm<Sleeper>[] = [];
    const look = (index: number): void => {
      const alarm = this.#heap[index];
      if (alarm === undefined || alarm.at > now) return;
      if (this.#isWanted(alarm)) found.push(alarm);
      look(2 * index + 1);
      look(2 * index + 2);
    };
    look(0);
    return found.sort((a, b) => (isBefore(a, b) ? -1 : 1)).map(({ sleeper }) => sleeper);
  }

  #isWanted(alarm: Alarm<Sleeper>): boolean {
    return this.#wanted.get(alarm.sleeper) === alarm;
  }

  #push(alarm: Alarm<Sleeper>): void {
    const heap = this.#heap;
    let index = heap.push(alarm) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(alarm, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = alarm;
  }

  #pop(): void {
    const heap = this.#heap;
    const alarm = heap.pop();
    if (alarm === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, alarm)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = alarm;
  }

  /** What is far off and out of date would never come up. What is sorted is a heap. */
  #tidy(): void {
    this.#heap = [...this.#wanted.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }
}

function isBefore(a: Alarm<unknown>, b: Alarm<unknown>): boolean {
  return a.at < b.at || (a.at === b.at && a.number < b.number);
}

const SLACK = 64;
