/**
 * The record of which Stem there is, written whatever happens: a disk may be full just when a Stem has
 * died and another one is there. Until it is written the next Supervisor would not find that one.
 */
import type { Clock } from "../../os/clock.ts";
import { errnoText } from "../../os/tools.ts";
import { type StemRecord, writeStemRecord } from "./stem-record.ts";

/** How long after a failure it is tried again (ms). */
const RETRY_MS = 1_000;

export interface LastingRecordPorts {
  clock: Pick<Clock, "now" | "at">;
  say(text: string): void;
}

export class LastingRecord {
  readonly #file: string;
  readonly #ports: LastingRecordPorts;
  #cancel: (() => void) | undefined;
  #hasFailed = false;

  constructor(file: string, ports: LastingRecordPorts) {
    this.#file = file;
    this.#ports = ports;
  }

  /** What was to be written last is. */
  get isWritten(): boolean {
    return this.#cancel === undefined;
  }

  /** Never throws: what cannot be written is tried again until it can, or there is another one. */
  write(record: Omit<StemRecord, "link">): void {
    const { clock, say } = this.#ports;
    this.#cancel?.();
    this.#cancel = undefined;
    try {
      writeStemRecord(this.#file, record);
      this.#hasFailed = false;
    } catch (error) {
      const reason = errnoText(error as NodeJS.ErrnoException);
      if (!this.#hasFailed)
        say(
          `warning: cannot write ${this.#file}: ${reason}; there is no reload until that is done`,
        );
      this.#hasFailed = true;
      this.#cancel = clock.at(clock.now() + RETRY_MS, () => this.write(record));
    }
  }
}
