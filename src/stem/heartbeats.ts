/** The signs of life that nodes give on a descriptor: whatever a process writes there is one. */
import type { Readable } from "node:stream";

interface Heart {
  /** It has beaten since that was last asked for. */
  hasBeaten: boolean;
  /** Whoever waits for the next beat. */
  waiting: (() => void) | undefined;
}

export class Heartbeats {
  readonly #hearts = new Map<number, Heart>();

  /** Takes note of what comes from a process. */
  watch(pid: number, stream: Readable): void {
    const heart = this.#heart(pid);
    stream.on("error", () => {});
    stream.on("data", () => {
      heart.hasBeaten = true;
      heart.waiting?.();
    });
  }

  /** Resolves with true once there is a beat that was not yet told of, with false if `signal` is first. */
  next(pid: number, signal: AbortSignal): Promise<boolean> {
    const heart = this.#heart(pid);
    return new Promise((resolve) => {
      const settle = (): void => {
        signal.removeEventListener("abort", settle);
        heart.waiting = undefined;
        resolve(heart.hasBeaten);
        heart.hasBeaten = false;
      };
      if (heart.hasBeaten || signal.aborted) return settle();
      heart.waiting = settle;
      signal.addEventListener("abort", settle);
    });
  }

  exited(pid: number): void {
    this.#hearts.delete(pid);
  }

  #heart(pid: number): Heart {
    const known = this.#hearts.get(pid);
    if (known !== undefined) return known;
    const heart: Heart = { hasBeaten: false, waiting: undefined };
    this.#hearts.set(pid, heart);
    return heart;
  }
}
