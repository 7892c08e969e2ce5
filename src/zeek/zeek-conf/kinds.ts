/** What a key can hold: how each kind is read, and how Zeek refuses it. */
import type { Dialect } from "./dialect.ts";
import * as values from "./values.ts";
import { words } from "./words.ts";

export interface Kinds {
  flag: boolean;
  count: number;
  seconds: number;
  port: number;
  portOrNone: number;
  nice: number;
  memory: string;
  numa: "local" | "default";
  cpuList: number[];
  cpuSet: number[];
  address: string;
  listenAddress: string;
  path: string;
  searchPath: string[];
  text: string;
  prefix: string;
  /** Whether the usual one runs, or the command of another. */
  archiver: boolean | string[];
  words: string[];
  environment: Variable[];
}

export interface Variable {
  name: string;
  value: string;
  /** Unset in a default. */
  line?: number;
}

/** A kind that is read from one value. */
export type PlainKind = Exclude<keyof Kinds, "environment">;

interface Rule<Value> {
  read: (text: string, dialect: Dialect) => Value | undefined;
  refusal: (key: string, text: string) => string;
}

export const RULES: { readonly [Kind in PlainKind]: Rule<Kinds[Kind]> } = {
  flag: { read: values.flag, refusal: valueColon },
  count: { read: values.count, refusal: valueColon },
  seconds: { read: values.seconds, refusal: valueColon },
  port: { read: values.port, refusal: valueColon },
  portOrNone: { read: values.portOrNone, refusal: valueColon },
  nice: { read: values.nice, refusal: value },
  memory: { read: values.memory, refusal: bare },
  numa: { read: values.numaPolicy, refusal: value },
  cpuList: { read: cpuList, refusal: value },
  cpuSet: { read: cpuList, refusal: bare },
  address: { read: values.address, refusal: address },
  listenAddress: { read: values.listenAddress, refusal: bare },
  path: {
    read: values.absolutePath,
    refusal: (key, text) => `${value(key, text)}: it must begin with '/'`,
  },
  searchPath: { read: values.searchPath, refusal: value },
  text: { read: (text) => text, refusal: value },
  prefix: {
    read: (text) => (/^[a-z0-9][-a-z0-9_]*$/.test(text) ? text : undefined),
    refusal: (key, text) => `${bare(key, text)} (must be empty or match /[a-z0-9][-_a-z0-9]+/)`,
  },
  archiver: { read: archiver, refusal: valueColon },
  words: {
    read: words,
    refusal: (key, text) => `${value(key, text)}: a quote or a backslash has no end`,
  },
};

/** 8.x reads the numbers with C's `strtol`, which skips blanks before a number. */
function cpuList(text: string, dialect: Dialect): number[] | undefined {
  return values.cpuList(dialect === "8.x" ? text.replace(/(?<=[-,:])[ \t]+/g, "") : text);
}

/** "yes" would be a program of that name to systemd; here a program has its whole path. */
function archiver(text: string, dialect: Dialect): boolean | string[] | undefined {
  if (dialect === "8.x") {
    const small = text.toLowerCase();
    return small === "true" || (small === "false" ? false : values.flag(text));
  }
  const command = words(text);
  return command?.[0]?.startsWith("/") === true ? command : values.flag(text);
}

function valueColon(key: string, text: string): string {
  return `invalid ${key} value: '${text}'`;
}

function value(key: string, text: string): string {
  return `invalid ${key} value '${text}'`;
}

function bare(key: string, text: string): string {
  return `invalid ${key} '${text}'`;
}

/** Zeek says "address" whichever way the key is spelt. */
function address(key: string, text: string): string {
  return `invalid ${key === "cluster_address" ? "address" : key} '${text}'`;
}
