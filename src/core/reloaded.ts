/** What a reload has done, as people are told. */
import type { Reloaded } from "./api.ts";

/** `1 restarted ('web'), 3 kept`. */
export function summaryOf({ kept, changed, started, stopped }: Reloaded): string {
  const parts = [
    part(changed, "restarted"),
    part(started, "started"),
    part(stopped, "stopped"),
    kept.length > 0 ? `${kept.length} kept` : "",
  ].filter(Boolean);
  return parts.length === 0 ? "there is no node" : parts.join(", ");
}

function part(names: readonly string[], what: string): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, MOST_NAMES).map((name) => `'${name}'`);
  const more = names.length - shown.length;
  return `${names.length} ${what} (${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""})`;
}

const MOST_NAMES = 5;
