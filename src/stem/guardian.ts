/**
 * Whether there is still a Supervisor to live for. One that is gone may be followed by another, which
 * has this tree's word that it waits for so long; one that replaces itself has said how long it takes.
 */
import type { ProcessId } from "../wire/stem-messages.ts";

export interface GuardianPorts {
  /** Monotonic milliseconds. */
  now(): number;
  isRunning(supervisor: ProcessId): boolean;
}

export class Guardian {
  readonly #ports: GuardianPorts;
  #supervisor: ProcessId;
  #keep: number;
  #isLinked = false;
  /** Since when nobody is there. */
  #goneSince: number | undefined;
  /** Until when one that replaces itself has to be back. */
  #backBy: number | undefined;

  /** @param keep how long to wait for a Supervisor after one that has gone (ms) */
  constructor(supervisor: ProcessId, keep: number, ports: GuardianPorts) {
    this.#supervisor = supervisor;
    this.#keep = keep;
    this.#ports = ports;
  }

  /** A Supervisor has connected, and says who it is. */
  welcomed(supervisor: ProcessId, keep: number): void {
    this.#supervisor = supervisor;
    this.#keep = keep;
    this.#isLinked = true;
    this.#goneSince = undefined;
    this.#backBy = undefined;
  }

  disconnected(): void {
    this.#isLinked = false;
  }

  /** The Supervisor is about to be replaced. @param within how long that may take (ms) */
  hold(within: number): void {
    this.#isLinked = false;
    this.#backBy = this.#ports.now() + within;
  }

  /** A new one is about to connect: it is worth looking for often. */
  get isExpecting(): boolean {
    return this.#backBy !== undefined || (this.#goneSince !== undefined && this.#keep > 0);
  }

  /** To be asked again and again: whether the tree has to end. */
  isOrphaned(): boolean {
    const now = this.#ports.now();
    if (this.#ports.isRunning(this.#supervisor)) {
      this.#goneSince = undefined;
      return !this.#isLinked && this.#backBy !== undefined && now >= this.#backBy;
    }
    this.#goneSince ??= now;
    return now >= this.#goneSince + this.#keep;
  }
}
