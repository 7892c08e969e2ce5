/** The lines of a node that counts: each is the last one's successor, or something was lost. */

export class NumberedLines {
  readonly name: string;
  count = 0;
  /** What was missed, in words. */
  readonly gaps: string[] = [];
  readonly #pattern: RegExp;
  #next: number | undefined;

  constructor(name: string) {
    this.name = name;
    this.#pattern = new RegExp(`(?:\\[${name}\\] |^)number (\\d+)$`);
  }

  take(line: string): void {
    const [, digits] = this.#pattern.exec(line) ?? [];
    if (digits === undefined) return;
    const number = Number(digits);
    this.#next ??= number;
    if (number !== this.#next) this.gaps.push(`${this.name}: ${number} came for ${this.#next}`);
    this.#next = number + 1;
    this.count++;
  }
}
