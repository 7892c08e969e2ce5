/** The options that say how a Supervisor prints lines. */
import { UsageError } from "../errors.ts";
import { LOG_FORMATS, LOG_TIMES, type LogOptions } from "../output/format.ts";
import type { Option } from "./verb.ts";

export const LOG_OPTIONS = {
  "log-format": { type: "string" },
  "log-timestamps": { type: "string" },
} as const;

export const LOG_NAMES = ["log-format", "log-timestamps"] as const;

export const LOG_HELP = `      --log-format FORMAT      how lines are printed: zeek (the default), short or json
      --log-timestamps WHICH   none, clock, iso or epoch (default: as the format has it)
`;

/** The same, for a verb that becomes a Supervisor. */
export const LOG_VERB_OPTIONS: Record<(typeof LOG_NAMES)[number], Option> = {
  "log-format": {
    type: "string",
    value: "FORMAT",
    text: "how lines are printed: zeek, short or json (default: zeek)",
    completes: LOG_FORMATS,
  },
  "log-timestamps": {
    type: "string",
    value: "WHICH",
    text: "none, clock, iso or epoch (default: as the format has it)",
    completes: LOG_TIMES,
  },
};

type LogValues = Partial<Record<(typeof LOG_NAMES)[number], string | undefined>>;

/** @throws UsageError */
export function logOptionsOf(values: LogValues): LogOptions {
  const format = choice("log-format", values["log-format"], LOG_FORMATS);
  const time = choice("log-timestamps", values["log-timestamps"], LOG_TIMES);
  return { format: format ?? "zeek", ...(time === undefined ? {} : { time }) };
}

function choice<Word extends string>(
  option: string,
  value: string | undefined,
  words: readonly Word[],
): Word | undefined {
  const word = words.find((one) => one === value);
  if (value === undefined || word !== undefined) return word;
  throw new UsageError(
    `--${option} is ${words.slice(0, -1).join(", ")} or ${words.at(-1)}, not '${value}'`,
  );
}
