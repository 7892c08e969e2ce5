/** Zeek's versions, as far as what it can do depends on them. */

/** @param version such as "8.2.2" or "9.1.0-dev.12"; what is no version counts as the newest */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [whole, first, second] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (whole === undefined) return true;
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}
