/** What people see of nodes: a row for each, and what is wrong in colour. */
import type { Usage } from "../core/api.ts";
import { policyOf } from "../core/config.ts";
import { roleOf } from "../core/groups.ts";
import { MOST_NAMED } from "../core/precedence.ts";
import type { LastExit, NodeStatus } from "../core/status.ts";
import type { Paint } from "./colour.ts";
import { printable } from "./printable.ts";
import { type Cell, type Column, renderTable } from "./table.ts";
import { cpuTime, duration, durationUntil, memory, moment } from "./time.ts";

export interface Row {
  name: string;
  status: NodeStatus;
  usage?: Usage | undefined;
  /** CPUs in use, between two samples; unset: the CPU time so far is shown. */
  load?: number | "unknown";
}

export interface View {
  now: number;
  /** What a line may take; undefined: as much as it needs. */
  width: number | undefined;
  paint: Paint;
  /** A Zeek tells pids, and nothing else. */
  isZeek: boolean;
}

export function statusTable(rows: readonly Row[], view: View): string[] {
  const hasRoles = rows.some(({ status }) => roleOf(status.node) !== undefined);
  const columns = COLUMNS.filter((column) => column !== ROLE || hasRoles);
  const cells = rows.map((row) => cellsOf(row, view, hasRoles));
  return renderTable(columns, cells, view.width, view.paint);
}

/** `5 nodes: 2 running, 1 not ready, 2 waiting`. */
export function summaryOf(nodes: readonly NodeStatus[]): string {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const state = isNotReady(node) ? "not ready" : isAiling(node) ? "unwell" : node.state;
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const states = [...counts].map(([state, count]) => `${count} ${printable(state)}`).join(", ");
  const total = `${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}`;
  return nodes.length === 0 ? "no nodes" : `${total}: ${states}`;
}

/** Whether a person should look at it. */
export function isTroubled(status: NodeStatus): boolean {
  return status.state === "stopped"
    ? hasGivenUp(status)
    : status.state !== "running" || isNotReady(status) || isAiling(status);
}

/** `status 1`, `signal SIGKILL`, `out of memory`; `unhealthy` of one that was ended for that. */
export function exitText({ code, signal, oom, unhealthy }: LastExit): string {
  if (oom === true) return "out of memory";
  if (unhealthy !== undefined) return "unhealthy";
  if (signal !== undefined) return `signal ${printable(signal)}`;
  return code === undefined ? "unknown" : `status ${code}`;
}

/** The same, with all that is known. */
export function fullExitText(exit: LastExit): string {
  const { unhealthy } = exit;
  return unhealthy === undefined ? exitText(exit) : printable(`unhealthy: ${unhealthy}`);
}

/** `waiting, starts in 3s`; `pending, waits for logger-1`; `running, not ready`; `running, 1 of 3 checks failed`; `done`; `failed`. */
export function stateText(status: NodeStatus, now: number): string {
  const { state, nextStart, waitsFor = [], why, health } = status;
  if (isNotReady(status)) return "running, not ready";
  if (health !== undefined) return `running, ${health.failures} of ${health.limit} checks failed`;
  if (state === "stopped" && (why === "done" || why === "failed")) return why;
  if (waitsFor.length > 0) return `${printable(state)}, waits for ${namesInWords(waitsFor)}`;
  if (state !== "waiting" || nextStart === undefined) return printable(state);
  return nextStart <= now
    ? "waiting, starts now"
    : `waiting, starts in ${durationUntil(nextStart, now)}`;
}

const ROLE: Column = { title: "ROLE", rank: 7 };
const COLUMNS: readonly Column[] = [
  { title: "NAME", least: 12, cutMiddle: true },
  ROLE,
  { title: "STATE", least: 23 },
  { title: "PID", isNumber: true, rank: 3 },
  { title: "UP SINCE", least: 9, rank: 4 },
  { title: "RESTARTS", isNumber: true, rank: 2 },
  { title: "LAST EXIT", least: 12, rank: 1 },
  { title: "CPU", isNumber: true, rank: 6 },
  { title: "MEMORY", isNumber: true, rank: 5 },
];

/** `a`, `a and b`, `a, b and c`, `a, b and 3 more`. */
function namesInWords(names: readonly string[]): string {
  const shown = names.slice(0, names.length > 3 ? 2 : 3).map(printable);
  const more = names.length - shown.length;
  const last = more === 0 ? shown.pop() : `${more}${names.length < MOST_NAMED ? "" : " or"} more`;
  return shown.length === 0 ? `${last}` : `${shown.join(", ")} and ${last}`;
}

function cellsOf(
  { name, status, usage, load }: Row,
  { now, isZeek }: View,
  hasRoles: boolean,
): Cell[] {
  const { node, pid, since, generation, lastExit } = status;
  const isUp = status.state === "running" && since > 0;
  return [
    { text: printable(name) },
    ...(hasRoles ? [{ text: roleOf(node)?.toLowerCase() ?? "-" }] : []),
    stateCell(status, now),
    { text: pid === undefined ? "-" : String(pid) },
    { text: isUp ? `${moment(since, now)} (${duration(now - since)})` : "-" },
    { text: isZeek ? "-" : String(Math.max(0, generation - 1)) },
    lastExit === undefined ? { text: "-" } : exitCell(status, lastExit, now),
    { text: cpuText(usage, load) },
    { text: usage === undefined ? "-" : memory(usage.memory) },
  ];
}

function stateCell(status: NodeStatus, now: number): Cell {
  const text = stateText(status, now);
  switch (status.state) {
    case "running":
      return { text, style: isNotReady(status) || isAiling(status) ? "yellow" : "green" };
    case "waiting":
      return { text, style: "red" };
    case "stopped":
      return { text, style: hasGivenUp(status) ? "red" : "dim" };
    case "stopping":
      return { text, style: "yellow" };
    case "pending":
      return { text, style: "dim" };
    default:
      return { text };
  }
}

function exitCell(status: NodeStatus, exit: LastExit, now: number): Cell {
  const text = `${exitText(exit)}, ${duration(now - exit.at)} ago`;
  if (!hasFailed(status)) return { text };
  const isDown = status.state === "stopped" ? hasGivenUp(status) : status.state !== "running";
  return { text, style: isDown ? "red" : "yellow" };
}

function isNotReady({ state, ready }: NodeStatus): boolean {
  return state === "running" && ready === false;
}

/** Its last health check has failed. */
function isAiling({ health }: NodeStatus): boolean {
  return health !== undefined;
}

/** It has failed, and its policy revives it no more. */
function hasGivenUp({ why }: NodeStatus): boolean {
  return why === "failed";
}

/** One that ended by the signal that it is stopped with was told to: by a restart, for example. */
function hasFailed({ lastExit, node }: NodeStatus): boolean {
  if (lastExit?.unhealthy !== undefined) return true;
  if (lastExit === undefined || lastExit.code === 0) return false;
  return lastExit.signal !== policyOf(node).stop.signal;
}

function cpuText(usage: Usage | undefined, load: Row["load"]): string {
  if (usage === undefined || load === "unknown") return "-";
  return load === undefined ? cpuTime(usage.cpu) : `${(load * 100).toFixed(1)}%`;
}
