import { EverviewError, formatDurationMs } from '../../index.ts';
import { type LabelledRows, readLabelledRows } from '../baselines/labelled-rows.ts';
import { lossScaleOf, runBaselines } from '../baselines/run-baselines.ts';
import type { BaselineResult } from '../cell-result.ts';
import type { Experiment } from '../experiment.ts';
import { type HistoryOptions, loadHistory } from '../history/load-history.ts';
import type { History } from '../history.ts';
import { lossFor } from '../task-loss.ts';
import type { CellSetting } from './cell.ts';

/** What all cells of a run are replayed over, and what needs no model. */
export type LoadedInputs = {
  readonly historyOf: (seed: number) => History;
  readonly settingOf: (seed: number) => CellSetting;
  readonly lossScale: number;
  /** Under the first seed. */
  readonly baselines: readonly BaselineResult[];
};

/** @throws EverviewError of the experiment's declarations, source and loss. */
export async function loadInputs(experiment: Experiment, options: HistoryOptions): Promise<LoadedInputs> {
  const histories = new Map<number, History>();
  const [firstSeed = 1] = experiment.seeds;
  const first = await loadHistory(experiment, firstSeed, options);
  for (const seed of experiment.seeds) {
    const isSame = seed === firstSeed || !isDrawn(experiment);
    histories.set(seed, isSame ? first : await loadHistory(experiment, seed, options));
  }
  options.signal?.throwIfAborted();
  const { baselines, lossScale } = await withoutModel(experiment, first);
  const historyOf = (seed: number): History => histories.get(seed) ?? first;
  return {
    historyOf,
    settingOf: (seed) => ({ experiment, history: historyOf(seed), lossScale }),
    lossScale,
    baselines,
  };
}

/** Whether the seed has a part in when rows come or what is asked. */
function isDrawn({ arrival, workload }: Experiment): boolean {
  return arrival.kind === 'poisson' || workload.kind !== 'arrivals';
}

async function withoutModel(
  experiment: Experiment,
  history: History,
): Promise<Pick<LoadedInputs, 'baselines' | 'lossScale'>> {
  const rows = await readLabelledRows(experiment, history);
  assertLabelled(rows, history);
  const setting = {
    startMs: history.startMs,
    atMs: history.arrivals.map(({ atMs }) => atMs),
    labelDelayMs: history.labelDelayMs,
    loss: lossFor(experiment.loss, rows.task),
    seasonMs: experiment.season,
  };
  return { baselines: runBaselines(rows, setting), lossScale: lossScaleOf(rows, setting) };
}

/** @throws EverviewError `not-enough-rows` where there is no label, or none that is known when the replay begins */
function assertLabelled({ eventMs }: LabelledRows, { startMs, labelDelayMs }: History): void {
  if (eventMs.length === 0) {
    throw new EverviewError('not-enough-rows', 'no example of the history has a label: all are NULL', {
      hint: "the training set's `label` names the column, and its SELECT gives it",
    });
  }
  if (eventMs.some((ms) => ms <= startMs - labelDelayMs)) return;
  throw new EverviewError('not-enough-rows', 'no label is known by the end of the warm-up', {
    hint: `give a longer warmUp: labels count ${formatDurationMs(labelDelayMs)} after their example`,
  });
}
