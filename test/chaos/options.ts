/** What `npm run chaos` is asked for. */
import { parseArgs } from "node:util";

export interface ChaosOptions {
  minutes: number;
  seed: number;
  /** Only these kinds of trouble; empty: all. */
  only: readonly string[];
  /** Whether what the run has written stays, even if all was well. */
  keep: boolean;
}

export const USAGE =
  "usage: npm run chaos -- [--minutes N] [--seed S] [--only TROUBLE]… [--keep-files] | --list";

/** @param troubles the names that there are. @throws Error with what is wrong */
export function optionsOf(args: readonly string[], troubles: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
      only: { type: "string", multiple: true, default: [] },
      "keep-files": { type: "boolean", default: false },
    },
  });
  const unknown = values.only.find((name) => !troubles.includes(name));
  if (unknown !== undefined)
    throw new Error(`there is no trouble '${unknown}': there are ${troubles.join(", ")}`);
  if (!/^\d{1,10}$/.test(values.seed))
    throw new Error(`--seed needs a number, and not '${values.seed}'`);
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 10_000))
    throw new Error(`--minutes needs a number, and not '${values.minutes}'`);
  return { minutes, seed: Number(values.seed), only: values.only, keep: values["keep-files"] };
}
