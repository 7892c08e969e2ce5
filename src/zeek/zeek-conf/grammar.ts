/** zeek.conf as lines: sections, options and their values, each with the line it stands on. */
import { nearest } from "../../core/nearest.ts";
import type { Dialect } from "./dialect.ts";
import { wordsOf } from "./keys.ts";

export interface Value {
  text: string;
  line: number;
}

export interface Option {
  /** In small letters. */
  key: string;
  line: number;
  /** One at least. */
  values: Value[];
}

export interface Section {
  /** "": what stands before the first section. */
  name: string;
  line: number;
  options: Option[];
}

/** What is to be said of a line. */
export interface Remark {
  line: number;
  text: string;
}

export interface Parsed {
  sections: Section[];
  problems: Remark[];
  notes: Remark[];
}

/** The unnamed section is there only if something stands in it. */
export function parse(text: string, dialect: Dialect): Parsed {
  return dialect === "8.x" ? parseTrimmed(text) : parseColumns(text);
}

/** The grammar of 9.0 (Zeek's `parse_ini_like`): what begins in column 1 differs from what does not. */
function parseColumns(text: string): Parsed {
  const problems: Remark[] = [];
  const notes: Remark[] = [];
  const sections: Section[] = [];
  let section: Section = { name: "", line: 1, options: [] };
  let option: Option | undefined;
  for (const { text: content, line } of linesOf(text)) {
    if (content.includes("\0")) {
      problems.push({ line, text: "invalid line: it has a NUL character" });
      continue;
    }
    if (content === "" || content.startsWith("#")) continue;
    const name = /^\[(.+)\]$/s.exec(content)?.[1];
    if (name !== undefined) {
      if (sections.some((other) => other.name === name)) {
        problems.push({ line, text: `duplicate section '${name}'` });
      }
      section = { name, line, options: [] };
      sections.push(section);
      option = undefined;
      continue;
    }
    const [, key, value = ""] = /^([_0-9a-z][^=]*)=(.*)$/s.exec(content) ?? [];
    if (key !== undefined) {
      option = { key: keyText(key), line, values: [{ text: trim(value), line }] };
      if (section.options.some((other) => other.key === option?.key)) {
        problems.push({ line, text: `duplicate option '${option.key}'${inSection(section.name)}` });
        continue;
      }
      if (sections.length === 0) sections.push(section);
      section.options.push(option);
      continue;
    }
    const more = /^[ \t\v\f\r]+(.+)$/s.exec(content)?.[1];
    if (more === undefined) {
      const hint = capitalHint(content);
      problems.push({ line, text: `invalid line '${content}'${inSection(section.name)}${hint}` });
    } else if (option === undefined) {
      problems.push({
        line,
        text: `unexpected continuation line '${content}'${inSection(section.name)}`,
      });
    } else {
      option.values.push({ text: more, line });
      if (looksMisplaced(more)) notes.push({ line, text: misplaced(more, option.key) });
    }
  }
  return { sections, problems, notes };
}

/** The grammar of 8.x: a key, '=' and a value on each line, wherever they begin. */
function parseTrimmed(text: string): Parsed {
  const problems: Remark[] = [];
  const notes: Remark[] = [];
  const options = new Map<string, Option>();
  for (const { text: content, line } of linesOf(text)) {
    const trimmed = trim(content);
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const equals = trimmed.indexOf("=");
    if (equals < 0 || trimmed.includes("\0")) {
      const hint = trimmed.startsWith("[") ? ": Zeek 8.x has no sections, 9.0 has" : "";
      problems.push({ line, text: `invalid line '${trimmed}'${hint}` });
      continue;
    }
    const key = keyText(trimmed.slice(0, equals));
    const before = options.get(key);
    if (before !== undefined) {
      notes.push({ line: before.line, text: `'${key}' stands again on line ${line}, which holds` });
    }
    options.set(key, { key, line, values: [{ text: trim(trimmed.slice(equals + 1)), line }] });
  }
  const section: Section = { name: "", line: 1, options: [...options.values()] };
  return { sections: options.size === 0 ? [] : [section], problems, notes };
}

/** How Zeek ends what it says of an option, where sections have names. */
export function inSection(name: string): string {
  return name === "" ? "" : ` in section '${name}'`;
}

/** From 1, without blanks at their ends. */
function linesOf(text: string): Value[] {
  return text.split("\n").map((content, index) => ({ text: trimEnd(content), line: index + 1 }));
}

function keyText(text: string): string {
  return trim(text).toLowerCase();
}

function trim(text: string): string {
  return trimEnd(text).replace(/^[ \t\v\f\r]+/, "");
}

/** An expression that looks for blanks at the end would take quadratic time. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && BLANKS.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** A comment, an option or a section that somebody indented is a value: of that nobody warns in Zeek. */
function looksMisplaced(value: string): boolean {
  if (/^[#;]/.test(value) || /^\[.+\]$/.test(value)) return true;
  const key = /^([^=]+)=/.exec(value)?.[1];
  return key !== undefined && wordsOf("9.0", "unnamed").includes(trim(key));
}

function misplaced(value: string, key: string): string {
  return `'${value}' is a value of '${key}', since the line is indented: comments, options and sections begin in column 1`;
}

function capitalHint(content: string): string {
  const key = /^([A-Z][^=]*)=/.exec(content)?.[1];
  if (key === undefined) return "";
  const meant = nearest(trim(key), wordsOf("9.0", "unnamed"));
  return `: keys begin with a small letter${meant === undefined ? "" : `; did you mean '${meant}'?`}`;
}

/** What C's `isspace` knows, the end of a line aside: a no-break space is none. */
const BLANKS = " \t\v\f\r";
