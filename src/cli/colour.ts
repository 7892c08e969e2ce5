/** Colours, where they are wanted. */
import type { Line } from "./line.ts";
import type { Output } from "./output.ts";

export type Style =
  | "bold"
  | "dim"
  | "inverse"
  | "red"
  | "green"
  | "yellow"
  | "blue"
  | "magenta"
  | "cyan";

/** Gives text a style, or leaves it as it is. */
export type Paint = (style: Style | undefined, text: string) => string;

/**
 * Decides by `--color`, then FORCE_COLOR, NO_COLOR (https://no-color.org) and TERM.
 * @throws UsageError
 */
export function paintFor(
  line: Line,
  env: Record<string, string | undefined>,
  output: Output,
): Paint {
  return hasColours(line, env, output) ? coloured : plain;
}

export function hasColours(
  line: Line,
  env: Record<string, string | undefined>,
  output: Output,
): boolean {
  const choice = line.choice("color", ["auto", "always", "never"]) ?? "auto";
  if (choice !== "auto") return choice === "always";
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  return output.isTerminal && TERM !== "dumb";
}

export const plain: Paint = (_style, text) => text;

export const coloured: Paint = (style, text) =>
  style === undefined || text === "" ? text : `\u001b[${CODES[style]}m${text}\u001b[0m`;

/** Always the same colour for the same name. */
export function styleOfName(name: string): Style {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return NAME_STYLES[sum % NAME_STYLES.length] ?? "cyan";
}

/** Neither red nor dim, which mean something. */
const NAME_STYLES: readonly Style[] = ["cyan", "green", "yellow", "blue", "magenta"];

const CODES: Record<Style, number> = {
  bold: 1,
  dim: 2,
  inverse: 7,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};
