/** Subscriptions: a topic is wanted if one of the prefixes begins it, byte by byte. */
import { toBytes } from "./text.ts";

export class Filter {
  readonly prefixes: readonly string[];

  constructor(prefixes: Iterable<string> = []) {
    this.prefixes = withoutCovered([...new Set(prefixes)].sort());
  }

  matches(topic: string): boolean {
    for (const prefix of this.prefixes) if (isPrefix(prefix, topic)) return true;
    return false;
  }

  equals(other: Filter): boolean {
    const { prefixes } = this;
    const isSame = prefixes.every((prefix, i) => prefix === other.prefixes[i]);
    return isSame && prefixes.length === other.prefixes.length;
  }
}

/** The topic of Broker's own messages between peers; nobody else may use it. */
export const RESERVED_TOPIC = "<$>";

function isPrefix(prefix: string, topic: string): boolean {
  if (topic.startsWith(prefix)) return true;
  // Bytes that are not whole characters yet.
  if (prefix.isWellFormed()) return false;
  const bytes = toBytes(prefix);
  const start = toBytes(topic).subarray(0, bytes.length);
  return start.length === bytes.length && start.every((byte, i) => byte === bytes[i]);
}

/** @param sorted so that a prefix comes before all that it covers */
function withoutCovered(sorted: readonly string[]): string[] {
  const kept: string[] = [];
  for (const prefix of sorted) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
  }
  return kept;
}
