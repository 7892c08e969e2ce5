/** Words as a shell would split them, for values that ZeekControl hands to a shell. */

/** Nothing is expanded: what a shell would do more than split is a problem instead. */
export function shellWords(text: string): { words: string[] } | { problem: string } {
  const words: string[] = [];
  let rest = text;
  let word: string | undefined;
  while (rest !== "") {
    // A comment begins where a word would.
    if (word === undefined && rest.startsWith("#")) break;
    const token = TOKEN.exec(rest);
    const [whole = "", blank, quoted, doubled, escaped, plain] = token ?? [];
    if (token === null) return { problem: complaint(rest) };
    rest = rest.slice(whole.length);
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + (quoted ?? doubled?.replace(/\\([\\"$`])/g, "$1") ?? escaped ?? plain);
    }
  }
  if (word !== undefined) words.push(word);
  return { words };
}

function complaint(rest: string): string {
  const character = rest.charAt(0);
  if (character === "\\") return "a '\\' at its end";
  if (character === "'") return "a ' without its other half";
  if (character === '"' && !/^"(?:[^"\\]|\\.)*"/s.test(rest)) return 'a " without its other half';
  if (character === '"') return "no shell expands '$' or '`' here: quote them with ' or \\";
  return `no shell reads this, so '${character}' would mean nothing: quote it`;
}

/** Blanks, '…', "…" without `$` and backticks, \x, and what is none of these and not special. */
const TOKEN = /^(?:(\s+)|'([^']*)'|"((?:[^"\\$`]|\\.)*)"|\\(.)|([^\s'"\\$`;&|<>()]))/s;
