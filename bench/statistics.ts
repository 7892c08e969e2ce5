/** What is told of a series of numbers: its middle, and how far it spreads. */

export interface Series {
  median: number;
  min: number;
  max: number;
  count: number;
}

/** @throws RangeError without any numbers */
export function seriesOf(numbers: readonly number[]): Series {
  const sorted = [...numbers].sort((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError("no numbers");
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? min;
  const lower = sorted[Math.ceil(middle) - 1] ?? min;
  return { median: (lower + upper) / 2, min, max, count: sorted.length };
}

/** The number below which that share of them lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
