/**
 * Does what the roster decides: commands go to the Stem, news to whoever wants it, and whoever has
 * asked for something hears when it is done.
 */
import type { NodeStatus } from "../core/status.ts";
import type { Outbox } from "./link/outbox.ts";
import type { RosterEffect } from "./roster/effects.ts";
import type { Roster } from "./roster/roster.ts";
import type { SupervisorPorts } from "./supervisor-ports.ts";
import type { Teller } from "./teller.ts";
import { Waiting } from "./waiting.ts";

export class Performer {
  /** For the first starts of creations, the ends of destroyed nodes, and other requests. */
  readonly created = new Waiting<NodeStatus>();
  readonly destroyed = new Waiting<boolean>();
  readonly answered = new Waiting<boolean>();
  readonly #roster: Roster;
  readonly #outbox: Outbox;
  readonly #teller: Teller;
  readonly #ports: Pick<SupervisorPorts, "clock" | "soon">;
  #isRolling = false;
  #onRolled: (() => void)[] = [];

  constructor(
    roster: Roster,
    outbox: Outbox,
    teller: Teller,
    ports: Pick<SupervisorPorts, "clock" | "soon">,
  ) {
    this.#roster = roster;
    this.#outbox = outbox;
    this.#teller = teller;
    this.#ports = ports;
  }

  perform(effects: readonly RosterEffect[]): void {
    for (const effect of effects) this.#perform(effect);
    this.#checkRolled();
  }

  /** Resolves when every node has the configuration that it is to have. */
  rolled(): Promise<void> {
    return new Promise((rolled) => {
      this.#onRolled.push(rolled);
      this.#checkRolled();
    });
  }

  #perform(effect: RosterEffect): void {
    switch (effect.type) {
      case "send":
        return this.#outbox.add(effect);
      case "created":
        return this.created.answer(effect.id, effect.status);
      case "destroyed":
        this.#teller.happened("gone", `nothing of node '${effect.name}' is left`, effect.name);
        return this.destroyed.answer(effect.id, true);
      case "answered":
        return this.answered.answer(effect.request, effect.done);
      case "roll":
        return this.#rollSoon();
      case "news":
        return this.#teller.news(effect.news, effect.pid, effect.status);
      case "missed":
        return this.#teller.missed(effect.news, effect.pid, effect.status);
      default:
        return effect satisfies never;
    }
  }

  /** Once for all whose turn has come in this turn of the loop: they end together. */
  #rollSoon(): void {
    if (this.#isRolling) return;
    this.#isRolling = true;
    this.#ports.soon(() => {
      this.#isRolling = false;
      this.perform(this.#roster.roll(this.#ports.clock.wall()));
    });
  }

  #checkRolled(): void {
    if (this.#onRolled.length === 0 || !this.#roster.isRolled) return;
    for (const rolled of this.#onRolled.splice(0)) rolled();
  }
}
