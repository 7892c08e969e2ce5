/** What was done to the tree, and what was seen of it, with the time of each: whoever reads a failure needs both. */
import fs from "node:fs";

export class Journal {
  readonly #begun = performance.now();
  readonly #file: number;
  readonly #last: string[] = [];

  /** @param file where all of it is kept */
  constructor(file: string) {
    this.#file = fs.openSync(file, "a");
  }

  /** Seconds since the run began. */
  get seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  /** For people as well. */
  say(text: string): void {
    this.note(text);
    process.stdout.write(`${this.#stamped(text)}\n`);
  }

  note(text: string): void {
    const line = this.#stamped(text);
    fs.writeSync(this.#file, `${line}\n`);
    this.#last.push(line);
    if (this.#last.length > MOST_LAST) this.#last.shift();
  }

  /** The newest lines. */
  last(count: number): string[] {
    return this.#last.slice(-count);
  }

  close(): void {
    fs.closeSync(this.#file);
  }

  #stamped(text: string): string {
    return `[${this.seconds.toFixed(3).padStart(8)}] ${text}`;
  }
}

const MOST_LAST = 400;
