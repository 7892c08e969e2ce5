/** What has changed between two configurations of a node. */
import type { NodeConfig } from "./config.ts";

/** The fields that differ, as people write them: `env.PATH`, `stop.signal`, `command`. Sorted. */
export function changedFields(before: NodeConfig, after: NodeConfig): string[] {
  return differences(before, after, "", DEPTH).sort();
}

/** Whether they mean the same, in whatever order their fields are written. */
export function isSameConfig(before: NodeConfig, after: NodeConfig): boolean {
  return isSame(before, after);
}

/** How deep a field is named; below that it has changed as a whole. */
const DEPTH = 2;

function differences(before: object, after: object, path: string, depth: number): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [a, b] = [fieldOf(before, name), fieldOf(after, name)];
    if (isSame(a, b)) return [];
    const field = `${path}${name}`;
    if (depth > 1 && isRecord(a) && isRecord(b)) return differences(a, b, `${field}.`, depth - 1);
    return [field];
  });
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => isSame(fieldOf(a, name), fieldOf(b, name)));
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of the object's own: a name may be a word of JavaScript's. */
function fieldOf(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}
