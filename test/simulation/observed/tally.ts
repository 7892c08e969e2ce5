/** Counts how often each event has met each state: the cells of a state machine's table. */

/** What there is to count of one machine, and what can never be. */
export interface Machine {
  /** What people call it. */
  name: string;
  states: readonly string[];
  events: readonly string[];
  impossible: readonly Impossible[];
}

/** Cells that cannot be hit, as long as the parts around the machine keep their promises. */
export interface Impossible {
  states: (state: string) => boolean;
  events: readonly string[];
  why: string;
}

/** By cell, `state × event`. */
export type Counts = Record<string, number>;

export class Tally {
  readonly machine: Machine;
  /** By state, then by event. */
  readonly #cells = new Map<string, Map<string, Cell>>();

  constructor(machine: Machine) {
    this.machine = machine;
    for (const state of machine.states) {
      const row = new Map<string, Cell>();
      for (const event of machine.events)
        row.set(event, { count: 0, why: whyNot(machine, state, event) });
      this.#cells.set(state, row);
    }
  }

  /** @throws if that cannot be, as was said */
  count(state: string, event: string): void {
    const cell = this.#cells.get(state)?.get(event);
    if (cell === undefined) throw new Error(`${this.machine.name} has no cell ${state} × ${event}`);
    cell.count++;
    if (cell.why !== undefined)
      throw new Error(`${this.machine.name}: ${event} in ${state}, which cannot be: ${cell.why}`);
  }

  get counts(): Counts {
    const counts: Counts = {};
    for (const [state, row] of this.#cells)
      for (const [event, { count }] of row) counts[cellName(state, event)] = count;
    return counts;
  }
}

interface Cell {
  count: number;
  why: string | undefined;
}

export function cellName(state: string, event: string): string {
  return `${state} × ${event}`;
}

/** Why a cell cannot be hit; undefined: it can. */
export function whyNot({ impossible }: Machine, state: string, event: string): string | undefined {
  return impossible.find((rule) => rule.events.includes(event) && rule.states(state))?.why;
}
