/** A node's output file and the old ones beside it: what they may hold, and how they are moved on. */
import type { NodeConfig } from "./config.ts";

/** What `output` says, with every default filled in. Sizes in bytes. */
export interface OutputSettings {
  file: string;
  maxSize: number;
  keep: number;
  compress: boolean;
}

export const OUTPUT_DEFAULTS = { maxSize: 10 * 1024 * 1024, keep: 5, compress: false } as const;
/** Smaller files would be rotated more often than written to. Bytes. */
export const LEAST_MAX_SIZE = 1024;
/** A file name's number has up to three digits: `run.20261128` is none of ours. */
export const MOST_KEPT = 999;

/** Undefined if the node has no such file. @param config valid */
export function outputOf({ output }: NodeConfig): OutputSettings | undefined {
  if (output === undefined) return undefined;
  const { maxSize, keep, compress } = { ...OUTPUT_DEFAULTS, ...output };
  return {
    file: output.file,
    maxSize: byteCount(maxSize) ?? OUTPUT_DEFAULTS.maxSize,
    keep,
    compress,
  };
}

/** `10M` and the like, in powers of 1024; undefined if it is no size. */
export function byteCount(size: number | string): number | undefined {
  if (typeof size === "number") return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
  const [, digits, unit = ""] = /^(\d+) ?(?:([KMGT])(?:i?B)?|B)?$/i.exec(size) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Number(digits) * 1024 ** " KMGT".indexOf(unit.toUpperCase() || " ");
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Says what is wrong between `output` and other fields. */
export function outputProblem(config: NodeConfig): string | undefined {
  const { name, output } = config;
  if (output === undefined) return undefined;
  const other = (["stdoutFile", "stderrFile"] as const).find(
    (field) => config[field] !== undefined,
  );
  if (other !== undefined)
    return `node '${name}' has output and ${other} set: output takes both streams`;
  return undefined;
}

/** A name that old output has, or is to have: `base.N` or `base.N.gz`. */
export function oldName(base: string, number: number, isCompressed: boolean): string {
  return `${base}.${number}${isCompressed ? ".gz" : ""}`;
}

/** The number of an old file, and whether it is compressed; undefined of any other name. */
export function oldFile(
  base: string,
  name: string,
): { number: number; isCompressed: boolean } | undefined {
  if (!name.startsWith(`${base}.`)) return undefined;
  const [, digits, suffix] = /^([1-9]\d{0,2})(\.gz)?$/.exec(name.slice(base.length + 1)) ?? [];
  return digits === undefined
    ? undefined
    : { number: Number(digits), isCompressed: suffix !== undefined };
}

/** The other way round: the file that one of this name would be an old one of, if it is such a name. */
export function currentName(name: string): string | undefined {
  const [, base] = /^(.+)\.[1-9]\d{0,2}(?:\.gz)?$/s.exec(name) ?? [];
  return base;
}

/** What a file is called while it is being compressed. */
export function draftName(base: string, number: number): string {
  return `${oldName(base, number, true)}.new`;
}

export type Step = { remove: string } | { rename: string; to: string };

/**
 * What makes room for a new file of this name. Carried out in order, and given up at any step, it
 * loses nothing but the oldest; done again it goes on from there.
 * @param names what there is in the directory
 */
export function rotation(base: string, names: readonly string[], keep: number): Step[] {
  const present = oldFiles(base, names);
  const steps: Step[] = names
    .filter((name) => isDraft(base, name))
    .map((name): Step => ({ remove: name }));
  // From a time when more were kept. What comes after a gap was never one of them.
  for (let number = keep + 1; present.has(number); number++)
    steps.push(...removal(base, number, present));
  if (keep === 0) return [...steps, { remove: base }];
  let gap = 1;
  while (gap < keep && present.has(gap)) gap++;
  if (present.has(gap)) steps.push(...removal(base, gap, present));
  for (let number = gap - 1; number >= 1; number--) {
    for (const isCompressed of present.get(number) ?? []) {
      const to = oldName(base, number + 1, isCompressed);
      steps.push({ rename: oldName(base, number, isCompressed), to });
    }
  }
  return [...steps, { rename: base, to: oldName(base, 1, false) }];
}

/** The old files that have yet to be compressed, the newest first; those that are already may go. */
export function toCompress(
  base: string,
  names: readonly string[],
  keep: number,
): { number: number; isDone: boolean }[] {
  return [...oldFiles(base, names)]
    .filter(([number, forms]) => number <= keep && forms.has(false))
    .map(([number, forms]) => ({ number, isDone: forms.has(true) }))
    .sort((a, b) => a.number - b.number);
}

/**
 * How much of `bytes` the file takes; 0: it is to be rotated first. A line that would be too long for
 * the rest of a file begins the next; one that is too long for any, or that has begun here already,
 * is cut where the file is full.
 * @param isInLine whether the file's last line goes on with these bytes
 */
export function fitting(
  bytes: Uint8Array,
  { size, maxSize, isInLine }: { size: number; maxSize: number; isInLine: boolean },
): number {
  const room = Math.max(0, maxSize - size);
  if (bytes.length <= room) return bytes.length;
  const newline = room === 0 ? -1 : bytes.lastIndexOf(NEWLINE, room - 1);
  if (newline >= 0) return newline + 1;
  return isInLine || size === 0 ? room : 0;
}

/** By number, in which forms there are some: compressed or not. */
function oldFiles(base: string, names: readonly string[]): Map<number, Set<boolean>> {
  const files = new Map<number, Set<boolean>>();
  for (const name of names) {
    const found = oldFile(base, name);
    if (found === undefined) continue;
    const forms = files.get(found.number) ?? new Set();
    files.set(found.number, forms.add(found.isCompressed));
  }
  return files;
}

function removal(base: string, number: number, present: Map<number, Set<boolean>>): Step[] {
  return [...(present.get(number) ?? [])].map((isCompressed) => ({
    remove: oldName(base, number, isCompressed),
  }));
}

function isDraft(base: string, name: string): boolean {
  return name.endsWith(".gz.new") && oldFile(base, name.slice(0, -".new".length)) !== undefined;
}

const NEWLINE = 0x0a;
