/** What a file's sections say, key by key: checked, typed, and with every default filled in. */
import { splitArguments } from "../options.ts";
import type { Dialect } from "./dialect.ts";
import { inSection, type Option, type Remark, type Section, type Value } from "./grammar.ts";
import { defaultOf, KEYS, type Key, type KeyName, keyOf, type SectionKind } from "./keys.ts";
import { type Kinds, RULES, type Variable } from "./kinds.ts";
import { unknownKey, unknownSection } from "./unknown.ts";
import { variable } from "./values.ts";

/** `line`: where the file says so; unset for a default. */
export interface Setting<Value> {
  value: Value;
  line?: number;
}

type Sure = string | Record<Dialect, string>;
type ValueOf<Name extends KeyName> =
  | Kinds[(typeof KEYS)[Name]["kind"]]
  | ((typeof KEYS)[Name] extends { default: Sure } ? never : undefined);

export type SettingsOf<Kind extends SectionKind> = {
  [Name in KeyName as (typeof KEYS)[Name]["section"] extends Kind ? Name : never]: Setting<
    ValueOf<Name>
  >;
};

type AllSettings = SettingsOf<"zeek"> & SettingsOf<"interface">;

export interface InterfaceSettings extends SettingsOf<"interface"> {
  /** Of its section; "" without one. */
  name: string;
  line: number;
}

export interface Settings {
  zeek: SettingsOf<"zeek">;
  interfaces: InterfaceSettings[];
}

export interface Read {
  settings: Settings;
  problems: Remark[];
  notes: Remark[];
}

/** `settings` hold only if there are no problems. */
export function readSettings(sections: readonly Section[], dialect: Dialect): Read {
  const reader = new Reader(dialect);
  const settings = hasSections(sections, dialect)
    ? readSections(sections, reader)
    : readUnnamed(sections[0] ?? { name: "", line: 1, options: [] }, reader);
  return { settings, problems: reader.problems, notes: reader.notes };
}

/** Even a file without anything has them, in 9.0: it has no interface. */
function hasSections(sections: readonly Section[], dialect: Dialect): boolean {
  return dialect === "9.0" && (sections.length !== 1 || sections[0]?.name !== "");
}

function readUnnamed(section: Section, reader: Reader): Settings {
  const settings = reader.read(section, "unnamed");
  return { zeek: settings, interfaces: [{ ...settings, name: "", line: section.line }] };
}

function readSections(sections: readonly Section[], reader: Reader): Settings {
  let zeek: Section = { name: "zeek", line: 1, options: [] };
  const interfaces: InterfaceSettings[] = [];
  for (const section of sections) {
    const { name, line } = section;
    if (name === "zeek") zeek = section;
    else if (name === "") reader.refuse(section.options[0] ?? section, MIXED);
    else if (name.startsWith("interface")) {
      const known = reader.interfaceName(section);
      interfaces.push({ ...reader.read(section, "interface"), name: known, line });
    } else reader.refuse(section, unknownSection(name));
  }
  return { zeek: reader.read(zeek, "zeek"), interfaces };
}

class Reader {
  readonly problems: Remark[] = [];
  readonly notes: Remark[] = [];
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  refuse({ line }: { line: number }, text: string): void {
    this.problems.push({ line, text });
  }

  interfaceName(section: Section): string {
    const name = /^interface ([-_a-z0-9]+)$/.exec(section.name)?.[1];
    if (name === undefined) {
      this.refuse(
        section,
        `invalid interface name in '${section.name}' (must match /interface [-_a-z0-9]+/)`,
      );
    } else if (section.options.length === 0) this.refuse(section, "empty section");
    return name ?? "";
  }

