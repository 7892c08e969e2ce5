/** What a node's process is held to: amounts, the system's resource limits, a umask. */
import type { NodeConfig } from "./config.ts";

/** The resources of setrlimit(2), by prlimit's names. */
export const RESOURCES = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
] as const;

export type Resource = (typeof RESOURCES)[number];

/** A number, or one with a unit of 1024: "64K", "512M", "2G", "1T". */
export type Amount = number | string;

/** Both limits, or each; the one that is left out stays as it is. "unlimited" is an amount here. */
export type ResourceLimit = Amount | { soft?: Amount; hard?: Amount };

/** The whole number that an amount means; undefined if it is none. */
export function amountOf(amount: Amount): number | undefined {
  const [, digits, unit = ""] =
    typeof amount === "number" ? ["", String(amount)] : (AMOUNT.exec(amount) ?? []);
  const number = Number(digits) * 1024 ** UNITS.indexOf(unit.toUpperCase());
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** `512M`; what is no whole number of a unit is told in bytes. */
export function sizeText(amount: Amount): string {
  const bytes = amountOf(amount);
  if (bytes === undefined || bytes === 0) return String(amount);
  const unit = UNITS.findLastIndex((_, power) => bytes % 1024 ** power === 0);
  return unit <= 0 ? `${bytes} bytes` : `${bytes / 1024 ** unit}${UNITS[unit]}`;
}

/** Whether an amount is one that a resource may be limited to. */
export function isLimit(amount: Amount): boolean {
  return amount === UNLIMITED || amountOf(amount) !== undefined;
}

/** What prlimit (util-linux) is told: `--nofile=1024:4096`. @param limits valid */
export function limitArguments(limits: NonNullable<NodeConfig["limits"]>): string[] {
  return RESOURCES.flatMap((resource) => {
    const limit = Object.hasOwn(limits, resource) ? limits[resource] : undefined;
    return limit === undefined ? [] : [`--${resource}=${rangeText(limit)}`];
  });
}

/** Says which of these limits nobody could keep: a soft one is never above its hard one. */
export function limitsProblem(limits: NodeConfig["limits"]): string | undefined {
  for (const [resource, limit] of Object.entries(limits ?? {})) {
    if (typeof limit !== "object") continue;
    const { soft, hard } = limit;
    if (soft === undefined && hard === undefined) return `limits.${resource} limits nothing`;
    if (ceiling(soft ?? 0) > ceiling(hard ?? UNLIMITED))
      return `limits.${resource}: its soft limit is above its hard one`;
  }
  return undefined;
}

/** Three octal digits. A text is octal, as everywhere; a number is the mask itself. */
export function umaskText(umask: string | number): string | undefined {
  const bits =
    typeof umask === "number" ? umask : /^[0-7]{1,4}$/.test(umask) ? Number.parseInt(umask, 8) : -1;
  if (!Number.isInteger(bits) || bits < 0 || bits > 0o777) return undefined;
  return bits.toString(8).padStart(3, "0");
}

/** What `cpu.max` is told: microseconds of CPU time in each tenth of a second. */
export function cpuMaxText(cpus: number): string {
  return `${Math.round(cpus * CPU_PERIOD_US)} ${CPU_PERIOD_US}`;
}

/** Whether a start takes more than the node's program: another identity, or limits of its own. */
export function isConfined({ user, group, umask, nice, limits }: NodeConfig): boolean {
  return (user ?? group ?? umask ?? nice ?? limits) !== undefined;
}

/** Less than this share of a CPU the kernel does not take. */
export const LEAST_CPUS = 0.01;
export const UNLIMITED = "unlimited";

function rangeText(limit: ResourceLimit): string {
  if (typeof limit !== "object") return plainText(limit);
  const { soft, hard } = limit;
  return `${soft === undefined ? "" : plainText(soft)}:${hard === undefined ? "" : plainText(hard)}`;
}

function ceiling(amount: Amount): number {
  return amount === UNLIMITED ? Number.POSITIVE_INFINITY : (amountOf(amount) ?? 0);
}

function plainText(amount: Amount): string {
  return amount === UNLIMITED ? UNLIMITED : String(amountOf(amount));
}

const AMOUNT = /^(\d+(?:\.\d+)?)([KMGT])?(?:i?B)?$/i;
const UNITS = ["", "K", "M", "G", "T"];
const CPU_PERIOD_US = 100_000;
