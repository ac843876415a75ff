import type { CellResult, RefreshMark } from '../cell-result.ts';
import { type RefreshCost, refreshSeconds } from '../refresh-cost.ts';

/**
 * Seconds of processor time for refreshes. `billed`: what each is taken to cost (`refreshSeconds`), the same in every
 * run. `measured`: what they came to.
 */
export type CostBasis = 'billed' | 'measured';

/** Refreshes after the warm-up in which there was something to do. */
export function refreshesDone({ refreshes }: CellResult): readonly RefreshMark[] {
  return refreshes.filter(({ step, kind }) => step >= 0 && kind !== 'none');
}

export function secondsOfRefresh(
  cost: RefreshCost,
  { kind, changedRows, trainingRows }: RefreshMark,
): number {
  return kind === 'none' ? 0 : refreshSeconds(cost, kind, changedRows, trainingRows);
}

/** By step. Measured time is known in total alone; it is shared out as the bills are. */
export function stepSeconds(cell: CellResult, cost: RefreshCost, basis: CostBasis): Float64Array {
  const steps = cell.atMs.length;
  const seconds = new Float64Array(steps);
  for (const mark of refreshesDone(cell)) {
    const step = Math.min(mark.step, steps - 1);
    seconds[step] = (seconds[step] ?? 0) + secondsOfRefresh(cost, mark);
  }
  if (basis === 'billed') return seconds;
  const billed = seconds.reduce((sum, value) => sum + value, 0);
  const { refreshCpuSeconds } = cell.measured;
  return billed > 0
    ? seconds.map((value) => (value * refreshCpuSeconds) / billed)
    : seconds.fill(refreshCpuSeconds / Math.max(1, steps));
}

export function billedSecondsOf(cell: CellResult, cost: RefreshCost): number {
  return refreshesDone(cell).reduce((sum, mark) => sum + secondsOfRefresh(cost, mark), 0);
}
