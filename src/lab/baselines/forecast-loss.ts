import { EverviewError } from '../../index.ts';
import type { LossName } from '../experiment.ts';
import type { Forecast } from './forecaster.ts';
import type { LabelledRows } from './labelled-rows.ts';

/** A class that came counts as at least this probable, as in the metric `log_loss`. */
const leastProbability = 2 ** -52;

export function forecastLoss(loss: LossName, forecast: Forecast, label: number): number {
  switch (loss) {
    case 'zero-one':
      return forecast.label === label ? 0 : 1;
    case 'log':
      return -Math.log(Math.max(leastProbability, forecast.probability(label)));
    case 'absolute':
      return Math.abs(label - forecast.label);
    case 'squared':
      return (label - forecast.label) ** 2;
  }
}

/**
 * The loss an experiment asks for, or the usual one of its task.
 * @throws EverviewError `invalid-option` where classes are to be subtracted, or numbers counted as right and wrong
 */
export function lossFor(asked: LossName | null, task: LabelledRows['task']): LossName {
  const [usual, other]: readonly [LossName, LossName] =
    task === 'class' ? ['zero-one', 'log'] : ['absolute', 'squared'];
  if (asked === null || asked === usual || asked === other) return asked ?? usual;
  throw new EverviewError('invalid-option', `loss "${asked}" is not one of a ${task}`, {
    hint: `of a ${task} it is ${usual} or ${other}`,
  });
}
