/** A curve of samples, as the outline of an SVG path. */

export interface Box {
  width: number;
  height: number;
  /** How many samples fill the width; fewer stand at the right. */
  samples: number;
}

export interface Curve {
  /** The line alone, and the area below it. */
  line: string;
  area: string;
}

/** @param top what reaches the upper edge */
export function curveOf(values: readonly number[], top: number, box: Box): Curve {
  if (values.length === 0) return { line: "", area: "" };
  const { width, height, samples } = box;
  const step = width / Math.max(1, samples - 1);
  const left = width - step * (values.length - 1);
  const points = values.map((value, index) => {
    const y = height - (Math.min(value, top) / (top || 1)) * height;
    return `${round(left + index * step)} ${round(y)}`;
  });
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L${round(width)} ${height}L${round(left)} ${height}Z` };
}

/** A round number that is not below any of the values, and not below `least`. */
export function topOf(values: readonly number[], least: number): number {
  const most = values.reduce((one, other) => Math.max(one, other), 0);
  let top = least;
  for (let step = 0; top < most; step++) top *= STEPS[step % STEPS.length] ?? 2;
  return top;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** 1, 2, 5, 10, 20 … */
const STEPS = [2, 2.5, 2];
