/** Results as a person reads them. */
import type { Result } from "./result.ts";
import type { Series } from "./statistics.ts";

const HEAD = ["measure", "goal", "median", "min–max", "bare", "min–max", "ratio", "met"];

/** @returns lines */
export function table(results: readonly Result[]): string[] {
  const rows = [HEAD, ...results.map(row)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
  return rows.map((cells) => line(cells).join("  ").trimEnd());
}

/** How far the references spread: what no measure of this run can be told apart from. */
export function noise(results: readonly Result[]): string[] {
  return results.flatMap(({ what, goal, bare }) => {
    if (goal === undefined || bare === undefined || bare.value.median === 0) return [];
    const { min, max, median } = bare.value;
    const spread = Math.round(((max - min) / median) * 100);
    return [`${what}: bare is ${bare.what}; ${bare.value.count} rounds, spread ${spread} %`];
  });
}

function row({ what, goal, unit, value, bare }: Result): string[] {
  return [
    what,
    goal?.text ?? "",
    `${number(value.median)} ${unit}`,
    range(value),
    bare === undefined ? "" : `${number(bare.value.median)} ${unit}`,
    bare === undefined ? "" : range(bare.value),
    bare === undefined || bare.value.median === 0
      ? ""
      : (value.median / bare.value.median).toFixed(2),
    goal === undefined ? "" : goal.met ? "yes" : "NO",
  ];
}

function range({ min, max }: Series): string {
  return `${number(min)}–${number(max)}`;
}

/** Three digits that count. */
function number(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
