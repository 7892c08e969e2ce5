/** Command lines as users write them into `args` and its kin. */

/**
 * Splits at blanks as a shell does: single quotes keep all, double quotes keep all but a backslash
 * before `"` and `\`, a backslash keeps the character behind it. Nothing is replaced: `$`, `*` and
 * `%` stay as they are.
 * @returns undefined if a quote is not closed, or nothing follows a backslash
 */
export function words(text: string): string[] | undefined {
  const found: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== undefined && character === quote) {
      quote = undefined;
    } else if (quote === "'") {
      word = (word ?? "") + character;
    } else if (character === "\\" && (quote === undefined || /["\\]/.test(text.charAt(at + 1)))) {
      if (at + 1 === text.length) return undefined;
      word = (word ?? "") + text.charAt(++at);
    } else if (quote !== undefined) {
      word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (BLANK.test(character)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) found.push(word);
  return found;
}

const BLANK = /[ \t\v\f\r\n]/;
