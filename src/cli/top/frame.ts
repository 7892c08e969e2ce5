/** One picture of `coppice top`. */
import type { OutputLine, Usage } from "../../core/api.ts";
import type { Paint } from "../colour.ts";
import { printable, terminalLine } from "../printable.ts";
import { statusTable, summaryOf } from "../status-table.ts";
import { clockTime, memory } from "../time.ts";
import { cut, displayWidth } from "../width.ts";
import { type Looking, placeOf, type Shown, shownOf } from "./model.ts";

/** What there is to see. */
export interface Scene {
  nodes: readonly SceneNode[];
  /** Of the Supervisor and its Stem, where they are known. */
  pids: { supervisor: number | undefined; stem: number | undefined };
  now: number;
  isZeek: boolean;
  /** Why this is not how things are now. */
  problem: string | undefined;
  /** What became of the last order. */
  message: string;
  /** Of the node whose lines are looked at. */
  lines: readonly OutputLine[];
}

export interface SceneNode extends Shown {
  usage: Usage | undefined;
}

export interface Size {
  columns: number;
  rows: number;
}

/** @returns exactly as many lines as fit, none wider than the screen */
export function frameOf(scene: Scene, looking: Looking, size: Size, paint: Paint): string[] {
  const head = headOf(scene, looking, size.columns, paint);
  const body =
    looking.mode.tag === "lines"
      ? linesOf(scene, looking.mode.node, size, paint)
      : tableOf(scene, looking, size, paint);
  const foot = footOf(looking, size.columns, paint);
  if (size.rows <= HEAD_ROWS) return [...head, ...body].slice(0, Math.max(0, size.rows));
  const room = size.rows - 1;
  const above = [...head, ...body].slice(0, room);
  return [...above, ...Array.from({ length: room - above.length }, () => ""), foot];
}

/** How many nodes are seen at once. */
export function roomFor({ rows }: Size): number {
  return Math.max(1, rows - HEAD_ROWS - TITLE_ROWS - 1);
}

/** What is printed where there is no terminal. */
export function plainFrame(scene: Scene, looking: Looking, paint: Paint): string[] {
  const table = tableFor(shownOf(scene.nodes, looking, scene.now), scene, undefined, paint);
  return [...headOf(scene, looking, undefined, paint).slice(0, 2), ...table];
}

function headOf(
  { nodes, pids, now, problem, message }: Scene,
  { sort, filter }: Looking,
  columns: number | undefined,
  paint: Paint,
): string[] {
  const fit = (text: string): string => (columns === undefined ? text : cut(text, columns));
  const time = clockTime(now).slice(0, "hh:mm:ss".length);
  const loads = nodes.map(({ load }) => (load === "unknown" ? 0 : load));
  const cpu = loads.reduce((sum, load) => sum + load, 0) * 100;
  const used = nodes.reduce((sum, node) => sum + node.memory, 0);
  const summary = summaryOf(nodes.map(({ status }) => status));
  const second = [
    `Supervisor ${pids.supervisor ?? "-"}, Stem ${pids.stem ?? "-"}`,
    `CPU ${cpu.toFixed(1)}%, memory ${memory(used)}`,
    `by ${sort}`,
    ...(filter === "" ? [] : [`only ${printable(filter)}`]),
  ];
  return [
    paint("bold", fit(`${time}  ${summary}`)),
    fit(second.join("   ")),
    problem === undefined
      ? fit(printable(message))
      : paint("red", fit(`error: ${printable(problem)}`)),
  ];
}

/** The chosen node is in the middle, as far as there is something above and below it. */
function tableOf(scene: Scene, looking: Looking, size: Size, paint: Paint): string[] {
  const shown = shownOf(scene.nodes, looking, scene.now);
  if (shown.length === 0 && scene.nodes.length > 0)
    return [
      "",
      cut(`  no node has '${printable(looking.filter)}' in its name, role or state`, size.columns),
    ];
  const names = shown.map(({ name }) => name);
  const at = placeOf(looking.chosen, names);
  const room = roomFor(size);
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), names.length - room));
  // Of all nodes, so that columns stay where they are while one moves through them.
  const [title = "", ...rows] = tableFor(shown, scene, Math.max(1, size.columns - 2), paint);
  const seen = rows.slice(from, from + room).map((row, index) => {
    if (from + index !== at) return `  ${row}`;
    const text = `> ${row.replace(STYLE, "")}`;
    return paint("inverse", text + " ".repeat(Math.max(0, size.columns - displayWidth(text))));
  });
  return [`  ${title}`, ...seen].map((line) => (size.columns < 3 ? "" : line));
}

function tableFor(
  shown: readonly SceneNode[],
  { now, isZeek }: Scene,
  width: number | undefined,
  paint: Paint,
): string[] {
  return statusTable(shown, { now, isZeek, width, paint });
}

/** The newest at the bottom. */
function linesOf({ lines }: Scene, node: string, size: Size, paint: Paint): string[] {
  const room = Math.max(0, size.rows - HEAD_ROWS - TITLE_ROWS - 1);
  const title = paint("dim", cut(`last lines of ${printable(node)}`, size.columns));
  const last = room === 0 ? [] : lines.slice(-room);
  if (last.length === 0) return [title, cut("nothing so far", size.columns)];
  return [
    title,
    ...last.map(({ stream, text }) => {
      const shown = printable(terminalLine(text, false).replaceAll("\t", "    "));
      const line = cut(`${stream === "stderr" ? "! " : ""}${shown}`, size.columns);
      return stream === "stderr" ? paint("red", line) : line;
    }),
  ];
}

function footOf({ mode, filter }: Looking, columns: number, paint: Paint): string {
  switch (mode.tag) {
    case "list":
      return paint("dim", cut(KEYS, columns));
    case "filter":
      return cut(`/${printable(filter)}_`, columns);
    case "confirm":
      return paint(
        "yellow",
        cut(`end node '${printable(mode.node)}' and forget it? y or n`, columns),
      );
    case "lines":
      return paint("dim", cut("l or Esc back", columns));
    default:
      return mode satisfies never;
  }
}

const HEAD_ROWS = 3;
const TITLE_ROWS = 1;
const KEYS =
  "q quit  / filter  sort: n name c CPU m memory u uptime  r restart  s stop  S start  k destroy  l lines";
/** Our own styles: names and states are printable, and so have none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const STYLE = /\u001b\[\d+m/g;
