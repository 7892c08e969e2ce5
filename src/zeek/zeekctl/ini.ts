/** The grammar of node.cfg: that of Python's configparser, as ZeekControl reads it. */
import type { Problem, Source } from "../plan.ts";
import { interpolate } from "./interpolate.ts";
import { linesOf } from "./lines.ts";

export interface IniKey {
  /** In lower case, with `_` for `.`, which ZeekControl takes for the same. */
  name: string;
  /** Without blanks around it; lines that continue it are joined by `\n`. */
  value: string;
  line: number;
  /** The lines that continue the value. */
  more: { line: number; text: string }[];
}

export interface IniSection {
  name: string;
  line: number;
  keys: IniKey[];
}

/** What `[DEFAULT]` says is in every section that does not say it itself. */
export function parseIni({ file, text }: Source): {
  sections: IniSection[];
  problems: Problem[];
} {
  const problems: Problem[] = [];
  const say = (line: number, words: string) => problems.push({ file, line, text: words });
  const read = readLines(text, say);
  const defaults = read.filter(({ name }) => name === DEFAULTS).flatMap(({ keys }) => keys);
  const sections = read.filter(({ name }) => name !== DEFAULTS);
  for (const section of sections) {
    const own = new Set(section.keys.map(({ name }) => name));
    section.keys.unshift(...defaults.filter(({ name }) => !own.has(name)));
  }
  return { sections: sections.map((section) => interpolated(section, say)), problems };
}

type Say = (line: number, words: string) => void;

function readLines(text: string, say: Say): IniSection[] {
  const sections: IniSection[] = [];
  let section: IniSection | undefined;
  let key: IniKey | undefined;
  let indent = 0;
  let isLost = false;
  for (const [index, whole] of linesOf(text).entries()) {
    const line = index + 1;
    const words = whole.trim();
    if (words.startsWith("#") || words.startsWith(";")) continue;
    if (words === "") {
      key?.more.push({ line, text: "" });
      continue;
    }
    const blanks = whole.length - whole.trimStart().length;
    if (key !== undefined && blanks > indent) {
      key.more.push({ line, text: words });
      continue;
    }
    indent = blanks;
    if (words.startsWith("[")) {
      key = undefined;
      section = header(words, line, sections, say) ?? section ?? { name: "", line, keys: [] };
    } else if (section === undefined) {
      // One complaint is enough: whatever follows lacks the same section.
      if (!isLost) say(line, `'${words}' stands before the first [section]`);
      isLost = true;
    } else {
      key = entry(words, line, section, say);
    }
  }
  return sections;
}

/** A section that is given twice is read, so that its lines are looked at, and then forgotten. */
function header(
  words: string,
  line: number,
  sections: IniSection[],
  say: Say,
): IniSection | undefined {
  const match = /^\[([^\]]+)\]\s*(.*)$/.exec(words);
  const [, name = "", rest = ""] = match ?? [];
  if (match === null || (rest !== "" && !/^[#;]/.test(rest))) {
    say(line, `'${words}' is not a [section]`);
    return undefined;
  }
  const first = sections.find((section) => section.name === name);
  if (first !== undefined && name === DEFAULTS) return first;
  const section = { name, line, keys: [] };
  if (first === undefined) sections.push(section);
  else say(line, `section '${name}' is already on line ${first.line}`);
  return section;
}

/** As with sections, the second of two keys is read and forgotten. */
function entry(words: string, line: number, section: IniSection, say: Say): IniKey | undefined {
  const match = /^(.*?)\s*[=:]\s*(.*)$/.exec(words);
  if (match === null) {
    say(line, `'${words}' is neither a [section] nor 'key = value'`);
    return undefined;
  }
  const [, written = "", value = ""] = match;
  if (written === "") {
    say(line, `'${words}' has no key`);
    return undefined;
  }
  const name = keyName(written);
  const key = { name, value, line, more: [] };
  const first = section.keys.find((other) => other.name === name);
  if (first === undefined) section.keys.push(key);
  else say(line, `key '${written}' is already on line ${first.line}`);
  return key;
}

function interpolated(section: IniSection, say: Say): IniSection {
  const joined = section.keys.map((key) => ({
    ...key,
    value: [key.value, ...key.more.map(({ text }) => text)].join("\n").trim(),
  }));
  const values = new Map(joined.map(({ name, value }) => [name, value]));
  const keys = joined.map((key) => {
    const result = interpolate(key.value, (name) => values.get(keyName(name)));
    if ("problem" in result) say(key.line, `key '${key.name}': ${result.problem}`);
    return "problem" in result ? key : { ...key, value: result.value };
  });
  return { ...section, keys };
}

function keyName(written: string): string {
  return written.toLowerCase().replaceAll(".", "_");
}

const DEFAULTS = "DEFAULT";
