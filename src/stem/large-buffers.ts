/** A few large buffers for all streams of which much comes, each for as long as it is being written. */

/** Bytes of one; as many as are written at the same time, for Node.js has four threads for that. */
export const LARGE = 1024 * 1024;
const COUNT = 4;

export class LargeBuffers {
  readonly #free: Uint8Array[] = [];
  #lent = 0;
  readonly #waiting: ((buffer: Uint8Array) => void)[] = [];

  /** Calls back with one that is free, at once or when it is its turn. To be given back. */
  take(use: (buffer: Uint8Array) => void): void {
    if (this.#lent === COUNT) {
      this.#waiting.push(use);
      return;
    }
    this.#lent++;
    use(this.#free.pop() ?? new Uint8Array(LARGE));
  }

  /** Nobody uses it any more. */
  giveBack(buffer: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next(buffer);
    this.#lent--;
    this.#free.push(buffer);
    // One is enough for what comes in bursts; memory is for who needs it.
    if (this.#lent === 0) this.#free.length = 1;
  }
}
