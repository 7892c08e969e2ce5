/** What a shell has to know of the command line, made from the verbs. */
import { optionsOf } from "../common-options.ts";
import type { Completes, Option, Verb } from "../verb.ts";
import { SHOWN_VERBS } from "../verbs.ts";

export interface VerbWords {
  verb: Verb;
  options: { flags: string[]; option: Option }[];
}

/** Every verb with its options; `flags` are as one types them, the long one last. */
export function verbWords(): VerbWords[] {
  return SHOWN_VERBS.map((verb) => ({
    verb,
    options: Object.entries(optionsOf(verb)).map(([name, option]) => ({
      flags: [...(option.short === undefined ? [] : [`-${option.short}`]), `--${name}`],
      option,
    })),
  }));
}

/** The options of all verbs that take a value, with what there is to offer for it; each once. */
export function valueWords(): { flags: string[]; completes: Completes | undefined }[] {
  const known = new Map<string, { flags: string[]; completes: Completes | undefined }>();
  for (const { options } of verbWords()) {
    for (const { flags, option } of options) {
      if (option.type === "string")
        known.set(flags.join(" "), { flags, completes: option.completes });
    }
  }
  return [...known.values()];
}
