/** What is not as it should be. The first fault ends the run; what is found until then is told as well. */
import type { Journal } from "./journal.ts";

const MOST = 50;

export class Faults {
  readonly found: string[] = [];
  readonly #journal: Journal;
  readonly #end: () => void;
  #isClosed = false;

  /** @param end called with the first one */
  constructor(journal: Journal, end: () => void) {
    this.#journal = journal;
    this.#end = end;
  }

  add(text: string): void {
    if (this.#isClosed) return;
    this.#journal.note(`FAULT: ${text}`);
    if (this.found.length < MOST) this.found.push(text);
    this.#end();
  }

  /** What is found from now on follows from how the run ends. */
  close(): void {
    this.#isClosed = true;
  }
}
