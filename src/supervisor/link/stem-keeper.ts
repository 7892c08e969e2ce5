/** The Supervisor's Stem as a process: one that it starts, or one that it takes over. */
import { randomBytes } from "node:crypto";
import type { Exit } from "../../core/revival.ts";
import { systemClock } from "../../os/clock.ts";
import { processId } from "../../os/process-table.ts";
import { signalProcess } from "../../os/signals.ts";
import { type Watched, watchProcess } from "../../os/watch-process.ts";
import type { ToStem } from "../../wire/stem-messages.ts";
import { places } from "../../wire/stem-setup.ts";
import type { StateDirectory } from "../state-directory.ts";
import type { StemProcess } from "../supervisor-ports.ts";
import { LastingRecord } from "./lasting-record.ts";
import { type StemOptions, startStem } from "./stem-process.ts";
import { runs, type StemRecord } from "./stem-record.ts";

export interface StemKeeperOptions extends Pick<StemOptions, "image" | "env" | "output"> {
  state: StateDirectory;
  /** How long the tree lives on without a Supervisor (ms). */
  keep: number;
  /** From now on only a Stem with this token is let in. */
  expect(token: string): void;
  say(text: string): void;
}

export class StemKeeper {
  readonly #options: StemKeeperOptions;
  readonly #supervisor = processId(process.pid);
  readonly #record: LastingRecord;
  #watched: Watched | undefined;

  constructor(options: StemKeeperOptions) {
    this.#options = options;
    const { state, say } = options;
    this.#record = new LastingRecord(state.file(places.stem), { clock: systemClock, say });
  }

  /** Whether the next Supervisor would find the Stem. */
  get isRecorded(): boolean {
    return this.#record.isWritten;
  }

  /** @param exited called once, also for one that could not be started */
  start(exited: (exit: Exit) => void): StemProcess {
    const { image, env, output, state, keep, expect } = this.#options;
    const token = randomBytes(32).toString("hex");
    expect(token);
    this.#watched = undefined;
    const options = { image, stateDirectory: state.path, env, output, keep, token };
    const stem = startStem(options, exited);
    if (stem.pid > 0) this.#remember({ stem: processId(stem.pid), token, image });
    return stem;
  }

  takeOver({ stem, token, image }: StemRecord, exited: (exit: Exit) => void): StemProcess {
    this.#options.expect(token);
    this.#remember({ stem, token, image });
    this.#watched = watchProcess(stem.pid, stem.startTime, exited);
    return {
      pid: stem.pid,
      signal: (signal) => {
        if (runs(stem)) signalProcess(stem.pid, signal);
      },
    };
  }

  /** What a Stem is told on every connection. */
  welcome(): ToStem {
    return { type: "welcome", supervisor: this.#supervisor, keep: this.#options.keep };
  }

  /** The link has broken: it may be the end of a Stem that is not our child. */
  linkLost(): void {
    this.#watched?.look();
  }

  #remember(stem: Pick<StemRecord, "stem" | "token" | "image">): void {
    this.#record.write({ ...stem, supervisor: this.#supervisor, keep: this.#options.keep });
  }
}
