/** A node's life as shapes between 0 and 1: where its spans lie, and its ends and starts. */
import type { Life, Mark } from "./life.ts";
import type { Look } from "./look.ts";

export interface Bar {
  from: number;
  to: number;
  look: Look;
}

export interface Dot {
  at: number;
  mark: Mark;
}

export interface Strip {
  bars: readonly Bar[];
  dots: readonly Dot[];
}

/** @param start @param end Unix times; what lies before `start` is cut off */
export function stripOf({ spans, marks }: Life, start: number, end: number): Strip {
  const width = Math.max(1, end - start);
  const place = (at: number): number => Math.min(1, Math.max(0, (at - start) / width));
  const bars = spans.flatMap(({ from, look }, index): Bar[] => {
    const bar = { from: place(from), to: place(spans[index + 1]?.from ?? end), look };
    return bar.to > bar.from ? [bar] : [];
  });
  const dots = marks.flatMap((mark): Dot[] =>
    mark.at < start || mark.at > end ? [] : [{ at: place(mark.at), mark }],
  );
  return { bars, dots };
}

/** How far back a node's time line goes (ms): as far as there is something, within bounds. */
export function spanShown({ spans, marks }: Life, now: number): number {
  const first = Math.min(spans[0]?.from ?? now, marks[0]?.at ?? now);
  return TIME_SPANS.find((span) => now - first <= span) ?? LONGEST;
}

/** `5 min`, `3 h`. */
export function spanText(span: number): string {
  return span < 3_600_000 ? `${span / 60_000} min` : `${span / 3_600_000} h`;
}

const TIME_SPANS = [5, 15, 60, 180].map((minutes) => minutes * 60_000);
const LONGEST = 12 * 3_600_000;
