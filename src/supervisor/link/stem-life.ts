/**
 * Keeps a Stem alive: one that is started or taken over, and after each that dies another, until the
 * tree ends.
 */
import { DEFAULT_POLICY } from "../../core/config.ts";
import { afterDeath, attempted, type Exit, FRESH, type Revival } from "../../core/revival.ts";
import { StemDiedEarlyError } from "../../errors.ts";
import type { StemProcess, SupervisorPorts } from "../supervisor-ports.ts";
import type { Teller } from "../teller.ts";
import { withWhat } from "../tidings.ts";

type Ports = Pick<SupervisorPorts, "clock" | "startStem" | "takeOverStem" | "send" | "say">;

export class StemLife {
  readonly #ports: Ports;
  readonly #teller: Teller;
  readonly #died: () => void;
  #process: StemProcess | undefined;
  #revival: Revival = FRESH;
  #count = 0;
  #isLinked = false;
  #isIntroduced = false;
  #isTaken = false;
  /** Until the first Stem has said what it has. */
  #first: { introduced: () => void; failed: (error: Error) => void } | undefined;
  /** What to do about the last Stem's death once its link has closed. */
  #mourn: (() => void) | undefined;
  #alive: (() => void) | undefined;
  #onEnd: ((exit: Exit) => void) | undefined;

  /** @param died called when a Stem is gone, and all that it said before is heard */
  constructor(ports: Ports, teller: Teller, died: () => void) {
    this.#ports = ports;
    this.#teller = teller;
    this.#died = died;
  }

  /** -1: there is none. */
  get pid(): number {
    return this.#process?.pid ?? -1;
  }

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  /** There was another one before, which may have left processes; of one that was taken over nobody knows. */
  get isSuccessor(): boolean {
    return this.#count > 1 || this.#isTaken;
  }

  get isLinked(): boolean {
    return this.#isLinked;
  }

  /** On this connection it has said what it has, and so was told what is wanted. */
  get isIntroduced(): boolean {
    return this.#isLinked && this.#isIntroduced;
  }

  get isEnding(): boolean {
    return this.#onEnd !== undefined;
  }

  /** Resolves when it has said what it has. @throws StemDiedEarlyError (a rejection) */
  start(): Promise<void> {
    return new Promise((introduced, failed) => {
      this.#first = { introduced, failed };
      this.#start();
    });
  }

  /** @param done called at once when it has said what it has, with `false` if there is none, or if it ended before */
  takeOver(done: (isTaken: boolean) => void): void {
    const failed = (): void => {
      this.#process = undefined;
      this.#first = undefined;
      done(false);
    };
    this.#first = { introduced: () => done(true), failed };
    const startedAt = this.#ports.clock.now();
    this.#process = this.#ports.takeOverStem((exit) => this.#exited(exit, startedAt));
    if (this.#process === undefined) failed();
    else [this.#count, this.#isTaken] = [1, true];
  }

  /** Ends it for good. Resolves with how it ended. */
  end(): Promise<Exit> {
    return new Promise((done) => {
      this.#onEnd = done;
      if (this.#process === undefined && this.#mourn === undefined) done({});
      else this.#process?.signal("SIGTERM");
    });
  }

  /** @returns `false` if the link is of one that has gone already */
  connected(): boolean {
    if (this.#process === undefined) return false;
    this.#isLinked = true;
    this.#isIntroduced = false;
    return true;
  }

  /** It has said what it has. */
  introduced(): void {
    // The late word of one that has gone says nothing of the next.
    if (!this.#isLinked) return;
    this.#isIntroduced = true;
    this.#first?.introduced();
    this.#first = undefined;
  }

  disconnected(): void {
    this.#isLinked = false;
    this.#mourn?.();
  }

  /** Asks for a sign of life. `alive` is called when it comes, if it ever does. */
  ping(alive: () => void): void {
    this.#alive = alive;
    if (this.#isLinked) this.#ports.send({ type: "ping" });
  }

  pong(): void {
    this.#alive?.();
  }

  #start(): void {
    this.#count++;
    const startedAt = this.#ports.clock.now();
    this.#process = this.#ports.startStem((exit) => this.#exited(exit, startedAt));
    this.#teller.happened("stem", `a Stem was started (PID ${this.pid})`);
  }

  /** What the Stem said before it died may come after the news of its death: it is heard first. */
  #exited(exit: Exit, startedAt: number): void {
    const { pid } = this;
    this.#process = undefined;
    this.#mourn = () => {
      this.#mourn = undefined;
      this.#isGone(pid, exit, startedAt);
    };
    if (!this.#isLinked) this.#mourn();
  }

  #isGone(pid: number, exit: Exit, startedAt: number): void {
    this.#died();
    this.#teller.happened("stem", `the Stem (PID ${pid}) ended ${withWhat(exit)}`);
    if (this.#onEnd !== undefined) return this.#onEnd(exit);
    if (this.#first !== undefined)
      return this.#first.failed(new StemDiedEarlyError(withWhat(exit)));
    this.#ports.say(`error: Supervisor stem (PID ${pid}) died ${withWhat(exit)}: starting another`);
    this.#revive(exit, startedAt);
  }

  #revive(exit: Exit, startedAt: number): void {
    const { clock } = this.#ports;
    const now = clock.now();
    const verdict = afterDeath(this.#revival, exit, startedAt, now, DEFAULT_POLICY.revival);
    this.#revival = attempted(verdict.revival);
    if (!verdict.revive || verdict.at <= now) return this.#start();
    clock.at(verdict.at, () => {
      if (!this.isEnding) this.#start();
    });
  }
}
