/** Which zeek.conf a file is: Zeek 9.0 changed its grammar, its keys and its defaults. */
import { isAtLeast } from "../version.ts";

export type Dialect = "8.x" | "9.0";

/** The dialect of an installed Zeek: "8.2.2" reads files as 8.x, "9.0.0-rc1" as 9.0. */
export function dialectOf(version: string): Dialect {
  return isAtLeast(version, 9, 0) ? "9.0" : "8.x";
}

export function otherDialect(dialect: Dialect): Dialect {
  return dialect === "8.x" ? "9.0" : "8.x";
}
