/**
 * Looks for the line by which a node is ready. A pattern is its user's, and may take long to match:
 * that is looked for here, so that it can hold up the Supervisor, and never the Stem.
 */
import type { NodeStatus } from "../../core/status.ts";
import { LineCutter } from "../../output/lines.ts";

export interface ReadyWatch {
  statusOf(node: string): NodeStatus | undefined;
  /** The line was printed by this process. */
  ready(node: string, pid: number): void;
}

/** @returns what takes the bytes of one stream, or undefined if there is nothing to look for */
export function readyLines(
  node: string,
  pid: number,
  watch: ReadyWatch,
): ((bytes: Uint8Array) => void) | undefined {
  const status = watch.statusOf(node);
  const ready = status?.node.ready;
  const isKnown = status?.pid === pid && status.ready === true;
  if (typeof ready !== "object" || !("line" in ready) || isKnown) return undefined;
  const pattern = new RegExp(ready.line, ready.flags);
  let isFound = false;
  const cutter = new LineCutter((bytes, start, end) => {
    if (isFound || !pattern.test(decoder.decode(bytes.subarray(start, end)).replace(/\r?\n$/, "")))
      return;
    isFound = true;
    watch.ready(node, pid);
  });
  return (bytes) => {
    if (!isFound) cutter.push(bytes);
  };
}

const decoder = new TextDecoder();
