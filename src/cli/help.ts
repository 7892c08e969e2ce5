/** What `--help` and `help` print. */
import { sharedOptions } from "./common-options.ts";
import { HELP } from "./options.ts";
import type { Option, Verb } from "./verb.ts";
import { SHOWN_VERBS } from "./verbs.ts";

/** Of the command: running scripts first, then the verbs. */
export function commandHelp(): string {
  const widest = Math.max(...SHOWN_VERBS.map(({ name }) => name.length));
  const verbs = SHOWN_VERBS.map(({ name, summary }) => `  ${name.padEnd(widest)}  ${summary}`);
  return `${HELP}
Verbs, for a tree that runs:

${verbs.join("\n")}

coppice VERB --help tells more of one.
`;
}

export function verbHelp(verb: Verb): string {
  const own = Object.entries(verb.options);
  const shared = Object.entries(sharedOptions(verb));
  const width = Math.max(
    ...[...own, ...shared].map(([name, option]) => flagsOf(name, option).length),
  );
  const usage = ["coppice", verb.name, "[options]", verb.operands].join(" ").trimEnd();
  const parts = [
    `Usage: ${usage}\n`,
    `${sentence(verb.summary)}\n${verb.details === undefined ? "" : `\n${verb.details}`}`,
    own.map(([name, option]) => lineOf(name, option, width)).join(""),
    `${own.length > 0 && !verb.isLocal ? "Of every verb:\n\n" : ""}${shared.map(([name, option]) => lineOf(name, option, width)).join("")}`,
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function lineOf(name: string, option: Option, width: number): string {
  return `  ${flagsOf(name, option).padEnd(width)}  ${option.text}\n`;
}

/** `-n, --lines N|all`. */
function flagsOf(name: string, { short, value }: Option): string {
  const flags = `${short === undefined ? "    " : `-${short}, `}--${name}`;
  return value === undefined ? flags : `${flags} ${value}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
