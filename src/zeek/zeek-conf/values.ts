/** Values as zeek.conf writes them. Each parser gives undefined for what is none. */
import ipaddr from "ipaddr.js";
import { amountOf } from "../../core/limits.ts";

export function flag(text: string): boolean | undefined {
  if (text === "1") return true;
  return text === "0" ? false : undefined;
}

/** How many processes of a kind. Bounded, as each is a process. */
export function count(text: string): number | undefined {
  return integer(text, 0, MAX_OF_A_KIND);
}

export function seconds(text: string): number | undefined {
  return integer(text, 0, MAX_SECONDS);
}

export function port(text: string): number | undefined {
  return integer(text, 1, MAX_PORT);
}

/** 0: none. */
export function portOrNone(text: string): number | undefined {
  return integer(text, 0, MAX_PORT);
}

export function nice(text: string): number | undefined {
  return integer(text, -20, 19);
}

/** Bytes, or with a suffix as systemd's MemoryMax has it; as written. None at all is no limit to run in. */
export function memory(text: string): string | undefined {
  return /^[0-9]+[KMGT]?$/.test(text) && (amountOf(text) ?? 0) > 0 ? text : undefined;
}

export function numaPolicy(text: string): "local" | "default" | undefined {
  return text === "local" || text === "default" ? text : undefined;
}

/** "0-8:2,10-20:3" is 0, 2, 4, 6, 8, 10, 13, 16, 19: in the order given, with what is given twice. */
export function cpuList(text: string): number[] | undefined {
  if (text === "") return [];
  const cpus: number[] = [];
  for (const part of text.split(",")) {
    const match = /^([0-9]+)(?:-([0-9]+)(?::([0-9]+))?)?$/.exec(part);
    if (match === null) return undefined;
    const [, first = "", last = first, stride = "1"] = match;
    const step = integer(stride, 1, MAX_CPU);
    const from = integer(first, 0, MAX_CPU);
    const to = integer(last, 0, MAX_CPU);
    if (step === undefined || from === undefined || to === undefined || from > to) return undefined;
    for (let cpu = from; cpu <= to; cpu += step) cpus.push(cpu);
    if (cpus.length > MAX_CPUS) return undefined;
  }
  return cpus;
}

/** As `taskset` takes it: 7, 4, 5, 6 and 0 are "0,4-7". */
export function cpuSetText(cpus: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const cpu of [...new Set(cpus)].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && range.to === cpu - 1) range.to = cpu;
    else ranges.push({ from: cpu, to: cpu });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** Dotted IPv4, or IPv6 in brackets, which the result has no more. "[::]" is none, as in Zeek. */
export function address(text: string): string | undefined {
  if (text === "[::]") return undefined;
  const inner = /^\[(.*)\]$/.exec(text)?.[1];
  if (inner === undefined) return ipaddr.IPv4.isValidFourPartDecimal(text) ? text : undefined;
  return isIPv6(inner) ? inner : undefined;
}

/** An address, or one of those that stand for all. */
export function listenAddress(text: string): string | undefined {
  return text === "[::]" ? "::" : address(text);
}

/** Whether two addresses, however they are written, are one. */
export function isSameAddress(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(text: string): boolean {
  return text.startsWith("127.") || canonical(text) === "::1";
}

export function isIPv6(text: string): boolean {
  return text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text);
}

/** "NAME=VALUE", with the value as it is. */
export function variable(text: string): { name: string; value: string } | undefined {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text);
  if (match === null) return undefined;
  const [, name = "", value = ""] = match;
  return UNUSABLE_NAMES.includes(name) ? undefined : { name, value };
}

/** Without slashes at its end. */
export function absolutePath(text: string): string | undefined {
  if (!text.startsWith("/")) return undefined;
  let end = text.length;
  while (end > 1 && text[end - 1] === "/") end--;
  return text.slice(0, end);
}

/** What is between the colons. */
export function searchPath(text: string): string[] {
  return text.split(":").filter((directory) => directory !== "");
}

function integer(text: string, least: number, most: number): number | undefined {
  if (!/^-?[0-9]{1,15}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= least && number <= most ? number : undefined;
}

function canonical(text: string): string {
  return isIPv6(text) ? ipaddr.IPv6.parse(text).toString() : text;
}

const MAX_OF_A_KIND = 1_000;
const MAX_SECONDS = 1_000_000;
const MAX_PORT = 65_535;
/** Linux has at most 8,192 CPUs (`NR_CPUS`). */
const MAX_CPU = 8_191;
const MAX_CPUS = 65_536;
/** They cannot be keys of a node's `env`. */
const UNUSABLE_NAMES = ["__proto__", "prototype", "constructor"];
