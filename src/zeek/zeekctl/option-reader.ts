/** Values of zeekctl.cfg by name, with a default for what the file does not give. */
import type { Problem, Source } from "../plan.ts";
import { type Given, isTrue } from "./zeekctl-cfg.ts";

export interface OptionReader {
  text: (name: string, otherwise: string) => string;
  number: (name: string, otherwise: number) => number;
  isOn: (name: string, otherwise: boolean) => boolean;
  /** An absolute path without a slash at its end. */
  directory: (name: string, otherwise: string) => string;
  /** A value that must be understood first: the problem is told, and the default taken. */
  parsed: <Value>(
    name: string,
    result: { value: Value } | { problem: string },
    otherwise: Value,
  ) => Value;
  isGiven: (name: string) => boolean;
  /** Tells of a problem with an option. */
  say: (name: string, words: string) => void;
  note: (name: string, words: string) => void;
  at: (name: string) => Pick<Problem, "file" | "line">;
}

export function optionReader(
  { file }: Pick<Source, "file">,
  given: Given,
  problems: Problem[],
  notes: Problem[],
): OptionReader {
  const find = (name: string) => given.get(name.toLowerCase());
  const text = (name: string, otherwise: string) => find(name)?.text ?? otherwise;
  const at = (name: string) => {
    const line = find(name)?.line;
    return line === undefined ? { file } : { file, line };
  };
  const say = (name: string, words: string) => {
    problems.push({ ...at(name), text: `${name}${words.startsWith(":") ? "" : " "}${words}` });
  };
  return {
    text,
    // What is no number was complained of where the file was read.
    number: (name, otherwise) => Number(text(name, String(otherwise))) || 0,
    isOn: (name, otherwise) => isTrue(text(name, otherwise ? "1" : "0")),
    directory: (name, otherwise) => {
      const value = text(name, otherwise);
      if (find(name) === undefined) return value;
      if (value.includes("${")) say(name, `must be written out, without '\${…}': '${value}'`);
      else if (!value.startsWith("/")) say(name, `must be an absolute path, not '${value}'`);
      return value.replace(/(?<=.)\/+$/, "");
    },
    parsed: (name, result, otherwise) => {
      if ("problem" in result) say(name, `: ${result.problem}`);
      return "problem" in result ? otherwise : result.value;
    },
    isGiven: (name) => find(name) !== undefined,
    say,
    note: (name, words) => {
      notes.push({ ...at(name), text: `${name} ${words}` });
    },
    at,
  };
}
