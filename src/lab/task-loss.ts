import { EverviewError } from '../index.ts';
import type { LossName } from './experiment.ts';

/** What is predicted. */
export type Task = 'number' | 'class';

/** A class that came counts as at least this probable (the spacing of doubles), as in scikit-learn's `log_loss`. */
export const leastProbability = 2 ** -52;

/**
 * The loss an experiment asks for, or the usual one of its task.
 * @throws EverviewError `invalid-option` where classes are to be subtracted, or numbers counted as right and wrong
 */
export function lossFor(asked: LossName | null, task: Task): LossName {
  const [usual, other]: readonly [LossName, LossName] =
    task === 'class' ? ['zero-one', 'log'] : ['absolute', 'squared'];
  if (asked === null || asked === usual || asked === other) return asked ?? usual;
  throw new EverviewError('invalid-option', `loss "${asked}" is not one of a ${task}`, {
    hint: `of a ${task} it is ${usual} or ${other}`,
  });
}
