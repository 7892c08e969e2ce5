/** One connection's worth of mischief, decided by its dice alone, so that a seed brings it again. */
import type { Dice } from "../../test/simulation/dice.ts";
import { Line, type Target } from "./line.ts";

/** What a scenario needs of whoever runs it. */
export interface Stage {
  dice: Dice;
  target: Target;
  /** Where the listener is, without TLS. */
  bare: Target;
  /** So many frames were sent. */
  sent(frames: number): void;
  /** Held back by the guard. */
  withheld(): void;
  /** The other side did what it must not do. */
  problem(text: string): void;
  /** Whether enough was sent. */
  isOver(): boolean;
  /** A line that is finished with. @returns when the other side has let go of it */
  leave(line: Line): Promise<void>;
}

export interface Scenario {
  name: string;
  /** How often, compared with the others. */
  weight: number;
  /** Goes on for seconds, and says little. */
  isSlow?: boolean;
  run(stage: Stage): Promise<void>;
}

/** Written together: one write for each frame would take longer than all the rest. */
const CHUNK = 32 * 1024;

/** Frames on their way to a line. */
export class Batch {
  readonly #stage: Stage;
  readonly #line: Line;
  readonly #patience: number | undefined;
  #pieces: Uint8Array[] = [];
  #size = 0;
  #frames = 0;

  /** @param patience how long the line may take (ms); left out, it is a problem if it takes long */
  constructor(stage: Stage, line: Line, patience?: number) {
    this.#stage = stage;
    this.#line = line;
    this.#patience = patience;
  }

  /** @returns whether the line takes more */
  async add(piece: Uint8Array, frames = 1): Promise<boolean> {
    this.#pieces.push(piece);
    this.#size += piece.length;
    this.#frames += frames;
    return this.#size < CHUNK || (await this.flush());
  }

  /** @returns whether the line takes more */
  async flush(): Promise<boolean> {
    const [bytes, frames] = [Buffer.concat(this.#pieces), this.#frames];
    this.#pieces = [];
    this.#size = 0;
    this.#frames = 0;
    const how = await this.#line.write(bytes, this.#patience);
    if (how === "taken") this.#stage.sent(frames);
    if (how === "late" && this.#patience === undefined)
      this.#stage.problem("a connection whose answers are read is not read from");
    return how === "taken";
  }
}

/**
 * Ends a line in one of the ways there are.
 * @param rudeness how often at once, whatever was not read yet
 * @returns when the other side has let go of it, which nobody has to wait for
 */
export function hangUp(stage: Stage, line: Line, rudeness = 0.2): Promise<void> {
  if (stage.dice.chance(rudeness)) line.socket.destroy();
  else if (stage.dice.chance(rudeness / 2) && stage.target.kind === "tcp")
    line.socket.resetAndDestroy();
  else line.socket.end();
  return stage.leave(line);
}

/** What costs nothing on any listener: noise, and connections that come to nothing. */
export function common(opening: (dice: Dice) => Buffer): Scenario[] {
  return [
    {
      name: "noise",
      weight: 2,
      async run(stage) {
        const line = new Line(stage.dice.chance(0.5) ? stage.bare : stage.target);
        const frames = stage.dice.between(1, 4);
        const start = stage.dice.chance(0.5) ? opening(stage.dice) : Buffer.alloc(0);
        const noise = Buffer.from(
          Uint8Array.from({ length: stage.dice.between(1, 3000) }, () =>
            stage.dice.between(0, 255),
          ),
        );
        const batch = new Batch(stage, line);
        await batch.add(start, 0);
        for (let i = 0; i < frames; i++) await batch.add(noise.subarray(stage.dice.between(0, 99)));
        await batch.flush();
        void hangUp(stage, line);
      },
    },
    {
      name: "stages",
      weight: 2,
      async run(stage) {
        const { dice } = stage;
        const line = new Line(dice.chance(0.3) ? stage.bare : stage.target);
        if (dice.chance(0.2)) {
          void hangUp(stage, line);
          return;
        }
        const start = opening(dice);
        const batch = new Batch(stage, line);
        await batch.add(start.subarray(0, dice.between(0, start.length)));
        await batch.flush();
        void hangUp(stage, line);
      },
    },
    {
      name: "drip",
      weight: 1,
      isSlow: true,
      async run(stage) {
        const line = new Line(stage.target);
        for (const byte of opening(stage.dice)) {
          if (stage.isOver() || (await line.write(Uint8Array.of(byte))) !== "taken") break;
          await new Promise((drip) => setTimeout(drip, DRIP_MS));
        }
        stage.sent(1);
        void hangUp(stage, line);
      },
    },
  ];
}

const DRIP_MS = 10;
