/** Waiting for facts, each with a deadline; and Ctrl-C, which ends every wait at once. */
import os from "node:os";

/** Only what fails ever takes so long. */
const DEADLINE_MS = 60_000;
const LOOK_MS = 10;

/** Something that should have become true did not. */
export class FactMissing extends Error {}

/** The demo was told to stop. */
export class Interrupted extends Error {
  readonly exitStatus: number;

  constructor(signal: NodeJS.Signals) {
    super(signal);
    this.exitStatus = 128 + os.constants.signals[signal];
  }
}

/** Falls when the demo is told to stop: whatever waits then gives up, and the tree is ended. */
export class Curtain {
  #fallen: NodeJS.Signals | undefined;
  readonly #fall = (signal: NodeJS.Signals): void => {
    this.#fallen ??= signal;
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#fall);
    // Nobody reads any more (`npm run demo | head`): that, too, is an end.
    process.stdout.on("error", () => this.#fall("SIGHUP"));
  }

  /** @throws FactMissing after the deadline (milliseconds), Interrupted when told to stop */
  async until<Fact>(
    what: string,
    fact: () => Fact | undefined | false,
    deadline = DEADLINE_MS,
  ): Promise<Fact> {
    const end = performance.now() + deadline;
    for (;;) {
      if (this.#fallen !== undefined) throw new Interrupted(this.#fallen);
      const value = fact();
      if (value !== undefined && value !== false) return value;
      if (performance.now() > end) throw new FactMissing(`waited ${deadline} ms for ${what}`);
      await new Promise((look) => setTimeout(look, LOOK_MS));
    }
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#fall);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
