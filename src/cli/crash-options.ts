/** The options that say what is kept of crashes, and who is told. */
import { UsageError } from "../errors.ts";
import { CRASH_DEFAULTS, type CrashOptions, HOOK_DEFAULTS } from "../evidence/options.ts";

export const CRASH_OPTIONS = {
  "crash-keep": { type: "string" },
  "crash-max-size": { type: "string" },
  "on-crash": { type: "string" },
  "on-crash-every": { type: "string" },
  "on-crash-timeout": { type: "string" },
} as const;

export type CrashValues = { [Name in keyof typeof CRASH_OPTIONS]?: string | undefined };

export const CRASH_HELP = `      --crash-keep N           how many records of crashes to keep (default: 100; 0: none)
      --crash-max-size SIZE    and how large they may be together (default: 50M)
      --on-crash COMMAND       run this with sh -c after a crash, with the record as JSON on its stdin
      --on-crash-every SECONDS
                               once in this time for each node (default: 60; 0: after every crash)
      --on-crash-timeout SECONDS
                               and for no longer than this (default: 30)
`;

/** @throws UsageError */
export function crashOptionsOf(values: CrashValues): CrashOptions {
  const keep = values["crash-keep"];
  const maxSize = values["crash-max-size"];
  const command = values["on-crash"];
  for (const option of ["on-crash-every", "on-crash-timeout"] as const)
    if (values[option] !== undefined && command === undefined)
      throw new UsageError(`--${option} needs --on-crash`);
  if (command?.trim() === "") throw new UsageError("--on-crash needs a command");
  const options: CrashOptions = { ...CRASH_DEFAULTS };
  if (keep !== undefined) options.keep = countOf("crash-keep", keep);
  if (maxSize !== undefined) options.maxSize = sizeOf("crash-max-size", maxSize);
  if (command === undefined) return options;
  const every = secondsOf("on-crash-every", values, HOOK_DEFAULTS.every, 0);
  const timeout = secondsOf("on-crash-timeout", values, HOOK_DEFAULTS.timeout, 1);
  return { ...options, onCrash: { command, every, timeout } };
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > MOST_KEPT)
    throw new UsageError(`--${option} is a number up to ${MOST_KEPT}, not '${text}'`);
  return count;
}

/** "50M", "512K", "1G", "1000000". */
function sizeOf(option: string, text: string): number {
  const [, digits, unit = ""] = /^(\d{1,12})([KMG]?)$/i.exec(text) ?? [];
  if (digits === undefined)
    throw new UsageError(`--${option} is a size as 50M, 512K or 1G, not '${text}'`);
  return Number(digits) * 1000 ** " KMG".indexOf(unit.toUpperCase() || " ");
}

function secondsOf(
  option: "on-crash-every" | "on-crash-timeout",
  values: CrashValues,
  unset: number,
  least: number,
): number {
  const text = values[option];
  if (text === undefined) return unset;
  const seconds = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || seconds < least || seconds > LONGEST_S)
    throw new UsageError(
      `--${option} is a number of seconds from ${least} to ${LONGEST_S}, not '${text}'`,
    );
  return seconds * 1000;
}

/** Each is looked at when they are listed for the first time. */
const MOST_KEPT = 10_000;
/** A day: far below what timers hold. */
const LONGEST_S = 86_400;
