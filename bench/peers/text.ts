/** Figures as a person reads them on a terminal, and the numbers of the page. */
import type { Figure, Row } from "./record.ts";

/** @returns lines */
export function tableOf({ what, unit, rows }: Figure): string[] {
  const own = rows.find(({ peer }) => peer === "coppice");
  const width = Math.max(0, ...rows.map(({ peer }) => peer.length));
  const lines = rows.map((row) =>
    [
      `  ${row.peer.padEnd(width)}`,
      middle(row, unit).padStart(12),
      range(row).padStart(20),
      ratio(row, own).padStart(8),
      row.note ?? "",
    ]
      .join("  ")
      .trimEnd(),
  );
  return [`${what}: median, least–most, and as a multiple of coppice's`, ...lines];
}

/** The median with its unit, or how long it was waited for in vain. */
export function middle({ value, over }: Row, unit: string): string {
  if (over !== undefined && unit === "ms") return `more than ${over / 1000} s`;
  if (over !== undefined) return `not running after ${over / 1000} s`;
  if (value === undefined) return "–";
  return `${number(value.median)} ${unit}`.trimEnd();
}

export function range({ value }: Row): string {
  return value === undefined ? "" : `${number(value.min)}–${number(value.max)}`;
}

/** How many times as much as Coppice. */
export function ratio({ value }: Row, own: Row | undefined): string {
  if (value === undefined || !own?.value?.median) return "";
  return `× ${number(value.median / own.value.median)}`;
}

/** Three digits that count. */
export function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  if (Math.abs(value) >= 10) return value.toFixed(1);
  return Math.abs(value) >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}
