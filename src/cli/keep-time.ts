/** `--keep [SECONDS]`: how long a tree lives on without its Supervisor. */
import { UsageError } from "../errors.ts";

/** @returns milliseconds. @throws UsageError */
export function keepTime(text: string): number {
  const seconds = Number(text);
  if (NUMBER.test(text) && seconds > 0 && seconds <= LONGEST_S) return seconds * 1000;
  throw new UsageError(`--keep is a number of seconds up to ${LONGEST_S}, not '${text}'`);
}

/** Its number may be left out, which Node.js' own parser does not know of an option. */
export function withKeepTime(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  return argv.map((arg, at) => {
    const isOption = arg === "--keep" && (end < 0 || at < end);
    return isOption && !NUMBER.test(argv[at + 1] ?? "") ? `--keep=${DEFAULT_S}` : arg;
  });
}

const NUMBER = /^\d+(?:\.\d+)?$/;
const DEFAULT_S = 60;
const LONGEST_S = 7 * 24 * 3600;
