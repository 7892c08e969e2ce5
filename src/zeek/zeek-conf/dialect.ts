/** Which zeek.conf a file is: Zeek 9.0 changed its grammar, its keys and its defaults. */

export type Dialect = "8.x" | "9.0";

/** The dialect of an installed Zeek: "8.2.2" reads files as 8.x, "9.0.0-rc1" as 9.0. */
export function dialectOf(version: string): Dialect {
  return isAtLeast(version, 9, 0) ? "9.0" : "8.x";
}

/** A version that cannot be read counts as newer than all. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (match === null) return true;
  const installed = Number(match[1]);
  return installed > major || (installed === major && Number(match[2]) >= minor);
}

export function otherDialect(dialect: Dialect): Dialect {
  return dialect === "8.x" ? "9.0" : "8.x";
}
