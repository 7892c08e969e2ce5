/** What a measure has to tell. */
import { type Series, seriesOf } from "./statistics.ts";

export interface Result {
  what: string;
  /** The goal in words, and whether it is met; a number that only informs has none. */
  goal?: { text: string; met: boolean };
  unit: string;
  value: Series;
  /** The same done without Coppice, in the same run and in turn with it. */
  bare?: { what: string; value: Series };
}

export interface Measure {
  /** How it is called on the command line. */
  name: string;
  run(): Promise<Result[]>;
}

/** A result of numbers measured in turn with those of a bare reference. */
export function compared(
  what: string,
  unit: string,
  numbers: readonly number[],
  bareWhat: string,
  bareNumbers: readonly number[],
  goal?: (value: Series, bare: Series) => { text: string; met: boolean },
): Result {
  const value = seriesOf(numbers);
  const bare = seriesOf(bareNumbers);
  const reference = { what: bareWhat, value: bare };
  return { what, unit, value, bare: reference, ...(goal ? { goal: goal(value, bare) } : {}) };
}
