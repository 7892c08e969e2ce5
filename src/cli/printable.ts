/** Text of others, made harmless for a terminal: what nodes are called and print is not ours. */

/** Shows what would move a cursor, hide text or reorder it as an escape: one line stays one. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escapeOf);
}

/**
 * A line of output for a terminal: colours stay (and end with the line), other sequences go, and
 * what else would move the cursor is shown as an escape.
 */
export function terminalLine(text: string, hasColours: boolean): string {
  if (!text.match(UNPRINTABLE)) return text;
  let isColoured = false;
  const parts = text.replace(/\r$/, "").split(SEQUENCE);
  const shown = parts.map((part, index) => {
    if (index % 2 === 0) return part.replace(UNPRINTABLE, (c) => (c === "\t" ? c : escapeOf(c)));
    if (!hasColours || !COLOUR.test(part)) return "";
    isColoured = true;
    return part;
  });
  return `${shown.join("")}${isColoured ? RESET : ""}`;
}

/** JSON.stringify leaves the control characters beyond ASCII, which some terminals obey. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value);
  return `${json.replace(BEYOND_ASCII, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)}\n`;
}

function escapeOf(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  let code = character.codePointAt(0) ?? 0;
  // A byte that is not UTF-8, as broker/text.ts has it.
  if (code >= 0xdc80 && code <= 0xdcff) code -= 0xdc00;
  const digits = code.toString(16);
  return code < 0x100 ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`;
}

const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const ESC = "\u001b";
const RESET = `${ESC}[0m`;
/** Control characters, halves of characters, and what changes the direction or the line. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const BEYOND_ASCII = /[\x7f-\x9f]/g;
/** ECMA-48: control sequences; strings with their end, if it is there; other escapes. */
const SEQUENCE = new RegExp(
  `(${[
    `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]?`,
    `(?:${ESC}[\\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007${ESC}\u009c]*(?:\u0007|${ESC}\\\\|\u009c)?`,
    `${ESC}[ -/]*[0-~]?`,
  ].join("|")})`,
);
const COLOUR = new RegExp(`^${ESC}\\[[0-9;:]*m$`);
