/** Keys, from what a terminal sends for them (xterm's sequences; ECMA-48). */

/** A character that was typed, or the name of another key. */
export type Key =
  | { typed: string }
  | { name: "up" | "down" | "page-up" | "page-down" | "home" | "end" }
  | { name: "enter" | "escape" | "backspace" | "interrupt" };

/**
 * @param text what came at once; a key's sequence comes whole. Sequences that mean nothing here are
 * left out.
 */
export function keysIn(text: string): Key[] {
  const keys: Key[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const name = NAMED.get(token);
    if (name !== undefined) keys.push({ name });
    else if (!UNPRINTABLE.test(token)) keys.push({ typed: token });
  }
  return keys;
}

type Name = Exclude<Key, { typed: string }>["name"];

const ESC = "\u001b";
const NAMED = new Map<string, Name>([
  ...(["[", "O"] as const).flatMap((start): [string, Name][] => [
    [`${ESC}${start}A`, "up"],
    [`${ESC}${start}B`, "down"],
    [`${ESC}${start}H`, "home"],
    [`${ESC}${start}F`, "end"],
  ]),
  [`${ESC}[1~`, "home"],
  [`${ESC}[4~`, "end"],
  [`${ESC}[5~`, "page-up"],
  [`${ESC}[6~`, "page-down"],
  ["\r", "enter"],
  ["\n", "enter"],
  [ESC, "escape"],
  ["\u007f", "backspace"],
  ["\b", "backspace"],
  ["\u0003", "interrupt"],
]);
/** A control sequence, a key of the application mode, another escape, or a character. */
const TOKEN = new RegExp(`${ESC}\\[[0-?]*[ -/]*[@-~]|${ESC}O.|${ESC}[^${ESC}]?|[^${ESC}]`, "gu");
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Cf}]/u;
