/** What Coppice and the system know of a node, for `diag`. */
import { redactStatus } from "../../control/redact.ts";
import type { NodeConfig } from "../../core/config.ts";
import type { Exit } from "../../core/revival.ts";
import type { NodeStatus } from "../../core/status.ts";
import { commandLineOf, environmentOf, limitsOf, memoryKillsOf } from "../../os/node-process.ts";
import { shellText } from "./shown-plan.ts";

/** State, last end, revivals. @param now Unix time in milliseconds. @returns lines */
export function stateLines(status: NodeStatus, now: number): string[] {
  const { state, pid, generation, lastExit, nextStart, waitsFor = [] } = status;
  const process = pid === undefined ? "" : ` (PID ${pid})`;
  return [
    `state: ${state}${process} since ${when(status.since)}`,
    `starts so far: ${generation}${generation > 1 ? `, ${generation - 1} of them revivals or restarts` : ""}`,
    ...(lastExit === undefined ? [] : [`last end: ${endText(lastExit)}, ${when(lastExit.at)}`]),
    ...(nextStart === undefined ? [] : [`next start: in ${seconds(nextStart - now)} s`]),
    ...(waitsFor.length === 0 ? [] : [`waits for: ${waitsFor.join(", ")}`]),
    ...memoryLines(status),
    "",
  ];
}

/** The limits of its process. @returns lines */
export function limitLines({ pid }: NodeStatus): string[] {
  const limits = pid === undefined ? undefined : limitsOf(pid);
  return limits === undefined
    ? ["==== No limits", ""]
    : ["==== limits", ...limits.trimEnd().split("\n"), ""];
}

/**
 * What it was started with: as its process shows it, else as its configuration has it.
 * @param words what a Zeek would be started with, if that is known
 */
export function commandText(
  { node, pid }: NodeStatus,
  words: readonly string[] | undefined,
): { text: string; from: string } | undefined {
  const seen = pid === undefined ? undefined : commandLineOf(pid);
  if (seen !== undefined) {
    return { text: shellText(seen), from: `of process ${pid}${byStem(seen, node)}` };
  }
  if (node.command !== undefined) return { text: shellText(node.command), from: CONFIGURED };
  if (words !== undefined) {
    return { text: shellText(words), from: `${CONFIGURED}${byStem(words, node)}` };
  }
  if (node.zeek === undefined) return undefined;
  const { executable = "zeek", args = [], scripts = [] } = node.zeek;
  const device = node.interface === undefined ? [] : ["-i", node.interface];
  const text = shellText([executable, ...device, ...args, ...scripts]);
  return { text, from: `${CONFIGURED}; backend, layout and log queue come on top` };
}

/** Zeek's own Stem, which `-j` makes it, tells the node what it reads. */
function byStem(
  words: readonly string[],
  { zeek, interface: device, pcapFile }: NodeConfig,
): string {
  const source = device ?? pcapFile;
  if (zeek === undefined || source === undefined || !words.includes("-j")) return "";
  return `, which Zeek's own Stem has read ${source}`;
}

/** A line each; what the configuration sets is a secret as far as anybody else is concerned. */
export function environmentText(status: NodeStatus): { text: string; from: string } | undefined {
  const hidden = hiddenEnv(status);
  const seen = status.pid === undefined ? undefined : environmentOf(status.pid);
  const own = seen ?? {};
  const open = OPEN.flatMap((name) => {
    const value = Object.hasOwn(own, name) ? own[name] : undefined;
    return value === undefined || Object.hasOwn(hidden, name) ? [] : [`${name}=${value}`];
  });
  const lines = [...open, ...Object.entries(hidden).map(([name, value]) => `${name}=${value}`)];
  if (lines.length === 0) return undefined;
  const from = seen === undefined ? CONFIGURED : `of process ${status.pid}`;
  return { text: lines.join("\n"), from };
}

function hiddenEnv(status: NodeStatus): Record<string, string> {
  const { name } = status.node;
  const entries = Object.entries(redactStatus({ nodes: { [name]: status } }).nodes);
  const node: NodeConfig | undefined = entries[0]?.[1].node;
  return node?.env ?? {};
}

/** SIGKILL that nobody sent is most often the kernel's, for want of memory. */
function memoryLines({ lastExit, pid, state }: NodeStatus): string[] {
  const kills = pid === undefined ? undefined : memoryKillsOf(pid);
  if (kills !== undefined && kills > 0)
    return [`the kernel has killed ${kills} processes of its control group for want of memory`];
  if (lastExit?.signal !== "SIGKILL" || state === "stopped") return [];
  return [
    "SIGKILL: if nobody sent it, and the node was not slow to end, the kernel did, for want of memory: see dmesg",
  ];
}

function endText({ code, signal, unhealthy }: Exit): string {
  const how = signal === undefined ? `exit status ${code ?? "unknown"}` : `ended by ${signal}`;
  return unhealthy === undefined ? how : `${how} (${unhealthy})`;
}

function when(at: number): string {
  return new Date(at).toISOString();
}

function seconds(milliseconds: number): string {
  return (Math.max(0, milliseconds) / 1000).toFixed(1);
}

/** What ZeekControl's `.env_vars` has. */
const OPEN = ["PATH", "ZEEKPATH", "CLUSTER_NODE"];
const CONFIGURED = "as configured";
