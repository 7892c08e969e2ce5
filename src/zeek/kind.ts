/** Which of Zeek's tools a configuration file is for. */
import { ALIASES, KEYS } from "./zeek-conf/keys.ts";

export const KINDS = ["node.cfg", "zeek.conf"] as const;
/** ZeekControl's, and zeek-systemd-generator's. */
export type Kind = (typeof KINDS)[number];

/**
 * By the file's name, or by what is in it.
 * @param name without directories
 */
export function kindOf(name: string, text: string): Kind | undefined {
  if (name === "node.cfg") return "node.cfg";
  if (name === "zeek.conf" || name.endsWith(".zeek.conf")) return "zeek.conf";
  const lines = text.split("\n").map((line) => line.trim());
  const sections = lines.flatMap((line) => /^\[([^\]]+)\]/.exec(line)?.[1] ?? []);
  const keys = lines.flatMap((line) => /^([\w.-]+)\s*[=:]/.exec(line)?.[1]?.toLowerCase() ?? []);
  // Each of ZeekControl's nodes has a type; no key of the other file is called so.
  if (sections.length > 0 && keys.includes("type")) return "node.cfg";
  const known = new Set([...Object.keys(KEYS), ...Object.keys(ALIASES)]);
  const isConf = sections.every((name) => /^(zeek|interface\s.*)$/.test(name));
  return isConf && keys.some((key) => known.has(key)) ? "zeek.conf" : undefined;
}
