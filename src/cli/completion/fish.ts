/** Completion for fish. */

import { WHERE_FLAGS } from "../dispatch.ts";
import type { Completes, Option } from "../verb.ts";
import { valueWords, verbWords } from "./words.ts";

/** A script for fish 3 or later. */
export function fishCompletion(): string {
  const others = valueWords()
    .flatMap(({ flags }) => flags)
    .filter((flag) => !WHERE_FLAGS.includes(flag));
  const lines = verbWords().flatMap(({ verb, options }) => [
    `complete -c coppice -n '__coppice_verb_is ""' -a ${verb.name} -d ${quoted(verb.summary)}`,
    ...operands(verb.name, verb.completes),
    ...options.map(({ option, flags }) => optionLine(verb.name, flags, option)),
  ]);
  return `# fish completion of coppice: coppice completion fish | source
function __coppice_read --description 'Finds the verb, and the options that say which Supervisor'
    set -g __coppice_verb ''
    set -g __coppice_where
    set -l words (commandline -opc)
    set -l skip 0
    for i in (seq 2 (count $words))
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $words[$i]
            case ${WHERE_FLAGS.map(quoted).join(" ")}
                set -a __coppice_where $words[$i] $words[(math $i + 1)]
                set skip 1
            case ${WHERE_FLAGS.map((flag) => quoted(`${flag}=*`)).join(" ")} '--no-tls'
                set -a __coppice_where $words[$i]
            case ${others.map(quoted).join(" ")}
                set skip 1
            case '-*'
            case '*'
                test -z "$__coppice_verb"; and set __coppice_verb $words[$i]
        end
    end
end
function __coppice_verb_is
    __coppice_read
    test "$__coppice_verb" = "$argv[1]"
end
function __coppice_names
    __coppice_read
    set -l words (commandline -opc)
    command $words[1] __names $__coppice_where $argv 2>/dev/null
end
${lines.join("\n")}
`;
}

function operands(verb: string, completes: Completes | undefined): string[] {
  const start = `complete -c coppice -n '__coppice_verb_is ${verb}'`;
  const offered = offer(completes);
  if (completes === "files") return [`${start} -F`];
  if (typeof completes === "object" && "words" in completes) {
    const words = `${start} -a ${quoted(completes.words.join(" "))}`;
    return [words, ...operands(verb, completes.or)];
  }
  return [`${start} -f${offered === undefined ? "" : ` -a ${quoted(offered)}`}`];
}

function optionLine(verb: string, flags: readonly string[], option: Option): string {
  const short = flags.length > 1 ? ` -s ${flags[0]?.slice(1)}` : "";
  const long = flags.at(-1)?.slice(2);
  return `complete -c coppice -n '__coppice_verb_is ${verb}'${short} -l ${long}${valueText(option)} -d ${quoted(option.text)}`;
}

function valueText({ type, completes }: Option): string {
  if (type === "boolean") return "";
  if (completes === "files") return " -r -F";
  const offered = offer(completes);
  return offered === undefined ? " -x" : ` -x -a ${quoted(offered)}`;
}

/** What to offer, as fish evaluates it. */
function offer(completes: Completes | undefined): string | undefined {
  switch (completes) {
    case undefined:
    case "files":
      return undefined;
    case "nodes":
      return "(__coppice_names)";
    case "groups":
      return "(__coppice_names --groups)";
    case "directories":
      return "(__fish_complete_directories)";
    case "verbs":
      return verbWords()
        .map(({ verb }) => verb.name)
        .join(" ");
    default:
      return "words" in completes ? completes.words.join(" ") : completes.join(" ");
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
