/** The rows of the tree: Supervisor, Stem, roles if there are any, nodes; as far as they are shown. */
import { roleOf } from "../../core/groups.ts";
import { type Load, summed } from "./load.ts";
import { countLooks, isTroubled, type Look, lookOf } from "./look.ts";
import type { NodeView, Tree } from "./tree.ts";

/** `hasNext`: a sibling follows below; `isParentNext`: one of its parent does. */
export type Row = { key: string; level: number; hasNext?: boolean; isParentNext?: boolean } & (
  | { kind: "supervisor" }
  | { kind: "stem" }
  | ({ kind: "group"; role: string; isOpen: boolean; looks: [Look, number][] } & Members)
  | { kind: "node"; node: NodeView }
);

interface Members {
  names: readonly string[];
}

export interface Filter {
  /** Part of a name. */
  text: string;
  /** Only nodes that look so; empty: all. */
  looks: ReadonlySet<Look>;
  /** Keys of groups that are closed. */
  closed: ReadonlySet<string>;
}

export const SUPERVISOR_KEY = "supervisor";
export const STEM_KEY = "stem";
const GROUP = "group ";
const NODE = "node ";

export function nodeKey(name: string): string {
  return `${NODE}${name}`;
}

/** The node that a key stands for, if it is one's. */
export function nodeOfKey(key: string): string | undefined {
  return key.startsWith(NODE) ? key.slice(NODE.length) : undefined;
}

export function rowsOf({ nodes }: Tree, filter: Filter): Row[] {
  const rows: Row[] = [
    { key: SUPERVISOR_KEY, level: 1, kind: "supervisor" },
    { key: STEM_KEY, level: 2, kind: "stem" },
  ];
  const groups = grouped(nodes.values());
  const hasRoles = groups.some(({ role }) => role !== "");
  for (const { role, members } of groups) {
    const shown = members.filter((node) => isShown(node, filter));
    if (!hasRoles) {
      rows.push(...shown.map((node) => nodeRow(node, 3)));
      continue;
    }
    if (shown.length === 0 && members.length > 0 && isFiltering(filter)) continue;
    const key = `${GROUP}${role}`;
    const isOpen = !filter.closed.has(key);
    rows.push({
      key,
      level: 3,
      kind: "group",
      role,
      isOpen,
      looks: countLooks(members.map(({ status }) => lookOf(status))),
      names: members.map(({ name }) => name),
    });
    if (isOpen) rows.push(...shown.map((node) => nodeRow(node, 4)));
  }
  return withBranches(rows);
}

/** What lies between a row and what it hangs from, seen from the last one up. */
function withBranches(rows: Row[]): Row[] {
  const isBelow = new Map<number, boolean>();
  for (const row of rows.toReversed()) {
    row.hasNext = isBelow.get(row.level) ?? false;
    row.isParentNext = isBelow.get(row.level - 1) ?? false;
    isBelow.set(row.level, true);
    isBelow.set(row.level + 1, false);
  }
  return rows;
}

/** The nodes that a row stands for: itself, or all below it. */
export function nodesOfKey({ nodes }: Tree, key: string): NodeView[] {
  const name = nodeOfKey(key);
  if (name !== undefined) {
    const node = nodes.get(name);
    return node === undefined ? [] : [node];
  }
  if (!key.startsWith(GROUP)) return [...nodes.values()];
  const role = key.slice(GROUP.length);
  return [...nodes.values()].filter(({ status }) => roleText(status.node) === role);
}

export function loadOfKey(tree: Tree, key: string): Load {
  const nodes = nodesOfKey(tree, key);
  const [only] = nodes;
  return nodes.length === 1 && only !== undefined
    ? only.load
    : summed(nodes.map(({ load }) => load));
}

/** Nodes that somebody should look at. */
export function troubled({ nodes }: Tree): NodeView[] {
  return [...nodes.values()].filter(({ status }) => isTroubled(lookOf(status)));
}

/** `manager`; "" is none. */
export function roleText(config: Parameters<typeof roleOf>[0]): string {
  return roleOf(config)?.toLowerCase() ?? "";
}

/** The title of a group. */
export function groupText(role: string, count: number): string {
  if (role === "") return "others";
  if (count === 1) return role;
  return role === "proxy" ? "proxies" : `${role}s`;
}

interface Grouped {
  role: string;
  members: NodeView[];
}

/** In the order in which a cluster starts. */
function grouped(nodes: Iterable<NodeView>): Grouped[] {
  const byRole = new Map<string, NodeView[]>();
  for (const node of nodes) {
    const role = roleText(node.status.node);
    const members = byRole.get(role);
    if (members === undefined) byRole.set(role, [node]);
    else members.push(node);
  }
  return ROLES.flatMap((role) => {
    const members = byRole.get(role);
    return members === undefined ? [] : [{ role, members }];
  });
}

function nodeRow(node: NodeView, level: number): Row {
  return { key: nodeKey(node.name), level, kind: "node", node };
}

function isFiltering({ text, looks }: Filter): boolean {
  return text !== "" || looks.size > 0;
}

function isShown({ name, status }: NodeView, { text, looks }: Filter): boolean {
  if (looks.size > 0 && !looks.has(lookOf(status))) return false;
  return text === "" || name.toLowerCase().includes(text.toLowerCase());
}

const ROLES = ["logger", "manager", "proxy", "worker", ""];
