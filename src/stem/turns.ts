/** A burst of work, done a little in each turn of the loop, so that everything else gets its turn too. */

/** How much of a turn a burst may take, in milliseconds. */
const BUDGET_MS = 5;

export class Turns<Item> {
  readonly #act: (item: Item) => void;
  #items: Item[] = [];
  #next = 0;
  #scheduled = false;

  constructor(act: (item: Item) => void) {
    this.#act = act;
  }

  /** Acts on the item in one of the next turns, after all before it. */
  add(item: Item): void {
    this.#items.push(item);
    if (!this.#scheduled) this.#schedule();
  }

  /** Forgets what has not had its turn yet. */
  clear(): void {
    this.#items = [];
    this.#next = 0;
  }

  #schedule(): void {
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const end = performance.now() + BUDGET_MS;
    try {
      while (this.#next < this.#items.length && performance.now() < end) {
        const item = this.#items[this.#next++];
        if (item !== undefined) this.#act(item);
      }
    } finally {
      // Whatever went wrong with one item, the rest gets its turn.
      if (this.#next < this.#items.length) this.#schedule();
      else this.#rest();
    }
  }

  #rest(): void {
    this.clear();
    this.#scheduled = false;
  }
}
