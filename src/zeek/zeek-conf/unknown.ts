/** What is said of keys and sections that are not known where they stand, and what was meant. */
import { nearest } from "../../core/nearest.ts";
import { type Dialect, otherDialect } from "./dialect.ts";
import { inSection } from "./grammar.ts";
import { KEYS, keyOf, type SectionKind, wordsOf } from "./keys.ts";

/** Zeek refuses these keys in sections, and passes over them elsewhere: here all are refused. */
export function unknownKey(
  key: string,
  dialect: Dialect,
  section: string,
  kind: SectionKind | "unnamed",
): string {
  const said =
    kind === "unnamed"
      ? `unknown key '${key}'`
      : `invalid ${kind === "zeek" ? "key" : "option"} '${key}'${inSection(section)}`;
  const elsewhere = keyOf(key, dialect);
  if (elsewhere !== undefined) {
    const place = KEYS[elsewhere].section === "zeek" ? "[zeek]" : "an [interface NAME] section";
    return `${said}: it belongs into ${place}`;
  }
  const other = otherDialect(dialect);
  if (keyOf(key, other) !== undefined) {
    return `${said}: it is of Zeek ${other}, and this file is read as of Zeek ${dialect}`;
  }
  const meant = nearest(key, wordsOf(dialect, kind));
  return meant === undefined ? said : `${said}; did you mean '${meant}'?`;
}

/** Zeek passes over such a section without a word, but a mistyped [zeek] makes another cluster. */
export function unknownSection(name: string): string {
  const meant = nearest(name.replace(/ .*$/s, ""), ["zeek", "interface"]);
  const hint = meant === "interface" ? "interface NAME" : meant;
  return `unknown section '${name}'${hint === undefined ? "" : `; did you mean '${hint}'?`}`;
}
