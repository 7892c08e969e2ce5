/** The users and groups of this machine. */
import fs from "node:fs";
import type { Account } from "../core/identity.ts";
import { runTool } from "./spawn.ts";
import { findTool } from "./tools.ts";

type Database = "passwd" | "group";

/** What `getent` prints for a key; nothing if there is none. */
export type Lookup = (database: Database, key: string) => string;

/**
 * A user by name or number; undefined if there is none of that name. A number is always somebody.
 * @param lookup asked for whoever is not in the system's own file
 */
export function findUser(user: string | number, lookup: Lookup): Account | undefined {
  const fields = find("passwd", user, lookup);
  if (fields === undefined) return isNumber(user) ? { uid: Number(user) } : undefined;
  const [name = "", , uid, gid, , home = ""] = fields;
  return { uid: Number(uid), gid: Number(gid), name, home };
}

/** A group's number; undefined if there is none of that name. */
export function findGroup(group: string | number, lookup: Lookup): number | undefined {
  const fields = find("group", group, lookup);
  if (fields !== undefined) return Number(fields[2]);
  return isNumber(group) ? Number(group) : undefined;
}

/** Asks the system's name service, and waits for it: for whoever comes from a directory server. */
export function askNameService(database: Database, key: string): string {
  const getent = findTool("getent");
  if (getent === undefined) return "";
  const { ok, output } = runTool(getent, [database, key]);
  return ok ? output : "";
}

function find(database: Database, key: string | number, lookup: Lookup): string[] | undefined {
  return lineOf(fileOf(database), key) ?? lineOf(lookup(database, String(key)), key);
}

/** A name comes before a number: a user may be called "1000". */
function lineOf(text: string, key: string | number): string[] | undefined {
  const lines = text.split("\n").map((line) => line.split(":"));
  const named = typeof key === "string" ? lines.find(([name]) => name === key) : undefined;
  if (named !== undefined || !isNumber(key)) return named;
  return lines.find((fields) => fields[2] === String(Number(key)));
}

function isNumber(key: string | number): boolean {
  return typeof key === "number" || /^\d+$/.test(key);
}

function fileOf(database: Database): string {
  try {
    return fs.readFileSync(`/etc/${database}`, "utf8");
  } catch {
    return "";
  }
}
