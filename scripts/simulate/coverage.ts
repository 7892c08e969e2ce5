/** Which cells of a state machine's table were reached, for people. */
import {
  type Counts,
  cellName,
  type Machine,
  whyNot,
} from "../../test/simulation/observed/tally.ts";
import { table } from "../fuzz/table.ts";

export interface Coverage {
  events: number;
  covered: number;
  /** As its parts promise; each is watched, and reaching one is a failure. */
  impossible: number;
  /** What can be, and was not. */
  missed: string[];
}

export function coverageOf(machine: Machine, counts: Counts): Coverage {
  const coverage: Coverage = { events: 0, covered: 0, impossible: 0, missed: [] };
  for (const state of machine.states) {
    for (const event of machine.events) {
      const cell = cellName(state, event);
      const count = counts[cell] ?? 0;
      coverage.events += count;
      if (whyNot(machine, state, event) !== undefined) coverage.impossible++;
      else if (count > 0) coverage.covered++;
      else coverage.missed.push(cell);
    }
  }
  return coverage;
}

export function coverageText(machine: Machine, counts: Counts): string[] {
  const { events, covered, impossible, missed } = coverageOf(machine, counts);
  const rows = machine.states.map((state) => [
    state,
    ...machine.events.map((event) =>
      whyNot(machine, state, event) === undefined
        ? short(counts[cellName(state, event)] ?? 0)
        : "-",
    ),
  ]);
  return [
    `${machine.name}: ${events} events; ${covered} cells covered, ${impossible} impossible, ${missed.length} not covered`,
    ...table([["", ...machine.events], ...rows]),
    ...machine.impossible.map(({ events: which, states, why }) => {
      const cells = machine.states.filter(states).length * which.length;
      return `  -  ${which.join(", ")} (${cells} cells): ${why}`;
    }),
    ...missed.map((cell) => `  not covered: ${cell}`),
  ];
}

/** `1234`, `12k`. */
function short(count: number): string {
  return count < 10_000 ? String(count) : `${Math.round(count / 1000)}k`;
}
