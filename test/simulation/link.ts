/** A connection: bytes that arrive late, in pieces and in order, until it breaks. */
import type { VirtualClock } from "./clock.ts";
import type { Dice } from "./dice.ts";

export interface PipeEvents {
  bytes(bytes: Uint8Array): void;
  /** Nothing more will come. */
  closed(): void;
}

/** Of the world: what a connection depends on. */
interface Surroundings {
  clock: VirtualClock;
  dice: Dice;
  isBusy: boolean;
}

/** Most connections are quick; the others are those of somebody who has much else to do. */
const BUSY_MS = 400;
const LONGEST_DELAYS_MS = [4, 4, 4, 4, 4, 50, 50, BUSY_MS];
/** The news that a connection has ended may come after what comes on the next one. */
const LATE_NEWS_MS = 100;

/** One direction. */
export class Pipe {
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #events: PipeEvents;
  readonly #longestDelay: number;
  /** When the latest of what is under way arrives. */
  #last = 0;
  #isCut = false;
  #isClosed = false;

  constructor({ clock, dice, isBusy }: Surroundings, events: PipeEvents) {
    this.#clock = clock;
    this.#dice = dice;
    this.#events = events;
    this.#longestDelay = isBusy ? BUSY_MS : dice.pick(LONGEST_DELAYS_MS);
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const split = this.#dice.chance(0.1) ? this.#dice.between(0, bytes.length) : bytes.length;
    this.#deliver(() => this.#events.bytes(bytes.subarray(0, split)));
    if (split < bytes.length) this.#deliver(() => this.#events.bytes(bytes.subarray(split)));
  }

  /** The writer has ended: the reader gets what is under way, then the news. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const after = this.#dice.chance(0.2) ? this.#dice.next() * LATE_NEWS_MS : 0;
    this.#deliver(() => {
      this.#isCut = true;
      this.#events.closed();
    }, after);
  }

  /** The reader has ended: nothing arrives any more. */
  cut(): void {
    this.#isClosed = true;
    this.#isCut = true;
  }

  /** When all that is under way will have arrived. */
  get arrival(): number {
    return Math.max(this.#last, this.#clock.now());
  }

  #deliver(arrive: () => void, after = 0): void {
    const soonest = this.#clock.now() + after + this.#dice.next() * this.#longestDelay;
    this.#last = Math.max(this.#last, soonest);
    this.#clock.at(this.#last, () => {
      if (!this.#isCut) arrive();
    });
  }
}

/** Both directions, made by a Stem and taken by a Supervisor. */
export class Connection {
  readonly toSupervisor: Pipe;
  readonly toStem: Pipe;

  constructor(around: Surroundings, supervisorEnd: PipeEvents, stemEnd: PipeEvents) {
    this.toSupervisor = new Pipe(around, supervisorEnd);
    this.toStem = new Pipe(around, stemEnd);
  }

  /** The Stem's end is destroyed: what it has sent still arrives. */
  endByStem(): void {
    this.toStem.cut();
    this.toSupervisor.close();
  }

  endBySupervisor(): void {
    this.toSupervisor.cut();
    this.toStem.close();
  }
}
