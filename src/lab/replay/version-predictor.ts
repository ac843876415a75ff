import { createRowPredictor, EverviewError, type Row, readParameters } from '../../index.ts';
import type { Task } from '../task-loss.ts';
import type { Prediction } from './loss-of.ts';
import { classPrediction, numberPrediction } from './told-prediction.ts';

/** What a version of a model says of a row with the training set's columns. */
export type VersionPredictor = (row: Row) => Prediction;

/**
 * A version of the model from its kept parameters, without the engine.
 * @param parameters as `everview.model_versions` keeps them
 * @param sample any row that will be asked for
 * @returns null where rows cannot be predicted one at a time (a category whose text only DuckDB knows)
 */
export function versionPredictor(parameters: string, task: Task, sample: Row): VersionPredictor | null {
  const read = readParameters(parameters);
  if (read === null) return null;
  // How far a prediction can be off is of no use here, and costs more than the prediction.
  const predict = createRowPredictor({ scorer: { ...read.scorer, bound: null } });
  try {
    predict(sample);
  } catch (failure) {
    if (failure instanceof EverviewError && failure.code === 'unsupported') return null;
    throw failure;
  }
  if (task === 'number') return (row) => numberPrediction(predict(row)?.prediction);
  return (row) => {
    const values = predict(row) ?? {};
    const { prediction } = values;
    return classPrediction(
      prediction === null || prediction === undefined ? null : String(prediction),
      values,
    );
  };
}
