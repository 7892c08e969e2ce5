/** One picture of `coppice status --watch`. */
import type { NodeStatus } from "../core/status.ts";
import type { CoppiceError } from "../errors.ts";
import type { Paint } from "./colour.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";
import { isTroubled, statusTable, summaryOf } from "./status-table.ts";
import { clockTime } from "./time.ts";
import type { LoadMeter, UsageOfNodes } from "./usage.ts";
import { cut } from "./width.ts";

export interface Frame {
  nodes: readonly [string, NodeStatus][];
  usage: UsageOfNodes;
  meter: LoadMeter;
  now: number;
  paint: Paint;
  isZeek: boolean;
  /** Why this is not how things are now. */
  problem: CoppiceError | undefined;
}

/** One of many tables below each other. */
export function linesOf(frame: Frame): string[] {
  return [headOf(frame), ...tableOf(frame, frame.nodes, undefined)];
}

/** What fits the screen: where not all nodes do, those that somebody should look at come first. */
export function screenOf(
  frame: Frame,
  { columns, rows }: Pick<Output, "columns" | "rows">,
): string[] {
  const width = columns ?? DEFAULT_WIDTH;
  const room = (rows ?? DEFAULT_ROWS) - HEAD_ROWS;
  const head = headOf(frame, width);
  const problem = frame.problem === undefined ? "" : `error: ${printable(frame.problem.message)}`;
  const note = frame.paint("red", cut(problem, width));
  if (frame.nodes.length <= room) return [head, note, ...tableOf(frame, frame.nodes, width)];
  const sorted = [...frame.nodes].sort(([, a], [, b]) => +isTroubled(b) - +isTroubled(a));
  const shown = sorted.slice(0, Math.max(0, room - 1));
  const more = `… and ${summaryOf(sorted.slice(shown.length).map(([, status]) => status))}`;
  return [head, note, ...tableOf(frame, shown, width), frame.paint("dim", cut(more, width))];
}

function headOf({ nodes, now, paint }: Frame, width?: number): string {
  const time = clockTime(now).slice(0, "hh:mm:ss".length);
  const text = `${time}  ${summaryOf(nodes.map(([, status]) => status))}`;
  return paint("bold", width === undefined ? text : cut(text, width));
}

function tableOf(
  { usage, meter, now, paint, isZeek }: Frame,
  nodes: Frame["nodes"],
  width: number | undefined,
): string[] {
  const rows = nodes.map(([name, status]) => {
    return { name, status, usage: usage.get(name), load: meter.of(name) };
  });
  return statusTable(rows, { now, width, paint, isZeek });
}

/** The summary, the line for a problem, and the titles. */
const HEAD_ROWS = 3;
/** A terminal that does not say how large it is. */
const DEFAULT_WIDTH = 80;
const DEFAULT_ROWS = 24;
