/** Which troubles come when: that follows from the seed alone. */
import { Dice } from "../simulation/dice.ts";
import type { Trouble } from "./troubles/trouble.ts";

/** How long new troubles begin for, before all is to become calm (ms). */
const PHASE_MS = [4_000, 14_000] as const;
/** From one trouble to the next (ms). */
const BETWEEN_MS = [100, 2_500] as const;

export interface Step {
  /** After the one before (ms). */
  after: number;
  trouble: Trouble;
  /** Whether the next one waits for its end. */
  isAwaited: boolean;
  /** Of its dice. */
  seed: number;
}

export class Plan {
  readonly #dice: Dice;
  readonly #troubles: readonly Trouble[];

  constructor(seed: number, troubles: readonly Trouble[]) {
    this.#dice = new Dice(seed);
    this.#troubles = troubles;
  }

  /** The troubles until the next calm. */
  phase(): Step[] {
    const steps: Step[] = [];
    const length = this.#dice.between(...PHASE_MS);
    // Some are crowded, and some have one trouble at a time.
    const pace = this.#dice.pick([0.3, 1, 1]);
    for (let at = 0; at < length; ) {
      const after = Math.round(this.#dice.between(...BETWEEN_MS) * pace);
      at += after;
      const seed = this.#dice.between(0, 2 ** 31);
      steps.push({ after, trouble: this.#pick(), isAwaited: this.#dice.chance(0.2), seed });
    }
    return steps;
  }

  #pick(): Trouble {
    const total = this.#troubles.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.#dice.next() * total;
    for (const trouble of this.#troubles) {
      left -= trouble.weight;
      if (left < 0) return trouble;
    }
    return this.#troubles.at(-1) as Trouble;
  }
}
