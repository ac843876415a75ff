import { EverviewError } from '../../index.ts';
import type { CellResult, LossMatrix } from '../cell-result.ts';
import type { Experiment } from '../experiment.ts';
import type { History } from '../history.ts';
import type { Policy } from '../policy.ts';
import { lossMatrix } from './loss-matrix.ts';
import { keeperOf } from './policy-statements.ts';
import { refreshMarks } from './refresh-marks.ts';
import { Replay } from './replay.ts';
import type { ReplayOptions } from './replay-options.ts';
import { TriggerFeed } from './trigger-feed.ts';
import { openWarm, type WarmModel } from './warm-up.ts';

/** `matrix` null: not asked for, or the model's rows cannot be predicted one at a time. */
export type ReplayedCell = { readonly cell: CellResult; readonly matrix: LossMatrix | null };

/**
 * One policy under one seed: the history through a real engine of its own, under a simulated clock.
 * @throws EverviewError of the declarations and of updates that are refused; `no-model-version` where the warm-up was
 *   too little to fit the model; `invalid-option` for a loss that is not of the model's task, or without the trigger
 *   that the schedule needs
 */
export async function replayCell(
  experiment: Experiment,
  policy: Policy,
  seed: number,
  history: History,
  options: ReplayOptions,
): Promise<ReplayedCell> {
  const { process } = options;
  await using warm = await openWarm(experiment, policy, history, options);
  const replay = new Replay(
    experiment,
    policy,
    history,
    warm,
    triggerFeed(experiment, policy, history, options, warm),
  );
  const from = { cpu: process.cpuSeconds(), wall: process.wallSeconds() };
  for (const [step, arrival] of history.arrivals.entries()) {
    await replay.step(step, arrival);
    options.onStep?.(step + 1);
  }
  const measured = {
    cpuSeconds: process.cpuSeconds() - from.cpu,
    refreshCpuSeconds: warm.engine.refreshCpuSeconds,
    wallSeconds: process.wallSeconds() - from.wall,
  };
  const { arrays, slices } = replay;
  const cell: CellResult = {
    policy,
    seed,
    task: warm.reader.task,
    loss: warm.loss,
    ...arrays,
    slices: [...slices]
      .map(([value, sums]) => ({ value, ...sums }))
      .sort((a, b) => (a.value < b.value ? -1 : 1)),
    refreshes: await refreshMarks(warm, replay, history),
    labelsAtStart: warm.labelsAtStart,
    measured,
  };
  return { cell, matrix: options.keepsMatrix === true ? await lossMatrix(policy, seed, warm, replay) : null };
}

/** @throws EverviewError `invalid-option` where a schedule needs a trigger and there is none */
function triggerFeed(
  experiment: Experiment,
  policy: Policy,
  { labelDelayMs }: History,
  { trigger, lossScale }: Pick<ReplayOptions, 'trigger' | 'lossScale'>,
  warm: WarmModel,
): TriggerFeed | null {
  if (keeperOf(policy.schedule) !== 'trigger') return null;
  if (trigger !== null) return new TriggerFeed(trigger, experiment, policy, labelDelayMs, lossScale, warm);
  throw new EverviewError('invalid-option', `policy "${policy.name}" needs a trigger`, {
    hint: 'createTrigger(schedule, experiment) makes it',
  });
}
