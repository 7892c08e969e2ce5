/** Those who wait for an answer, by the number of what they have asked for. */
export class Waiting<Answer> {
  readonly #settle = new Map<number, (answer: Answer) => void>();

  for(id: number): Promise<Answer> {
    return new Promise((settle) => this.#settle.set(id, settle));
  }

  /** Whoever waits for this waits no longer, if anybody does. */
  answer(id: number, answer: Answer): void {
    this.#settle.get(id)?.(answer);
    this.#settle.delete(id);
  }
}
