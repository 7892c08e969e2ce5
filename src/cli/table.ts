/** Tables that fit a terminal. */
import type { Paint, Style } from "./colour.ts";
import { cut, displayWidth } from "./width.ts";

export interface Column {
  title: string;
  /** Numbers stand at the right. */
  isNumber?: boolean;
  /** To what width it may be cut; unset: not at all. */
  least?: number;
  /** Cut in the middle: ends of names tell nodes apart. */
  cutMiddle?: boolean;
  /** Columns with a rank are left out, the highest first, where the others do not fit. */
  rank?: number;
}

export interface Cell {
  text: string;
  style?: Style | undefined;
}

/**
 * @param rows a cell for each column
 * @param width what a line may take; undefined: as much as it needs
 * @returns lines without newlines, the titles first
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number | undefined,
  paint: Paint,
): string[] {
  const titles = columns.map(({ title }): Cell => ({ text: title, style: "dim" }));
  const all = [titles, ...rows];
  const { shown, widths } = fit(columns, naturalWidths(columns, all), width ?? Infinity);
  return all.map((cells) => {
    const parts = shown.map((index, place) => {
      const cell = cells[index] ?? { text: "" };
      const column = columns[index];
      const own = widths[place] ?? 0;
      const text = cut(cell.text, own, column?.cutMiddle);
      const isLast = place === shown.length - 1 && column?.isNumber !== true;
      const spaces = " ".repeat(isLast ? 0 : own - displayWidth(text));
      const painted = paint(cell.style, text);
      return column?.isNumber ? spaces + painted : painted + spaces;
    });
    return parts.join(GAP);
  });
}

function naturalWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  const widths = columns.map(() => 0);
  for (const cells of rows) {
    for (const [index, { text }] of cells.entries())
      widths[index] = Math.max(widths[index] ?? 0, displayWidth(text));
  }
  return widths;
}

/** Leaves out as few columns as will do, then cuts those that may be cut, the widest first. */
function fit(
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
): { shown: number[]; widths: number[] } {
  const byRank = columns.map((_, index) => index).filter((i) => columns[i]?.rank !== undefined);
  byRank.sort((a, b) => (columns[b]?.rank ?? 0) - (columns[a]?.rank ?? 0));
  let shown = columns.map((_, index) => index);
  const least = (i: number): number => Math.min(natural[i] ?? 0, columns[i]?.least ?? Infinity);
  while (total(shown.map(least)) > width) {
    const dropped = byRank.shift();
    if (dropped === undefined) break;
    shown = shown.filter((index) => index !== dropped);
  }
  const widths = shown.map((index) => natural[index] ?? 0);
  while (total(widths) > width) {
    const room = (place: number): number => (widths[place] ?? 0) - least(shown[place] ?? 0);
    const places = widths.map((_, place) => place).filter((place) => room(place) > 0);
    // Even the most important columns are too wide: they are cut as well, and then left out.
    const widest = places.length > 0 ? places : widths.map((_, place) => place);
    const place = widest.reduce(
      (a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a),
      widest[0] ?? 0,
    );
    const own = widths[place] ?? 0;
    if (own > 1 || widths.length < 2) widths[place] = own - 1;
    else widths.pop();
    if (widths.every((one) => one < 1)) break;
  }
  return { shown: shown.slice(0, widths.length), widths };
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * Math.max(0, widths.length - 1));
}

const GAP = "  ";
