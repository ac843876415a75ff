import type { LossMatrix, RunResult } from '../cell-result.ts';
import { stalenessCost } from '../staleness-cost.ts';
import type { ScheduleProblem } from './best-schedule.ts';
import { type LabelTimeline, pendingLabels } from './label-timeline.ts';
import { billedSeconds, type RefreshKind } from './refresh-bill.ts';
import { firstAnswers, type RefreshMoment } from './refresh-moment.ts';

/** What costs are told in. `loss`: what was lost. `staleness`: what staleness is taken to cost. */
export type Objective = 'loss' | 'staleness';

export type RunPrices = Pick<RunResult, 'prices' | 'refreshCost' | 'lossScale' | 'deployDelayMs'>;

type Setting = {
  readonly timeline: LabelTimeline;
  readonly run: RunPrices;
  readonly kinds: readonly RefreshKind[];
  readonly moment: RefreshMoment;
};

/** Loss of the rows that arrive, at its price, and refreshes as they are billed. */
export function lossProblem(setting: Setting, matrix: LossMatrix): ScheduleProblem {
  const price = setting.run.prices.loss;
  const lossOf = modelLosses(setting.timeline, matrix);
  return problem(setting, (model, step) => {
    const loss = lossOf(model, step);
    return Number.isFinite(loss) ? price * loss : loss;
  });
}

/** What each model loses in a step; infinite of those that cannot be asked, NaN where it is not known. */
export function modelLosses(
  { points }: LabelTimeline,
  { losses }: LossMatrix,
): (model: number, step: number) => number {
  return (model, step) => {
    const point = points[model];
    if (point === undefined) return Number.NaN;
    const { between } = point;
    if (between?.losses === null) return Number.POSITIVE_INFINITY;
    return (
      (between === null ? losses[point.step + 1]?.[step] : between.losses[step - point.step]) ?? Number.NaN
    );
  };
}

/** What stale answers are taken to cost, and refreshes as they are billed; without a matrix. */
export function stalenessProblem(setting: Setting): ScheduleProblem {
  const { timeline, run } = setting;
  return problem(setting, (model, step) =>
    stalenessCost(
      timeline.answers[step] ?? 0,
      pendingLabels(timeline, model, step),
      timeline.trainingRows[model] ?? 0,
      run.prices.loss,
      run.lossScale,
    ),
  );
}

function problem(
  { timeline, run, kinds, moment }: Setting,
  stepCost: ScheduleProblem['stepCost'],
): ScheduleProblem {
  const seconds = billedSeconds(timeline, run.refreshCost, kinds);
  return {
    steps: timeline.steps,
    firstAnswer: firstAnswers(timeline, moment, run.deployDelayMs),
    stepCost,
    refreshCost: (from, to) => run.prices.cpuSecond * seconds(from, to),
  };
}
