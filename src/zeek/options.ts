/** What the arguments in a node's `zeek.args` are: Zeek's own reading of them, which is getopt's. */
import { nearest } from "../core/nearest.ts";
import { optionName, ZEEK_OPTIONS, type ZeekOption } from "./option-table.ts";

export interface GivenOption {
  option: ZeekOption;
  value?: string;
}

export interface ZeekArguments {
  /** All but `-e`, in the order in which they were given. */
  options: GivenOption[];
  scripts: string[];
  plugins: string[];
  assignments: string[];
  /** What `-e` had. */
  code?: string;
}

/** Options may stand among operands, several letters behind one dash, and values behind their letter. */
export function splitArguments(args: readonly string[]): ZeekArguments | { problem: string } {
  try {
    return split(args);
  } catch (error) {
    if (error instanceof Wrong) return { problem: error.message };
    throw error;
  }
}

/** Its words on a command line. */
export function optionWords({ option, value }: GivenOption): string[] {
  const name = optionName(option);
  if (value === undefined) return [name];
  return option.value === "required" ? [name, value] : [`${name}=${value}`];
}

/** Zeek tells them apart by their content alone. */
export function operandKind(operand: string): "assignment" | "plugin" | "script" {
  if (operand.includes("=")) return "assignment";
  return operand.includes("::") ? "plugin" : "script";
}

/** Says why a word cannot stand for itself on a command line. */
export function wordProblem(word: string): string | undefined {
  if (word.includes("\0")) return `${JSON.stringify(word)} contains a NUL`;
  // Also `local--`: what follows would be a script and that script's own arguments.
  if (word.endsWith("--")) return `'${word}' ends in '--', where Zeek's options end`;
  return undefined;
}

class Wrong extends Error {}

function split(args: readonly string[]): ZeekArguments {
  const result: ZeekArguments = { options: [], scripts: [], plugins: [], assignments: [] };
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const problem = wordProblem(word);
    if (problem !== undefined) throw new Wrong(problem);
    if (word.startsWith("--")) takeLong(word.slice(2), rest, result);
    else if (word.startsWith("-") && word !== "-") takeShort(word.slice(1), rest, result);
    else takeOperand(word, result);
  }
  return result;
}

function takeLong(word: string, rest: string[], result: ZeekArguments): void {
  const equals = word.indexOf("=");
  const option = longOption(equals < 0 ? word : word.slice(0, equals));
  const attached = equals < 0 ? undefined : word.slice(equals + 1);
  if (attached !== undefined && option.value === undefined)
    throw new Wrong(`option --${option.long} takes no value`);
  take(option, attached, rest, result);
}

/** getopt takes the beginning of an option's name for it, where no other begins so. */
function longOption(name: string): ZeekOption {
  const found = ZEEK_OPTIONS.filter(({ long }) => long.startsWith(name));
  const option = found.find(({ long }) => long === name) ?? found[0];
  const names = found.map(({ long }) => `--${long}`);
  if (option !== undefined && (option.long === name || found.length === 1)) return option;
  if (option !== undefined)
    throw new Wrong(`option '--${name}' could be any of ${names.join(", ")}`);
  const near = nearest(
    name,
    ZEEK_OPTIONS.map(({ long }) => long),
  );
  const hint = near === undefined ? "" : `; did you mean '--${near}'?`;
  throw new Wrong(`unknown option '--${name}'${hint}`);
}

function takeShort(letters: string, rest: string[], result: ZeekArguments): void {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters.charAt(at);
    const option = ZEEK_OPTIONS.find(({ short }) => short === letter);
    if (option === undefined) throw new Wrong(`unknown option '-${letter}'`);
    const attached = letters.slice(at + 1);
    if (option.value === undefined) take(option, undefined, rest, result);
    else return take(option, attached === "" ? undefined : attached, rest, result);
  }
}

function take(
  option: ZeekOption,
  attached: string | undefined,
  rest: string[],
  result: ZeekArguments,
): void {
  const name = optionName(option);
  if (option.refused !== undefined) throw new Wrong(`option ${name} ${option.refused}`);
  const value = option.value === "required" ? (attached ?? rest.shift()) : attached;
  if (option.value === "required" && value === undefined)
    throw new Wrong(`option ${name} needs a value`);
  const problem = value === undefined ? undefined : wordProblem(value);
  if (problem !== undefined) throw new Wrong(problem);
  if (value === "help" && HELPFUL.has(name))
    throw new Wrong(`option ${name} help makes no sense for a node: Zeek would print it and exit`);
  if (option.short === "e") {
    if (result.code !== undefined) throw new Wrong("option -e is given twice: Zeek takes one");
    result.code = value ?? "";
    return;
  }
  const has = (other: ZeekOption) => result.options.some((given) => given.option === other);
  if (option.repeats !== true && has(option))
    throw new Wrong(`option ${name} is given twice: Zeek takes one`);
  result.options.push(value === undefined ? { option } : { option, value });
  if (DNS_MODES.every((mode) => result.options.some((given) => given.option.short === mode)))
    throw new Wrong("options -F and -P exclude each other");
}

function takeOperand(word: string, result: ZeekArguments): void {
  if (word === "") throw new Wrong("an argument is empty");
  if (word === "-") throw new Wrong("'-' would be a script on stdin, and nodes have none");
  const kind = operandKind(word);
  if (kind === "script") result.scripts.push(word);
  else if (kind === "plugin") result.plugins.push(word);
  else if (PATH_BEFORE_EQUALS.test(word))
    throw new Wrong(`'${word}' is an assignment to Zeek: a script's path must not contain '='`);
  else result.assignments.push(word);
}

const HELPFUL: ReadonlySet<string> = new Set(["-O", "-B"]);
const DNS_MODES: readonly string[] = ["F", "P"];
const PATH_BEFORE_EQUALS = /^[^=]*\//;
