/** What keeps a Stem alive, with everything that happens to it counted. */
import type { Exit } from "../../../src/core/revival.ts";
import { StemLife as Real } from "../../../src/supervisor/link/stem-life.ts";
import { STEM, type StemEvent } from "./stem-cells.ts";
import { Tally } from "./tally.ts";

export const tally = new Tally(STEM);

export class StemLife extends Real {
  constructor(...[ports, teller, died]: ConstructorParameters<typeof Real>) {
    // There is no `this` yet that what comes later could be counted with.
    const seen: { life: StemLife | undefined } = { life: undefined };
    const counted =
      (event: StemEvent, act: (exit: Exit) => void) =>
      (exit: Exit): void => {
        if (seen.life !== undefined) seen.life.#count(event);
        act(exit);
      };
    const { clock } = ports;
    super(
      {
        ...ports,
        clock: {
          now: () => clock.now(),
          wall: () => clock.wall(),
          at: (at, due) => clock.at(at, () => counted("due", due)({})),
        },
        startStem: (exited) => ports.startStem(counted("exited", exited)),
        takeOverStem: (exited) => ports.takeOverStem(counted("exited", exited)),
      },
      teller,
      died,
    );
    seen.life = this;
  }

  override start(): Promise<void> {
    this.#count("start");
    return super.start();
  }

  override takeOver(done: (isTaken: boolean) => void): void {
    this.#count("take over");
    super.takeOver(done);
  }

  override end(): Promise<Exit> {
    this.#count("end");
    return super.end();
  }

  override connected(): boolean {
    this.#count(this.pid === -1 ? "late word" : "connected");
    return super.connected();
  }

  override introduced(): void {
    this.#count(this.isLinked ? "introduced" : "late word");
    super.introduced();
  }

  override disconnected(): void {
    this.#count(this.isLinked ? "broken" : "late word");
    super.disconnected();
  }

  override ping(alive: () => void): void {
    this.#count("ping");
    super.ping(alive);
  }

  override pong(): void {
    this.#count("pong");
    super.pong();
  }

  #count(event: StemEvent): void {
    const hasProcess = this.pid !== -1;
    const state = hasProcess
      ? this.isLinked
        ? "linked"
        : "alone"
      : this.isLinked
        ? "mourned"
        : "none";
    tally.count(this.isEnding ? `${state}, ending` : state, event);
  }
}
