import type { RunResult } from '../cell-result.ts';
import { Hindsight } from '../hindsight/hindsight.ts';
import type { PolicySummary } from '../policy-summary.ts';
import type { TimedSums } from './time-grid.ts';

/** What the best schedule in hindsight did, over the window and maintenance with which it cost least. */
export type HindsightLine = {
  /** A policy with that window and maintenance. */
  readonly beside: string;
  /** Loss by step, one a seed. */
  readonly losses: readonly TimedSums[];
  /** Of the first seed: when it refreshed. */
  readonly refreshedAtMs: readonly number[];
};

/** Null where no policy has a best schedule beside it. */
export function hindsightLine(run: RunResult, summaries: readonly PolicySummary[]): HindsightLine | null {
  const [cheapest] = summaries
    .filter(({ hindsight }) => hindsight.loss !== null)
    .sort((a, b) => (a.hindsight.loss ?? 0) - (b.hindsight.loss ?? 0));
  if (cheapest === undefined) return null;
  const hindsight = new Hindsight(run);
  const cells = run.cells.filter(({ policy }) => policy.name === cheapest.policy.name);
  const schedules = cells.flatMap((cell) => {
    const best = hindsight.of(cell).loss?.best;
    const losses = hindsight.bestLosses(cell);
    return best === undefined || losses === null ? [] : [{ cell, best, losses }];
  });
  const [one] = schedules;
  if (one === undefined) return null;
  return {
    beside: cheapest.policy.name,
    losses: schedules.map(({ cell, losses }) => ({ atMs: cell.atMs, sums: losses, weights: cell.rows })),
    refreshedAtMs: one.best.refreshedAtMs,
  };
}
