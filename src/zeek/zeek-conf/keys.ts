/** Every key of zeek.conf: where it belongs, what it holds, and what holds without it. */
import type { Dialect } from "./dialect.ts";
import type { Kinds } from "./kinds.ts";

export type SectionKind = "zeek" | "interface";

export interface Key {
  section: SectionKind;
  kind: keyof Kinds;
  /** The only dialect that has it. Default: both. */
  only?: Dialect;
  /** As a file would say it: for both dialects, or for each. */
  default?: string | Partial<Record<Dialect, string>>;
  /** Whether a key without a value is one that is not there; `unnamed`: outside of sections alone. */
  emptyIsUnset?: boolean | "unnamed";
}

interface Alias {
  means: KeyName;
  only?: Dialect;
}

/** zeek-systemd-generator's keys (`parse_config`), in the order in which they are explained. */
export const KEYS = {
  manager: { section: "zeek", kind: "flag", only: "9.0", default: { "8.x": "1", "9.0": "0" } },
  loggers: { section: "zeek", kind: "count", default: { "8.x": "1", "9.0": "0" } },
  proxies: { section: "zeek", kind: "count", default: { "8.x": "1", "9.0": "0" } },

  interface: { section: "interface", kind: "text", default: "" },
  workers: { section: "interface", kind: "count", default: { "8.x": "1" } },
  worker_args: { section: "interface", kind: "words", only: "9.0", default: "" },
  worker_env: { section: "interface", kind: "environment", only: "9.0", default: "" },
  workers_cpu_list: { section: "interface", kind: "cpuList", default: "" },
  worker_numa_policy: { section: "interface", kind: "numa", only: "9.0", default: "default" },
  worker_nice: { section: "interface", kind: "nice" },
  worker_memory_max: { section: "interface", kind: "memory" },

  args: { section: "zeek", kind: "words", default: "local", emptyIsUnset: true },
  manager_args: { section: "zeek", kind: "words", only: "9.0", default: "" },
  logger_args: { section: "zeek", kind: "words", only: "9.0", default: "" },
  proxy_args: { section: "zeek", kind: "words", only: "9.0", default: "" },
  archiver_args: { section: "zeek", kind: "words", default: "" },

  env: { section: "zeek", kind: "environment", only: "9.0", default: "" },
  manager_env: { section: "zeek", kind: "environment", only: "9.0", default: "" },
  logger_env: { section: "zeek", kind: "environment", only: "9.0", default: "" },
  proxy_env: { section: "zeek", kind: "environment", only: "9.0", default: "" },
  archiver_env: { section: "zeek", kind: "environment", only: "9.0", default: "" },

  manager_nice: { section: "zeek", kind: "nice", emptyIsUnset: "unnamed" },
  logger_nice: { section: "zeek", kind: "nice", emptyIsUnset: "unnamed" },
  proxy_nice: { section: "zeek", kind: "nice", emptyIsUnset: "unnamed" },
  archiver_nice: { section: "zeek", kind: "nice", only: "9.0", emptyIsUnset: "unnamed" },

  manager_memory_max: { section: "zeek", kind: "memory", emptyIsUnset: "unnamed" },
  logger_memory_max: { section: "zeek", kind: "memory", emptyIsUnset: "unnamed" },
  proxy_memory_max: { section: "zeek", kind: "memory", emptyIsUnset: "unnamed" },
  archiver_memory_max: { section: "zeek", kind: "memory", only: "9.0", emptyIsUnset: "unnamed" },

  manager_cpu_set: { section: "zeek", kind: "cpuSet", only: "9.0", default: "" },
  logger_cpu_set: { section: "zeek", kind: "cpuSet", only: "9.0", default: "" },
  proxy_cpu_set: { section: "zeek", kind: "cpuSet", only: "9.0", default: "" },
  archiver_cpu_set: { section: "zeek", kind: "cpuSet", only: "9.0", default: "" },

  user: { section: "zeek", kind: "text", emptyIsUnset: true },
  group: { section: "zeek", kind: "text", emptyIsUnset: true },
  restart_interval_sec: { section: "zeek", kind: "seconds", default: "1" },

  base_dir: { section: "zeek", kind: "path", emptyIsUnset: true },
  path: { section: "zeek", kind: "searchPath", default: "/usr/local/bin:/usr/bin:/bin" },
  ext_path: { section: "zeek", kind: "searchPath", default: "" },
  ext_zeek_path: { section: "zeek", kind: "searchPath", default: "" },

  cluster_backend_args: {
    section: "zeek",
    kind: "words",
    default: "frameworks/cluster/backend/zeromq",
    emptyIsUnset: true,
  },
  port: { section: "zeek", kind: "port", default: "27760" },
  address: { section: "zeek", kind: "address", default: "127.0.0.1" },
  metrics_port: { section: "zeek", kind: "portOrNone", default: "9991" },
  metrics_address: {
    section: "zeek",
    kind: "listenAddress",
    only: "8.x",
    default: { "8.x": "127.0.0.1" },
  },
  cluster_layout: { section: "zeek", kind: "path", only: "9.0", emptyIsUnset: true },
  cluster_node_prefix: { section: "zeek", kind: "prefix", only: "9.0", emptyIsUnset: true },
  archiver: { section: "zeek", kind: "archiver", default: { "8.x": "1" } },
} as const satisfies Record<string, Key>;

/** Other spellings of keys. */
export const ALIASES = {
  cluster_port: { means: "port", only: "9.0" },
  cluster_address: { means: "address", only: "9.0" },
  workers_numa_policy: { means: "worker_numa_policy" },
} as const satisfies Record<string, Alias>;

export type KeyName = keyof typeof KEYS;

/** The key that a word in a file stands for. */
export function keyOf(word: string, dialect: Dialect): KeyName | undefined {
  if (isName(KEYS, word)) return hasIt(KEYS, word, dialect) ? word : undefined;
  if (isName(ALIASES, word)) return hasIt(ALIASES, word, dialect) ? ALIASES[word].means : undefined;
  return undefined;
}

/** All that a file of this dialect may say in such a section, or outside of sections. */
export function wordsOf(dialect: Dialect, section: SectionKind | "unnamed"): string[] {
  return [...Object.keys(KEYS), ...Object.keys(ALIASES)].filter((word) => {
    const name = keyOf(word, dialect);
    return name !== undefined && (section === "unnamed" || KEYS[name].section === section);
  });
}

export function defaultOf(name: KeyName, dialect: Dialect): string | undefined {
  const { default: text }: Key = KEYS[name];
  return typeof text === "string" ? text : text?.[dialect];
}

function hasIt<Word extends string>(
  table: Readonly<Record<Word, Key | Alias>>,
  word: Word,
  dialect: Dialect,
): boolean {
  const { only } = table[word];
  return only === undefined || only === dialect;
}

function isName<Table extends object>(table: Table, word: string): word is keyof Table & string {
  return Object.hasOwn(table, word);
}
