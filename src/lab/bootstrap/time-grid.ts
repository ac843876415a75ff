import type { CellResult } from '../cell-result.ts';

/**
 * Stretches of time that cells of all policies and seeds have in common, so that one draw of blocks fits them all. They
 * replay one history: what a stretch of it is like is no more certain for being replayed under several seeds.
 */
export type TimeGrid = {
  readonly bins: number;
  /** Sums, bin by bin, of one value for each step of the cell. */
  readonly sums: (cell: CellResult, values: ArrayLike<number>) => Float64Array;
};

/** The steps themselves where all cells have the same; else as many equal lengths of time as the shortest has steps. */
export function timeGrid(cells: readonly CellResult[]): TimeGrid {
  const times = cells.map(({ atMs }) => atMs);
  const [first = []] = times;
  if (times.every((one) => isSameSeries(one, first))) {
    return { bins: first.length, sums: (_cell, values) => Float64Array.from(values) };
  }
  const bins = times.reduce((least, { length }) => Math.min(least, length), first.length);
  const startMs = times.reduce((least, one) => Math.min(least, one[0] ?? least), Number.POSITIVE_INFINITY);
  const endMs = times.reduce((most, one) => Math.max(most, one.at(-1) ?? most), Number.NEGATIVE_INFINITY);
  const sums = ({ atMs }: CellResult, values: ArrayLike<number>): Float64Array => {
    const binned = new Float64Array(bins);
    atMs.forEach((ms, step) => {
      const bin = Math.min(bins - 1, Math.floor(((ms - startMs) / (endMs - startMs)) * bins));
      binned[bin] = (binned[bin] ?? 0) + (values[step] ?? 0);
    });
    return binned;
  };
  return { bins, sums };
}

/** Whether they hold the same values, step by step. */
export function isSameSeries(one: readonly number[], other: readonly number[]): boolean {
  return one === other || (one.length === other.length && one.every((ms, step) => ms === other[step]));
}
