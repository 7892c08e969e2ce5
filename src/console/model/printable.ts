/**
 * Text of others, made harmless for the eye: nothing in it can hide, reorder or break what stands
 * beside it. That it is only ever text is the views' concern.
 */

/** Shows control characters, halves of characters, and what changes the direction, as escapes. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escapeOf);
}

export function escapeOf(character: string): string {
  const short = SHORT.get(character);
  if (short !== undefined) return short;
  let code = character.codePointAt(0) ?? 0;
  // A byte that is not UTF-8 comes as U+DC80 to U+DCFF.
  if (code >= 0xdc80 && code <= 0xdcff) code -= 0xdc00;
  const digits = code.toString(16);
  return code < 0x100 ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`;
}

const SHORT = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);
/** Also what has no width, with which two names can look the same. */
const UNPRINTABLE =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0]/gu;
