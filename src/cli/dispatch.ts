/**
 * Whether a command line asks for a verb. Every Supervisor and every script passes here, so this
 * knows no verbs: they are loaded when a word comes that could be one.
 */

/** A command line whose first operand may be a verb. */
export interface Call {
  word: string;
  /** Everything else: the options before the word, and what came after it. */
  argv: string[];
}

/**
 * Finds the first operand, with nothing but options that all verbs have before it: after an option
 * of the run mode, `-j` for example, it is a script whatever it is called.
 */
export function callIn(argv: readonly string[]): Call | undefined {
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at] ?? "";
    if (FLAGS.includes(arg) || isWithValue(arg)) continue;
    if (VALUED.includes(arg)) {
      at++;
      continue;
    }
    if (!WORD.test(arg)) return undefined;
    return { word: arg, argv: [...argv.slice(0, at), ...argv.slice(at + 1)] };
  }
  return undefined;
}

function isWithValue(arg: string): boolean {
  const equals = arg.indexOf("=");
  return equals > 0 && VALUED.includes(arg.slice(0, equals));
}

/** The options with a value that say which Supervisor. */
export const WHERE_FLAGS = [
  "--state-dir",
  "--connect",
  "--token-file",
  "--tls-ca",
  "--tls-cert",
  "--tls-key",
];
/** The options that may come before a verb; those that take a value, and those that do not. */
export const VALUED = [...WHERE_FLAGS, "--timeout", "--color"];
export const FLAGS = ["--no-tls", "--json"];

/** What a verb may look like; scripts have endings. Verbs of ours alone begin with `__`. */
const WORD = /^(?:__)?[a-z]+$/;
