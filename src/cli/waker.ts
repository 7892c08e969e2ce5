/** Waits for a time or for news, whichever comes first; news that come in a crowd count once. */
import type { Context } from "./context.ts";

export class Waker {
  readonly #context: Context;
  #news = new AbortController();

  constructor(context: Context) {
    this.#context = context;
  }

  /** There is news: whoever waits need not wait any longer, or will not have to. */
  ring(): void {
    this.#news.abort();
  }

  /**
   * @param longest resolves after this time (ms) at the latest
   * @param shortest and after this time at the earliest
   */
  async wait(longest: number, shortest: number): Promise<void> {
    await this.#context.sleep(shortest);
    await this.#context.sleep(longest - shortest, this.#news.signal);
    this.#news = new AbortController();
  }
}
