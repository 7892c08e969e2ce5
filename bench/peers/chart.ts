/** The chart: a panel for each of the main figures, a dot for each peer, on logarithmic scales. */
import { isLimit } from "./goals.ts";
import type { Figure, Results, Row } from "./record.ts";
import { middle } from "./text.ts";

const COLUMN = { width: 430, count: 2 };
const PANEL = { head: 38, row: 18, gap: 14 };
const SCALE = { left: 150, width: 150 };

/** The figures that are shown, in this order; what was not measured is left out. */
const SHOWN: readonly string[] = [
  "revival",
  "held-revival",
  "start-1000",
  "stop-1000",
  "own-1000",
  "pss-1000",
  "wake-ups-1000",
  "processes-1000",
  "output-1",
  "output-50",
  "delay",
  "requests",
  "status-command",
  "storm",
  "crash-cpu",
  "crash-revival",
];

/** Coppice alone, with more and more nodes. */
const GROWTH = [
  { id: "scale-start", what: "Coppice grows: nodes start" },
  { id: "scale-stop", what: "Coppice grows: nodes stop" },
  { id: "scale-own", what: "Coppice grows: private memory" },
];

/** @returns an SVG, legible on light and on dark ground */
export function chartOf(results: Results): string {
  const bottoms = Array.from({ length: COLUMN.count }, () => PANEL.gap);
  const panels = panelsOf(results).map((figure) => {
    const top = Math.min(...bottoms);
    const column = bottoms.indexOf(top);
    bottoms[column] = top + PANEL.head + figure.rows.length * PANEL.row + PANEL.gap;
    return panelOf(figure, column * COLUMN.width + 12, top);
  });
  const width = COLUMN.width * COLUMN.count;
  const height = Math.max(...bottoms);
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  const label = 'role="img" aria-label="Medians of Coppice and its peers, on logarithmic scales"';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${label}>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...panels,
    "</svg>",
    "",
  ].join("\n");
}

function panelsOf({ parts }: Results): Figure[] {
  const figures = Object.values(parts).flatMap((part) => part.figures);
  const shown = SHOWN.flatMap((id) => figures.find((figure) => figure.id === id) ?? []);
  return [...shown, ...GROWTH.flatMap((growth) => growthOf(figures, growth) ?? [])].filter(
    ({ rows }) => rows.length > 0,
  );
}

/** A figure of Coppice's at several sizes, in place of several peers at one size. */
function growthOf(figures: readonly Figure[], { id, what }: { id: string; what: string }) {
  const sizes = figures.filter((figure) => new RegExp(`^${id}-\\d+$`).test(figure.id));
  const [first] = sizes;
  if (first === undefined) return undefined;
  const rows = sizes.flatMap((figure): Row[] => {
    const row = figure.rows.find(({ peer }) => peer === "coppice");
    const size = Number(figure.id.slice(id.length + 1));
    return row === undefined ? [] : [{ ...row, peer: `${size.toLocaleString("en-US")} nodes` }];
  });
  return { ...first, what, rows };
}

function panelOf({ what, unit, better, rows }: Figure, left: number, top: number): string {
  const values = rows.map((row) => heightOf(row, unit)).filter((value) => value > 0);
  const scale = logarithmic(Math.min(...values), Math.max(...values));
  const lines = rows.map((row, i) => {
    const y = top + PANEL.head + i * PANEL.row;
    const x = left + SCALE.left + scale(heightOf(row, unit));
    const note = row.note === undefined ? "" : ` (${row.note})`;
    const dot =
      row.value === undefined && row.over === undefined
        ? ""
        : `<circle class="${classOf(row)}" cx="${x.toFixed(1)}" cy="${y}" r="5"/>`;
    return [
      `<text x="${left}" y="${y + 4}">${escaped(row.peer)}</text>`,
      `<line class="guide" x1="${left + SCALE.left}" x2="${x.toFixed(1)}" y1="${y}" y2="${y}"/>`,
      dot,
      `<text class="value" x="${(x + 10).toFixed(1)}" y="${y + 4}">${escaped(middle(row, unit) + note)}</text>`,
    ].join("");
  });
  const title = `<text class="title" x="${left}" y="${top + 12}">${escaped(what)}</text>`;
  const which = `<text class="small" x="${left}" y="${top + 25}">${better} is better</text>`;
  return [title, which, ...lines].join("\n");
}

/** @returns where a value lies, from 0 on; what is not positive lies at 0 */
function logarithmic(least: number, most: number): (value: number) => number {
  const span = Math.log(most / least);
  return (value) => {
    if (!(value > 0) || !(span > 0)) return 0;
    return (Math.log(value / least) / span) * SCALE.width;
  };
}

/** The median; of a time that was not waited for to its end, what is known of it. */
function heightOf({ value, over }: Row, unit: string): number {
  return value?.median ?? (unit === "ms" ? over : undefined) ?? 0;
}

function classOf({ peer, over }: Row): string {
  if (over !== undefined) return "over";
  if (isLimit(peer)) return "limit";
  return peer.startsWith("coppice") || peer.endsWith(" nodes") ? "own" : "rival";
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; } .small, .value { font-size: 11px; fill: #59636e; }
.ground { fill: #ffffff; } .guide { stroke: #d1d9e0; stroke-width: 2; }
.own { fill: #1a7f37; } .rival { fill: #6e7781; }
.limit { fill: none; stroke: #6e7781; stroke-width: 2; } .over { fill: none; stroke: #cf222e; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .small, .value { fill: #9198a1; }
  .ground { fill: #0d1117; } .guide { stroke: #3d444d; }
  .own { fill: #3fb950; } .rival { fill: #9198a1; }
  .limit { stroke: #9198a1; } .over { stroke: #f85149; }
}
`;
