/** The clock: monotonic for every decision, wall time only for what people read. */

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Unix time in milliseconds. */
  wall(): number;
  /** Calls back once at or after `at` (monotonic), however far off; returns its cancellation. */
  at(at: number, callback: () => void): () => void;
}

/** Node's timers hold at most 2^31 - 1 ms; longer waits are made of several. */
export const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  at(at, callback) {
    let timer = setTimeout(check, nextWait());
    return () => clearTimeout(timer);

    function check(): void {
      if (performance.now() >= at) callback();
      else timer = setTimeout(check, nextWait());
    }
    function nextWait(): number {
      return Math.min(Math.max(0, Math.ceil(at - performance.now())), LONGEST_TIMER);
    }
  },
};
