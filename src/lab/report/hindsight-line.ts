import type { CellResult, LossMatrix, RunResult } from '../cell-result.ts';
import { Hindsight } from '../hindsight/hindsight.ts';
import { learnsAlike } from '../hindsight/label-timeline.ts';
import { firstAnswers } from '../hindsight/refresh-moment.ts';
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
    const best = hindsight.of(cell).loss;
    const matrix = matrixOf(run, cell);
    if (best === null || matrix === null) return [];
    const { refreshSteps } = best.best;
    const first = firstAnswers(cell.atMs, best.moment, run.deployDelayMs);
    return [{ cell, refreshSteps, sums: lossOfSchedule(matrix, first, refreshSteps, cell.atMs.length) }];
  });
  const [one] = schedules;
  if (one === undefined) return null;
  return {
    beside: cheapest.policy.name,
    losses: schedules.map(({ cell, sums }) => ({ atMs: cell.atMs, sums, weights: cell.rows })),
    refreshedAtMs: one.refreshSteps.map((step) => one.cell.atMs[step] ?? Number.NaN),
  };
}

function matrixOf(run: RunResult, { seed, policy }: CellResult): LossMatrix | null {
  return run.matrices.find((matrix) => matrix.seed === seed && learnsAlike(matrix.policy, policy)) ?? null;
}

/** Each step by the last refreshed model that answers by then. */
function lossOfSchedule(
  matrix: LossMatrix,
  firstAnswer: Int32Array,
  refreshSteps: readonly number[],
  steps: number,
): number[] {
  const models = [0, ...refreshSteps.map((step) => step + 1)];
  let place = 0;
  return Array.from({ length: steps }, (_, step) => {
    while (place + 1 < models.length && (firstAnswer[models[place + 1] ?? 0] ?? steps) <= step) place++;
    return matrix.losses[models[place] ?? 0]?.[step] ?? 0;
  });
}
