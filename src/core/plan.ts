/** What a reload would change: the nodes that there are against those that the scripts want now. */
import type { NodeConfig } from "./config.ts";
import { changedFields } from "./difference.ts";
import type { Origin } from "./report.ts";

export interface Change {
  node: string;
  action: "keep" | "restart" | "start" | "stop";
  /** For people: `env.PATH has changed`. */
  why: string;
}

export interface Plan {
  /** One for each node. */
  changes: Change[];
  /** What the operator should know of how it was found out. */
  notes: string[];
}

/** A node that there is. */
export interface Present {
  config: NodeConfig;
  origin: Origin;
}

/** By what is done: first what ends, then what starts, then what stays as it is. */
export function planOf(present: readonly Present[], wanted: readonly NodeConfig[]): Change[] {
  const there = new Map(present.map((one) => [one.config.name, one]));
  const names = new Set(wanted.map(({ name }) => name));
  const changes = [
    ...present.filter(({ config }) => !names.has(config.name)).map(ofAbsent),
    ...wanted.map((config) => ofWanted(config, there.get(config.name))),
  ];
  return changes.sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
}

/** Whether nothing would be done. */
export function isIdle(changes: readonly Change[]): boolean {
  return changes.every(({ action }) => action === "keep");
}

function ofAbsent({ config: { name: node }, origin }: Present): Change {
  return origin === "remote"
    ? { node, action: "keep", why: "it was created by remote control, and stays until destroyed" }
    : { node, action: "stop", why: "the scripts no longer create it" };
}

function ofWanted(config: NodeConfig, present: Present | undefined): Change {
  const node = config.name;
  if (present === undefined) return { node, action: "start", why: "the scripts create it now" };
  const fields = changedFields(present.config, config);
  if (fields.length === 0) return { node, action: "keep", why: "its configuration is the same" };
  return { node, action: "restart", why: whatChanged(fields) };
}

function whatChanged(fields: readonly string[]): string {
  const shown = fields.slice(0, MOST_FIELDS);
  const more = fields.length - shown.length;
  const list = `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return `${list} ${fields.length === 1 ? "has" : "have"} changed`;
}

const MOST_FIELDS = 5;
const ORDER: readonly Change["action"][] = ["stop", "restart", "start", "keep"];
