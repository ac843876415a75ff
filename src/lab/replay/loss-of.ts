import type { LossName } from '../experiment.ts';
import { leastProbability, lossFor, type Task } from '../task-loss.ts';

/**
 * What a model said of one row. `number` NaN, `label` null: it gave no prediction. `probability`: that it gave to the
 * class in `label`, or of several classes by name; null: it gives none.
 */
export type Prediction =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'class'; readonly label: string | null; readonly probability: ClassProbability | null };

/** `second`: of the second of two classes, whose names an answer does not say. */
export type ClassProbability = { readonly second: number } | { readonly of: (label: string) => number };

/** The true label of a row. */
export type TrueLabel = { readonly number: number; readonly text: string };

/** Loss of one row; never NaN. */
export type RowLoss = (prediction: Prediction, label: TrueLabel) => number;

/**
 * @param asked null: zero-one for classes, absolute for numbers
 * @param fallback what a row without a prediction is taken to be: the mean label of the warm-up
 * @throws EverviewError `invalid-option` where the loss is not one of the task's
 */
export function rowLoss(task: Task, asked: LossName | null, fallback: number): [LossName, RowLoss] {
  const loss = lossFor(asked, task);
  switch (loss) {
    case 'zero-one':
      return [loss, (prediction, label) => (isRight(prediction, label) ? 0 : 1)];
    case 'log':
      return [loss, (prediction, label) => -Math.log(probabilityOf(prediction, label))];
    case 'absolute':
      return [loss, (prediction, label) => Math.abs(numberOf(prediction, fallback) - label.number)];
    case 'squared':
      return [loss, (prediction, label) => (numberOf(prediction, fallback) - label.number) ** 2];
  }
}

/** Whether a class was predicted right. */
export function isRight(prediction: Prediction, label: TrueLabel): boolean {
  return prediction.kind === 'class' && prediction.label === label.text;
}

function numberOf(prediction: Prediction, fallback: number): number {
  return prediction.kind === 'number' && !Number.isNaN(prediction.number) ? prediction.number : fallback;
}

function probabilityOf(prediction: Prediction, label: TrueLabel): number {
  if (prediction.kind === 'number' || prediction.label === null || prediction.probability === null)
    return leastProbability;
  const { probability } = prediction;
  if ('of' in probability) return Math.max(leastProbability, probability.of(label.text));
  // Of two classes the predicted one is the likelier.
  const likelier = Math.max(probability.second, 1 - probability.second);
  return Math.max(leastProbability, prediction.label === label.text ? likelier : 1 - likelier);
}
