/** Where a mutant is, and what it makes of its file. */
import type { Mutant } from "./list.ts";

export function urlOf({ file }: Mutant): string {
  return new URL(`../../src/core/${file}`, import.meta.url).href;
}

/** @throws if its place is not there exactly once */
export function mutated({ file, find, replace }: Mutant, source: string): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(`${parts.length - 1} times in ${file}: ${find}`);
}
