import { EverviewError } from '../../index.ts';
import type { BaselineResult } from '../cell-result.ts';
import type { LossName } from '../experiment.ts';
import { forecastLoss } from './forecast-loss.ts';
import { type Forecaster, LastLabel, MajorityClass, MeanSoFar, SeasonalMean } from './forecaster.ts';
import type { LabelledRows } from './labelled-rows.ts';

/** When rows come, and when their labels are known. Times in milliseconds since the Unix epoch. */
export type BaselineSetting = {
  /** The end of the warm-up: rows up to it are learned from only. */
  readonly startMs: number;
  /** Of each arrival; its rows have event times after the one before. */
  readonly atMs: readonly number[];
  readonly labelDelayMs: number;
  readonly loss: LossName;
  /** Null: no seasonal baseline. */
  readonly seasonMs: number | null;
};

type NamedForecaster = { readonly name: BaselineResult['name']; readonly forecaster: Forecaster };

/**
 * What forecasts without a model lose, row by row: a row is forecast by the labels known at its event time, those with
 * event time + delay ≤ its own; without a delay by those of all rows before it. Rows of which nothing is known yet do not
 * count.
 */
export function runBaselines(rows: LabelledRows, setting: BaselineSetting): BaselineResult[] {
  return forecastersOf(rows, setting).map(({ name, forecaster }) => ({
    name,
    ...runForecaster(rows, setting, forecaster),
  }));
}

function forecastersOf(rows: LabelledRows, setting: BaselineSetting): NamedForecaster[] {
  const { seasonMs, startMs, loss } = setting;
  if (rows.task === 'class') {
    const majority = { name: 'majority class', forecaster: new MajorityClass() } as const;
    // The last class is said for certain, which costs without bound where it is wrong.
    if (loss === 'log') return [majority];
    return [{ name: 'last class', forecaster: new LastLabel(() => new MajorityClass()) }, majority];
  }
  const seasonal =
    seasonMs === null
      ? []
      : [{ name: 'seasonal mean' as const, forecaster: new SeasonalMean(seasonMs, startMs) }];
  return [
    { name: 'last value', forecaster: new LastLabel(() => new MeanSoFar()) },
    ...seasonal,
    { name: 'mean so far', forecaster: new MeanSoFar() },
  ];
}

function runForecaster(
  { eventMs, labels }: LabelledRows,
  { startMs, atMs, labelDelayMs, loss }: BaselineSetting,
  forecaster: Forecaster,
): Pick<BaselineResult, 'rows' | 'lossSum'> {
  const lossSum = atMs.map(() => 0);
  const counts = atMs.map(() => 0);
  let known = 0;
  let step = 0;
  for (const [row, moment] of eventMs.entries()) {
    for (; known < row && (eventMs[known] ?? 0) + labelDelayMs <= moment; known++) {
      forecaster.learn(labels[known] ?? 0, eventMs[known] ?? 0);
    }
    if (moment <= startMs) continue;
    while (step < atMs.length && (atMs[step] ?? 0) < moment) step++;
    if (step === atMs.length) break;
    const forecast = forecaster.forecast(moment);
    if (forecast === null) continue;
    counts[step] = (counts[step] ?? 0) + 1;
    lossSum[step] = (lossSum[step] ?? 0) + forecastLoss(loss, forecast, labels[row] ?? 0);
  }
  return { rows: counts, lossSum };
}

/**
 * What the trivial forecast of the warm-up (its mean, its most frequent class) loses on it, a row.
 * @throws EverviewError `not-enough-rows` where the warm-up has no label
 */
export function lossScaleOf(
  { task, eventMs, labels }: LabelledRows,
  { startMs, loss }: Pick<BaselineSetting, 'startMs' | 'loss'>,
): number {
  const warmUp = labels.subarray(0, eventMs.findLastIndex((moment) => moment <= startMs) + 1);
  const forecaster = task === 'class' ? new MajorityClass() : new MeanSoFar();
  for (const label of warmUp) forecaster.learn(label);
  const forecast = forecaster.forecast();
  if (forecast === null) {
    throw new EverviewError('not-enough-rows', 'no row of the warm-up has a label', {
      hint: 'make `warmUp` longer',
    });
  }
  return warmUp.reduce((sum, label) => sum + forecastLoss(loss, forecast, label), 0) / warmUp.length;
}
