/** The Supervisor's roster, with everything that it is given counted. */
import type { NodeConfig } from "../../../src/core/config.ts";
import type { Origin } from "../../../src/core/report.ts";
import type { RosterEffect } from "../../../src/supervisor/roster/effects.ts";
import type { Goal } from "../../../src/supervisor/roster/member.ts";
import type { Creation } from "../../../src/supervisor/roster/replacements.ts";
import { Roster as Real } from "../../../src/supervisor/roster/roster.ts";
import { isDown, type RosterEvent, type RosterState, SUPERVISOR } from "./roster-cells.ts";
import { Tally } from "./tally.ts";

export const tally = new Tally(SUPERVISOR);

export class Roster extends Real {
  #state: RosterState = "no Stem yet";

  override create(config: NodeConfig, now: number, origin: Origin = "script"): Creation {
    this.#count("create");
    return super.create(config, now, origin);
  }

  override destroy(name: string): ReturnType<Real["destroy"]> {
    this.#count("destroy");
    return super.destroy(name);
  }

  override order(goal: Goal, name: string): ReturnType<Real["order"]> {
    this.#count(goal);
    return super.order(goal, name);
  }

  override printedReady(name: string, pid: number): RosterEffect[] {
    this.#count("printed");
    return super.printedReady(name, pid);
  }

  override keepAll(): void {
    this.#count("keep all");
    super.keepAll();
  }

  override roll(now: number): RosterEffect[] {
    this.#count("roll");
    return super.roll(now);
  }

  override connected(): void {
    this.#count("connected", this.#isNew ? "first Stem" : "introducing");
    super.connected();
  }

  override disconnected(): void {
    this.#count("broken", this.#isNew ? "no Stem yet" : "down");
    super.disconnected();
  }

  override stemDied(now: number): void {
    this.#count("Stem died", this.#isNew ? "no Stem yet" : "down");
    super.stemDied(now);
  }

  override receive(...[message, strays]: Parameters<Real["receive"]>): RosterEffect[] {
    if (isDown(this.#state)) this.#count("late word");
    else this.#count(message.type, message.type === "synced" ? "up" : this.#state);
    return super.receive(message, strays);
  }

  get #isNew(): boolean {
    return this.#state === "no Stem yet" || this.#state === "first Stem";
  }

  #count(event: RosterEvent, next = this.#state): void {
    tally.count(this.#state, event);
    this.#state = next;
  }
}
