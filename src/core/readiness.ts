/** When a node that runs counts as ready. */
import type { NodeConfig, Ready } from "./config.ts";

/** How it's found out: at once, by the node's own word, or by looking from outside. */
export type ReadyKind = "started" | "told" | "seen";

export interface ReadyRules {
  kind: ReadyKind;
  /** After this time without it a node counts as failed (ms); unset: never. */
  timeout?: number;
}

/** What is known of it while the process runs. */
export type Readiness =
  | { tag: "ready" }
  /** The node, or whoever reads what it prints, will say so. */
  | { tag: "awaited" }
  /** To be looked at when the time has come. */
  | { tag: "unseen"; lookAt: number; looks: number }
  /** The answer to a look has yet to come. */
  | { tag: "looking"; looks: number };

export function readyRulesOf(config: NodeConfig): ReadyRules {
  const ready = readyOf(config);
  if (typeof ready === "string") return { kind: ready === "started" ? "started" : "told" };
  const kind = "fd" in ready || "line" in ready ? "told" : "seen";
  return { kind, ...(ready.timeout === undefined ? {} : { timeout: ready.timeout }) };
}

/** What was asked for, or else what fits the kind of node. A Zeek writes its state into a file. */
export function readyOf(config: NodeConfig): Ready {
  if (config.ready !== undefined) return config.ready;
  if (config.zeek !== undefined) return { file: ZEEK_STATUS };
  return config.command === undefined ? "init" : "started";
}

/** The descriptor on which a node's process says that it is ready; undefined if that is found out in another way. */
export function readyFdOf(config: NodeConfig): number | undefined {
  const ready = readyOf(config);
  if (ready === "init") return READY_FD;
  return typeof ready === "object" && "fd" in ready ? ready.fd : undefined;
}

export function firstReadiness(rules: ReadyRules, now: number): Readiness {
  switch (rules.kind) {
    case "started":
      return { tag: "ready" };
    case "told":
      return { tag: "awaited" };
    case "seen":
      return { tag: "unseen", lookAt: now + lookAfter(0), looks: 0 };
    default:
      return rules.kind satisfies never;
  }
}

/** Looks start close together and thin out, in milliseconds. */
export function lookAfter(looks: number): number {
  return Math.min(20 * 2 ** Math.min(looks, 6), 1_000);
}

/** Where script nodes say that their `init` handlers are done. */
export const READY_FD = 3;

/** What Zeek's `-U` is given, relative to its working directory. */
export const ZEEK_STATUS = ".status";

/** The same configuration, as JSON can hold it: a pattern as its source and flags. */
export function withPlainPattern(config: NodeConfig): NodeConfig {
  const { ready } = config;
  if (typeof ready !== "object" || !("line" in ready) || typeof ready.line === "string")
    return config;
  const { source: line, flags } = ready.line;
  return { ...config, ready: { ...ready, line, ...(flags === "" ? {} : { flags }) } };
}