  read(section: Section, kind: SectionKind | "unnamed"): AllSettings {
    const given = new Map<KeyName, Setting<unknown>>();
    const words = new Map<KeyName, Option>();
    for (const option of section.options) {
      const name = keyOf(option.key, this.#dialect);
      if (name === undefined || (kind !== "unnamed" && KEYS[name].section !== kind)) {
        this.refuse(option, unknownKey(option.key, this.#dialect, section.name, kind));
        continue;
      }
      const same = words.get(name);
      if (same !== undefined) {
        const duplicate = `duplicate option '${option.key}'${inSection(section.name)}`;
        this.refuse(option, `${duplicate}: '${same.key}' on line ${same.line} is the same`);
        continue;
      }
      words.set(name, option);
      if (option.key === "workers_numa_policy" && this.#dialect === "9.0") {
        this.notes.push({ line: option.line, text: OLD_NAME });
      }
      if (this.#isUnset(option, name, section.name)) continue;
      given.set(name, { value: this.#valueOf(option, name, section.name), line: option.line });
    }
    const settings: Record<string, Setting<unknown>> = {};
    for (const name of Object.keys(KEYS) as KeyName[]) {
      settings[name] = given.get(name) ?? { value: defaultValue(name, this.#dialect) };
    }
    return settings as AllSettings;
  }

  /** An empty value counts as none where Zeek has it so. */
  #isUnset({ key, line, values }: Option, name: KeyName, section: string): boolean {
    const [first, second] = values;
    if (first?.text !== "" || second !== undefined) return false;
    const { emptyIsUnset, kind }: Key = KEYS[name];
    if (emptyIsUnset === true) return true;
    if (this.#dialect === "8.x" && (kind === "nice" || kind === "memory")) return true;
    if (emptyIsUnset !== "unnamed") return false;
    if (section !== "")
      this.refuse({ line }, `invalid key '${key}'${inSection(section)}: no value`);
    return true;
  }

  #valueOf({ key, line, values }: Option, name: KeyName, section: string): unknown {
    const { kind } = KEYS[name];
    const end = inSection(section);
    if (kind === "environment") {
      return values.flatMap((entry) => {
        const found = environmentEntry(entry);
        if (typeof found !== "string") return found;
        this.refuse(entry, `error in ${key}: ${found}${end}`);
        return [];
      });
    }
    const [, extra] = values;
    if (kind !== "words" && extra !== undefined) {
      this.refuse(extra, `multiple values for '${key}' given${end}`);
      return undefined;
    }
    const rule = RULES[kind];
    const text = joined(values);
    const value = rule.read(text, this.#dialect);
    if (value === undefined) this.refuse({ line }, `${rule.refusal(key, text)}${end}`);
    const problem = kind === "words" ? wordsProblem(name, value) : undefined;
    if (problem !== undefined)
      this.refuse({ line }, `invalid ${key} value '${text}'${end}: ${problem}`);
    return value;
  }
}

/** @returns what is wrong with it, in place of the variable */
function environmentEntry({ text, line }: Value): Variable[] | string {
  if (text === "") return [];
  const found = variable(text);
  if (found === undefined) return `invalid env value '${text}'`;
  const why = RESERVED.get(found.name);
  return why === undefined ? [{ ...found, line }] : `${found.name} cannot be set: ${why}`;
}

/** What is wrong with words for a Zeek's command line; the archiver's are its own. */
function wordsProblem(name: KeyName, value: unknown): string | undefined {
  if (name === "archiver_args" || !isWords(value)) return undefined;
  const split = splitArguments(value);
  return "problem" in split ? split.problem : undefined;
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value);
}

function joined(values: readonly Value[]): string {
  return values
    .map(({ text }) => text)
    .filter((text) => text !== "")
    .join(" ");
}

function defaultValue(name: KeyName, dialect: Dialect): unknown {
  const text = defaultOf(name, dialect);
  const { kind } = KEYS[name];
  if (text === undefined) return undefined;
  return kind === "environment" ? [] : RULES[kind].read(text, dialect);
}

const RESERVED: ReadonlyMap<string, string> = new Map([
  ["CLUSTER_NODE", "it is the node's name"],
  ["ZEEK_STEM", "Zeek's own supervisor does"],
]);
const MIXED = "options in unnamed section mixed with options in sections";
const OLD_NAME = "'workers_numa_policy' is deprecated: Zeek 9.1 has 'worker_numa_policy' alone";
