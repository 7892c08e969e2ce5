/** The command line of a verb, parsed. */
import { parseArgs } from "node:util";
import { UsageError } from "../errors.ts";
import { optionsOf } from "./common-options.ts";
import { explain } from "./explain.ts";
import type { Verb } from "./verb.ts";

type Value = string | boolean | (string | boolean)[] | undefined;

export class Line {
  readonly verb: Verb;
  /** Those before `--`. */
  readonly operands: readonly string[];
  /** What comes after `--`; undefined without one. */
  readonly rest: readonly string[] | undefined;
  readonly #values: Record<string, Value>;

  constructor(
    verb: Verb,
    operands: readonly string[],
    rest: readonly string[] | undefined,
    values: Record<string, Value>,
  ) {
    this.verb = verb;
    this.operands = operands;
    this.rest = rest;
    this.#values = values;
  }

  /** The operands of a verb to which `--` only says that no more options come; each once. */
  get names(): string[] {
    return [...new Set([...this.operands, ...(this.rest ?? [])])];
  }

  flag(option: string): boolean {
    return this.#values[option] === true;
  }

  has(option: string): boolean {
    return this.#values[option] !== undefined;
  }

  text(option: string): string | undefined {
    const value = this.#values[option];
    return typeof value === "string" ? value : undefined;
  }

  /** The values of an option that may be given again. */
  list(option: string): string[] {
    const value = this.#values[option];
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  }

  /** One of certain words. @throws UsageError */
  choice<Word extends string>(option: string, words: readonly Word[]): Word | undefined {
    const value = this.text(option);
    if (value === undefined) return undefined;
    const word = words.find((one) => one === value);
    if (word === undefined)
      throw this.wrong(`--${option} is one of ${inWords(words)}, not '${value}'`);
    return word;
  }

  /** @throws UsageError */
  wholeNumber(option: string): number | undefined {
    const value = this.text(option);
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value)) throw this.wrong(`--${option} is a whole number, not '${value}'`);
    return Number(value);
  }

  /** A time, in milliseconds. @throws UsageError */
  seconds(option: string): number | undefined {
    const value = this.text(option);
    if (value === undefined) return undefined;
    const seconds = Number(value);
    if (value.trim() === "" || !Number.isFinite(seconds) || seconds < 0)
      throw this.wrong(`--${option} is a number of seconds, not '${value}'`);
    return Math.min(seconds * 1000, LONGEST_MS);
  }

  /** What to throw if this line is wrong. */
  wrong(problem: string): UsageError {
    return new UsageError(`${problem}; see coppice ${this.verb.name} --help`);
  }
}

/** @param argv without the verb. @throws UsageError */
export function parseLine(verb: Verb, argv: readonly string[]): Line {
  const options = optionsOf(verb);
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, tokens: true });
  } catch (error) {
    const problem = explain(error as Error, Object.keys(options));
    throw new UsageError(`${problem}; see coppice ${verb.name} --help`);
  }
  const end = parsed.tokens?.find(({ kind }) => kind === "option-terminator")?.index;
  if (end === undefined) return new Line(verb, parsed.positionals, undefined, parsed.values);
  const rest = argv.slice(end + 1);
  const operands = parsed.positionals.slice(0, parsed.positionals.length - rest.length);
  return new Line(verb, operands, rest, parsed.values);
}

/** What Node.js's timers can hold: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** `a, b or c`. */
export function inWords(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}
