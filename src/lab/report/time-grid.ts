/** Evenly spaced moments, the first and the last included. */
export type TimeGrid = readonly number[];

/** At most `most` moments from the first step to the last; one a step where these are fewer. */
export function timeGrid(stepTimes: readonly (readonly number[])[], most: number): TimeGrid {
  const first = Math.min(...stepTimes.map((atMs) => atMs.at(0) ?? Number.POSITIVE_INFINITY));
  const last = Math.max(...stepTimes.map((atMs) => atMs.at(-1) ?? Number.NEGATIVE_INFINITY));
  if (!(first <= last)) return [];
  const steps = stepTimes.reduce((longest, atMs) => Math.max(longest, atMs.length), 0);
  const count = Math.min(most, steps);
  if (count === 1 || first === last) return [first];
  return Array.from({ length: count }, (_, i) => first + ((last - first) * i) / (count - 1));
}

/** What happened at a row of times: values that add up. */
export type TimedSums = {
  readonly atMs: readonly number[];
  readonly sums: readonly number[];
  readonly weights: readonly number[];
};

/**
 * Σ sums / Σ weights over the `spanMs` before each moment of the grid, that moment included, over all of `parts`; null
 * where nothing was weighed.
 */
export function rollingMean(grid: TimeGrid, spanMs: number, parts: readonly TimedSums[]): (number | null)[] {
  const sums = new Float64Array(grid.length);
  const weights = new Float64Array(grid.length);
  for (const part of parts) addWindows(grid, spanMs, part, sums, weights);
  return grid.map((_, i) => {
    const weight = weights[i] ?? 0;
    return weight > 0 ? (sums[i] ?? 0) / weight : null;
  });
}

/** Each window is summed from its own values, running sums would let rounding of one window into the next. */
function addWindows(
  grid: TimeGrid,
  spanMs: number,
  part: TimedSums,
  sums: Float64Array,
  weights: Float64Array,
): void {
  let from = 0;
  let to = 0;
  grid.forEach((atMs, i) => {
    while (to < part.atMs.length && (part.atMs[to] ?? 0) <= atMs) to++;
    while (from < to && (part.atMs[from] ?? 0) <= atMs - spanMs) from++;
    for (let step = from; step < to; step++) {
      sums[i] = (sums[i] ?? 0) + (part.sums[step] ?? 0);
      weights[i] = (weights[i] ?? 0) + (part.weights[step] ?? 0);
    }
  });
}

/** The largest value after each moment of the grid before, up to this one; null where there is none. */
export function largestBetween(
  grid: TimeGrid,
  atMs: readonly number[],
  values: readonly (number | null)[],
): (number | null)[] {
  let step = 0;
  return grid.map((moment) => {
    let largest: number | null = null;
    for (; step < atMs.length && (atMs[step] ?? 0) <= moment; step++) {
      const value = values[step] ?? null;
      if (value !== null && (largest === null || value > largest)) largest = value;
    }
    return largest;
  });
}
