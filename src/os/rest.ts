/**
 * Gives memory back once things have come to rest. What a thousand starts have left behind is half of the heap,
 * and V8, which collects when it needs room, would keep it for as long as nothing else happens.
 */
import v8 from "node:v8";
import vm from "node:vm";
import type { Clock } from "./clock.ts";
import type { Libc } from "./native/libc.ts";

/** For how long nothing has to happen (ms). */
const QUIET_MS = 5_000;
/** How much has to have happened since the last time: collecting takes tens of milliseconds, too. */
const WORTHWHILE = 100;

export class Rest {
  readonly #clock: Pick<Clock, "now" | "at">;
  readonly #act: () => void;
  #stirs = 0;
  /** When the last one was. */
  #last = 0;
  #wanted = 1;
  #isWaiting = false;

  /** @param act called when there is rest */
  constructor(clock: Pick<Clock, "now" | "at">, act: () => void) {
    this.#clock = clock;
    this.#act = act;
  }

  /** Something has happened. */
  stir(): void {
    this.#stirs++;
    this.#last = this.#clock.now();
    if (!this.#isWaiting && this.#stirs >= this.#wanted) this.#wait();
  }

  #wait(): void {
    this.#isWaiting = true;
    const until = this.#last + QUIET_MS;
    this.#clock.at(until, () => {
      if (this.#last + QUIET_MS > until) return this.#wait();
      this.#isWaiting = false;
      this.#stirs = 0;
      this.#wanted = WORTHWHILE;
      this.#act();
    });
  }
}

/** Collects all garbage, and gives the system back what has become free. Takes tens of milliseconds. */
export function releaseMemory(libc: Libc | undefined): void {
  collector()?.({ type: "major", execution: "sync", flavor: "last-resort" });
  libc?.malloc_trim?.(0);
}

/** V8's own, which Node.js shows only to those who ask for it when they start it. */
function collector(): NodeJS.GCFunction | undefined {
  if (globalThis.gc !== undefined) return globalThis.gc;
  v8.setFlagsFromString("--expose-gc");
  try {
    return vm.runInNewContext("globalThis.gc") as NodeJS.GCFunction | undefined;
  } finally {
    v8.setFlagsFromString("--no-expose-gc");
  }
}
