import type { PairedCounts } from './homogeneity.ts';

/** Rows that must be expected in a bin of the current sample, or it is put together with others. */
const leastExpectedRows = 5;

/**
 * Numbers by bins of equal share of the reference, at most `bins` of them, fewer where values repeat; missing values
 * (NaN) are a bin of their own.
 * @param reference sorted by `sortedSample`, as is `current`
 */
export function countByQuantile(reference: Float64Array, current: Float64Array, bins: number): PairedCounts {
  const known = reference.filter((value) => value > -Infinity);
  const most = Math.min(bins, Math.floor(current.length / leastExpectedRows));
  // Bins are [start, next start): first what is missing, then what is below the first quantile, and so on.
  const starts = new Set([-Infinity, -Number.MAX_VALUE]);
  for (let bin = 1; bin < most; bin++) {
    const quantile = known[Math.floor((bin * known.length) / most)];
    if (quantile !== undefined && quantile > (known[0] ?? quantile)) starts.add(quantile);
  }
  return { reference: countFrom(reference, [...starts]), current: countFrom(current, [...starts]) };
}

function countFrom(sorted: Float64Array, starts: readonly number[]): number[] {
  const counts = starts.map(() => 0);
  let bin = 0;
  for (const value of sorted) {
    while (bin + 1 < starts.length && value >= (starts[bin + 1] ?? Infinity)) bin++;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** By level; levels too rare to be judged by themselves, and those the reference does not have, are one. */
export function countByLevel(
  reference: readonly (string | null)[],
  current: readonly (string | null)[],
): PairedCounts {
  const inReference = countLevels(reference);
  const inCurrent = countLevels(current);
  const counts = { reference: [0], current: [0] };
  for (const level of new Set([...inReference.keys(), ...inCurrent.keys()])) {
    const before = inReference.get(level) ?? 0;
    const now = inCurrent.get(level) ?? 0;
    const expected = ((before + now) * current.length) / (reference.length + current.length);
    if (expected >= leastExpectedRows) {
      counts.reference.push(before);
      counts.current.push(now);
    } else {
      counts.reference[0] = (counts.reference[0] ?? 0) + before;
      counts.current[0] = (counts.current[0] ?? 0) + now;
    }
  }
  return counts;
}

function countLevels(values: readonly (string | null)[]): Map<string | null, number> {
  const counts = new Map<string | null, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
