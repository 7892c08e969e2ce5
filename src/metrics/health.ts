/** Whether the tree is well, for probes that can tell only one status from another. */
import type { NodeStatus } from "../core/status.ts";
import { isReady } from "./node-families.ts";

export interface TreeFacts {
  /** A Stem is connected. */
  isLinked: boolean;
  /** The tree has begun to end. */
  isEnding: boolean;
}

/** What is wrong with the Supervisor itself: to start it anew might help. */
export function livenessProblems({ isLinked, isEnding }: TreeFacts): string[] {
  return isLinked || isEnding ? [] : ["no Stem is connected"];
}

/** Why the tree does not do yet, or any more, what it is there for; of many nodes the first are named. */
export function readinessProblems(facts: TreeFacts, nodes: readonly NodeStatus[]): string[] {
  const problems = livenessProblems(facts);
  if (facts.isEnding) problems.push("the tree ends");
  const unready = nodes.filter((status) => isMissing(status));
  problems.push(...unready.slice(0, MOST_NAMED).map(textOf));
  if (unready.length > MOST_NAMED) problems.push(`and ${unready.length - MOST_NAMED} more nodes`);
  return problems;
}

/** Those that were told to stop, or are done with their work, are as they shall be. */
function isMissing(status: NodeStatus): boolean {
  if (status.state === "stopped") return status.why === "failed";
  return !isReady(status);
}

function textOf({ node, state }: NodeStatus): string {
  const standing = state === "running" ? "running, not ready" : state;
  return `node '${node.name}' is ${state === "stopped" ? "given up" : standing}`;
}

const MOST_NAMED = 20;
