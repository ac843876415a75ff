import type { CostMeter } from '../index.ts';
import type { Experiment } from './experiment.ts';

export type RefreshCost = Experiment['refreshCost'];

/**
 * Seconds of processor time that a refresh is taken to cost: a function of what it had to do alone, so that every run
 * tells the same, and so that policies and the best schedule in hindsight are billed alike.
 * @param changedRows labels that came since the last refresh, and those that left its window
 * @param trainingRows labels that it learns from
 */
export function refreshSeconds(
  cost: RefreshCost,
  kind: 'incremental' | 'full',
  changedRows: number,
  trainingRows: number,
): number {
  return cost.seconds + cost.secondsPerRow * (kind === 'full' ? trainingRows : changedRows);
}

/** Tells the engine that its refreshes cost what they are billed. */
export function billedMeter({ seconds, secondsPerRow }: RefreshCost): CostMeter {
  return { start: () => (rows) => 1_000 * (seconds + secondsPerRow * rows) };
}
