/** The nodes that a verb's operands name, one by one or as groups. */
import { GROUPS, type Group, isGroup, isOfGroup } from "../core/groups.ts";
import { nearest } from "../core/nearest.ts";
import type { NodeStatus, Status } from "../core/status.ts";

/** A node's status, of names that may be words of JavaScript's own. */
export function nodeOf({ nodes }: Status, name: string): NodeStatus | undefined {
  return Object.hasOwn(nodes, name) ? nodes[name] : undefined;
}

export interface Selected {
  /** Each once. */
  found: [string, NodeStatus][];
  /** The words that name no node, and no group that has any. */
  unknown: string[];
}

/** The nodes that `words` name, or all without any; and the words that name none. */
export function select(status: Status, words: readonly string[]): Selected {
  if (words.length === 0) return { found: Object.entries(status.nodes), unknown: [] };
  const found = new Map<string, NodeStatus>();
  const unknown: string[] = [];
  for (const word of words) {
    const node = nodeOf(status, word);
    const group = groupOf(word, status);
    const members = group === undefined ? [] : membersOf(group, status);
    if (node !== undefined) found.set(word, node);
    else if (members.length === 0 && group !== "all") unknown.push(word);
    for (const [name, member] of members) found.set(name, member);
  }
  return { found: [...found], unknown };
}

/** The group that a word names: a node that is really called so is meant rather than the group. */
export function groupOf(word: string, status: Status): Group | undefined {
  return isGroup(word) && nodeOf(status, word) === undefined ? word : undefined;
}

/** The groups that have nodes, as far as no node is called so. */
export function groupsOf(status: Status): Group[] {
  return GROUPS.filter(
    (group) => groupOf(group, status) !== undefined && membersOf(group, status).length > 0,
  );
}

/** Why a word names nothing; with what was probably meant, or with all where there are but a few. */
export function unknownNode(word: string, status: Status): string {
  const known = Object.keys(status.nodes);
  const groups = GROUPS.filter((group) => membersOf(group, status).length > 0);
  if (groupOf(word, status) !== undefined) {
    const others =
      groups.length === 0 ? ", as there are none" : `; groups that have: ${groups.join(", ")}`;
    return `the group '${word}' has no nodes${others}`;
  }
  // Somebody who types a number means one node.
  const candidates = /\d/.test(word) ? [...known, ...groups] : [...groups, ...known];
  const meant = nearest(word, candidates);
  if (meant !== undefined) return `there is no node '${word}'; did you mean '${meant}'?`;
  const few = known.length > 0 && known.length <= FEW;
  const names = few ? `, but ${known.map((one) => `'${one}'`).join(", ")}` : "";
  return `there is no node '${word}'${names}`;
}

function membersOf(group: Group, { nodes }: Status): [string, NodeStatus][] {
  return Object.entries(nodes).filter(([, { node }]) => isOfGroup(node, group));
}

const FEW = 5;
