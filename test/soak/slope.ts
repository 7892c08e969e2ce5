/** Whether something grows: a straight line through its measurements, and how sure that line is. */

export interface Point {
  /** Hours. */
  at: number;
  value: number;
}

export interface Slope {
  /** Per hour. */
  slope: number;
  /** Half of the interval in which the slope lies with a probability of 95 %; infinite for two points or fewer. */
  error: number;
}

/**
 * Least squares. The error counts on measurements that stray from the line independently of each other:
 * what swings slowly makes it too small.
 */
export function slopeOf(points: readonly Point[]): Slope {
  const count = points.length;
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / count;
  const [at, value] = [mean(points.map((one) => one.at)), mean(points.map((one) => one.value))];
  const spread = points.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  if (count < 2 || spread === 0) return { slope: 0, error: Number.POSITIVE_INFINITY };
  const slope = points.reduce((sum, one) => sum + (one.at - at) * (one.value - value), 0) / spread;
  if (count === 2) return { slope, error: Number.POSITIVE_INFINITY };
  const rest = points.reduce(
    (sum, one) => sum + (one.value - value - slope * (one.at - at)) ** 2,
    0,
  );
  return { slope, error: studentOf(count - 2) * Math.sqrt(rest / (count - 2) / spread) };
}

/** Student's t for 95 % on both sides, by Hill's expansion: within a hundredth from 3 degrees of freedom on. */
function studentOf(freedom: number): number {
  const few = [12.706, 4.303];
  const z = 1.959_964;
  const known = few[freedom - 1];
  if (known !== undefined) return known;
  const [n, z3, z5, z7] = [freedom, z ** 3, z ** 5, z ** 7];
  return (
    z +
    (z3 + z) / (4 * n) +
    (5 * z5 + 16 * z3 + 3 * z) / (96 * n ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n ** 3)
  );
}

export type Verdict = "met" | "missed" | "not certain";

/** Whether it grows by less than `limit` an hour: only what is beyond the error is certain. */
export function verdictOf({ slope, error }: Slope, limit: number): Verdict {
  if (slope + error <= limit) return "met";
  return slope - error > limit ? "missed" : "not certain";
}
