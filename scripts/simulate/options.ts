/** What `npm run simulate` is asked for. */
import { parseArgs } from "node:util";

export interface SimulateOptions {
  /** At least so many. */
  seeds: number;
  from: number;
  /** Of nodes: at least so many. */
  events: number;
  /** Only this one, whose story is told. */
  seed?: number;
}

/** A run of so many seeds has to reach every cell. */
export const FULL_RUN = 10_000;

export const USAGE =
  "usage: npm run simulate -- [--seeds N] [--from S] [--events N], or --seed S for the story of one";

/** @throws Error with what is wrong */
export function optionsOf(args: readonly string[]): SimulateOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string", default: String(FULL_RUN) },
      from: { type: "string", default: "1" },
      events: { type: "string", default: "1000000" },
      seed: { type: "string" },
    },
  });
  const { seed } = values;
  return {
    seeds: natural("seeds", values.seeds),
    from: natural("from", values.from),
    events: natural("events", values.events),
    ...(seed === undefined ? {} : { seed: natural("seed", seed) }),
  };
}

function natural(option: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${option} needs a number, and not '${text}'`);
  return Number(text);
}
