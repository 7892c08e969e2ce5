/** zeekctl.cfg: its lines, and the type of each value. What they mean is in settings.ts. */
import type { Problem, Source } from "../plan.ts";
import { linesOf } from "./lines.ts";
import { unknown } from "./unknown.ts";
import { FATES, FORMER_NAMES, OPTIONS, type ZeekctlOption } from "./zeekctl-options.ts";

export interface GivenOption {
  option: ZeekctlOption;
  /** As it is written. */
  text: string;
  line: number;
}

/** The options that the file gives, by their name in lower case. */
export type Given = ReadonlyMap<string, GivenOption>;

export interface ZeekctlFile {
  given: Given;
  problems: Problem[];
  notes: Problem[];
}

/** Of an option that is given twice the last one counts, and it alone is checked. */
export function readZeekctlCfg(source: Source): ZeekctlFile {
  const { file } = source;
  const problems: Problem[] = [];
  const given = new Map<string, GivenOption>();
  const plugins = new Map<string, Problem>();
  for (const [index, whole] of linesOf(source.text).entries()) {
    const line = index + 1;
    const words = whole.trim();
    if (words === "" || words.startsWith("#")) continue;
    const [, name = "", text = ""] = /^([^=]*?)\s*=\s*(.*)$/.exec(words) ?? [];
    if (name === "") {
      problems.push({ file, line, text: `'${words}' is not 'Name = value'` });
      continue;
    }
    const key = name.toLowerCase();
    const option = OPTION_OF.get(key);
    if (option !== undefined) given.set(key, { option, text, line });
    else if (key.includes(".") && !key.startsWith(OWN_PLUGIN)) {
      plugins.set(key, { file, line, text: `'${name}': ${FATES.plugins}` });
    } else problems.push({ file, line, text: unknownOption(name) });
  }
  for (const [key, { option, text, line }] of given) {
    const problem = valueProblem(option, text);
    if (problem === undefined) continue;
    problems.push({ file, line, text: `${option.name} ${problem}` });
    // The default will do for looking further.
    given.delete(key);
  }
  return { given, problems, notes: [...plugins.values(), ...notesOf(file, given)] };
}

/** @returns minutes, or undefined if it is not `N`, `N day`, `N hr` or `N min` */
export function minutesOf(text: string): number | undefined {
  const [whole, count, unit = "day"] = /^(\d+)(?: ?(day|hr|min)s?)?$/.exec(text) ?? [];
  return whole === undefined ? undefined : Number(count) * (MINUTES.get(unit) ?? 1);
}

export function isTrue(text: string): boolean {
  return /^(1|true)$/i.test(text);
}

function unknownOption(name: string): string {
  const now = FORMER_NAMES.get(name.toLowerCase());
  if (now !== undefined) return `'${name}' is now called '${now}'`;
  return unknown(
    "option",
    name,
    OPTIONS.map((option) => option.name),
  );
}

function valueProblem({ type, range }: ZeekctlOption, text: string): string | undefined {
  if (/^(["']).*\1$/.test(text)) return `must not be in quotes as a whole: ${text}`;
  switch (type) {
    case "bool":
      return /^(0|1|true|false)$/i.test(text) ? undefined : `must be 0 or 1, not '${text}'`;
    case "int": {
      const [least, most] = range ?? [0, Number.MAX_SAFE_INTEGER];
      if (/^\+?\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return undefined;
      const limits = most === Number.MAX_SAFE_INTEGER ? "0 or more" : `from ${least} to ${most}`;
      return `must be a number, ${limits}, not '${text}'`;
    }
    case "interval":
      return minutesOf(text) === undefined
        ? `must be a number and one of the units day, hr and min, not '${text}'`
        : undefined;
    case "string":
      return undefined;
    default:
      return type satisfies never;
  }
}

/** One note for all options that share their fate: the file that comes with Zeek sets many. */
function notesOf(file: string, given: Given): Problem[] {
  const byFate = new Map<keyof typeof FATES, GivenOption[]>();
  for (const one of given.values()) {
    const { fate, quiet = [] } = one.option;
    if (fate === "used" || quiet.includes(one.text.toLowerCase())) continue;
    byFate.set(fate, [...(byFate.get(fate) ?? []), one]);
  }
  return [...byFate].map(([fate, options]) => {
    const sorted = options.toSorted((a, b) => a.line - b.line);
    const names = sorted.map(({ option }) => option.name).join(", ");
    return { file, line: sorted[0]?.line ?? 1, text: `${names}: ${FATES[fate]}` };
  });
}

const OPTION_OF: ReadonlyMap<string, ZeekctlOption> = new Map(
  OPTIONS.map((option) => [option.name.toLowerCase(), option]),
);

/** The one plugin of ZeekControl's whose work is done here. */
const OWN_PLUGIN = "lb_custom.";

const MINUTES: ReadonlyMap<string, number> = new Map([
  ["day", 24 * 60],
  ["hr", 60],
  ["min", 1],
]);
