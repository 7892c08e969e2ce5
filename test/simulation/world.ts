/** One whole tree on virtual time: what there is, and in which order its parts get their turn. */
import type { TreeEvent } from "../../src/core/api.ts";
import { VirtualClock } from "./clock.ts";
import { Dice } from "./dice.ts";
import { type Behaviour, Machine } from "./machine.ts";
import { SupervisorHost } from "./supervisor-host.ts";

/** What becomes of a start. Times in milliseconds. */
export interface Fate {
  /** Until its turn has come: until then it may be of no use any more. */
  waits: number;
  /** From then until its outcome is known. */
  takes: number;
  /** Unset: it fails. */
  process?: { leader: Behaviour; others: Behaviour[]; readyAfter: number };
}

/** As many turns as the longest chain of promises in the Supervisor takes. */
const PROMISE_TURNS = 8;

/** How long a process takes to end when it is told to (ms). */
const PACE = [0.5, 5, 300, 3_000];
const SLOW_PACE = [300, 3_000, 10_000];

export class World {
  readonly clock = new VirtualClock();
  readonly dice: Dice;
  readonly machine = new Machine(this.clock);
  readonly supervisor: SupervisorHost;
  /** Whether SIGKILL may be used; where it may not, every process obeys SIGTERM. */
  readonly sigkill: boolean;
  isSupervisorDead = false;
  /** The Supervisor has much else to do, and hears late of everything. */
  isBusy = false;
  /** How often a Stem dies as it connects. */
  fragility = 0.02;
  /** Whether nodes die and starts fail. */
  isTroubled = true;
  /** Hears of everything that happens in the tree. */
  onEvent: (event: TreeEvent) => void = () => {};
  /** Nodes take long to end when they are told to. */
  readonly isSlow: boolean;
  readonly #tells: boolean;
  readonly #lines: string[] = [];
  #isTouched = false;
  #failure: Error | undefined;

  /** @param tells whether its story is wanted */
  constructor(seed: number, tells: boolean) {
    this.#tells = tells;
    this.dice = new Dice(seed);
    this.sigkill = this.dice.chance(0.9);
    this.isSlow = this.dice.chance(0.3);
    this.supervisor = new SupervisorHost(this);
  }

  /** Something happened that may settle a promise. */
  touched(): void {
    this.#isTouched = true;
  }

  /** Something promised was not kept; the run ends with it. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Resolves after this time. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      this.clock.in(milliseconds, () => {
        done();
        this.touched();
      });
    });
  }

  async run(milliseconds: number): Promise<void> {
    const until = this.clock.now() + milliseconds;
    this.#isTouched = true;
    do {
      if (this.#isTouched) await settlePromises();
      this.#isTouched = false;
      if (this.#failure !== undefined) throw this.#failure;
    } while (this.clock.step(until));
  }

  /** Kept for the report of a failure. */
  log(line: string | (() => string)): void {
    if (!this.#tells) return;
    const text = typeof line === "string" ? line : line();
    this.#lines.push(`${this.clock.now().toFixed(2).padStart(10)} ${text}`);
  }

  get story(): string {
    return this.#lines.join("\n");
  }

  fateOf(): Fate {
    const { dice } = this;
    const [waits, takes] = [this.#slowness(), this.#slowness()];
    if (this.isTroubled && dice.chance(0.1)) return { waits, takes };
    const others = dice.chance(0.2) ? [this.#behaviour(), this.#behaviour()] : [];
    const readyAfter = dice.pick([0, 1, 50, 1_000, 20_000]);
    return { waits, takes, process: { leader: this.#behaviour(), others, readyAfter } };
  }

  /** Most starts take a moment, and a few of them long. */
  #slowness(): number {
    if (!this.dice.chance(this.isSlow ? 0.6 : 0.3)) return 0;
    return this.dice.next() * this.dice.pick(this.isSlow ? [100, 5_000] : [2, 100, 2_000]);
  }

  #behaviour(): Behaviour {
    const { dice } = this;
    const obeysAfter = dice.pick(this.isSlow ? SLOW_PACE : PACE);
    const behaviour: Behaviour = this.sigkill && dice.chance(0.15) ? {} : { obeysAfter };
    if (!this.isTroubled || dice.chance(0.5)) return behaviour;
    const endsAfter = dice.pick([0, 1, 100, 2_000, 10_000, 35_000]) * (0.5 + dice.next());
    return { ...behaviour, endsAfter, code: dice.pick([0, 1]) };
  }
}

async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < PROMISE_TURNS; turn++) await undefined;
}
