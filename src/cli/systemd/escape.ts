/** Text in a systemd unit, so that systemd reads it as it was meant (systemd.unit, systemd.service). */

/** A word of a command line: one argument, whatever is in it. */
export function commandWord(text: string): string {
  return programWord(text).replaceAll("$", "$$$$");
}

/** Its first word, the program: variables mean nothing there, so that `$` stays single. */
export function programWord(text: string): string {
  const plain = withoutSpecifiers(text);
  if (SAFE.test(plain)) return plain;
  return `"${plain.replace(SPECIAL, (character) => SHORT.get(character) ?? hex(character))}"`;
}

/** The value of a setting that takes text or a path as it is: `%` alone means something in it. */
export function withoutSpecifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

/** Whether a setting can hold this text at all: in one line, which goes on after a backslash. */
export function fitsLine(text: string): boolean {
  return !CONTROL.test(text) && !text.endsWith("\\") && text.trim() === text;
}

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** Nothing that systemd would split, unquote or take for a separator. */
const SAFE = /^[\w./:=@,+%$-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SPECIAL = /["\\\u0000-\u001f\u007f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;
const SHORT = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\t", "\\t"],
  ["\r", "\\r"],
]);
