import { EverviewError } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { columnNames, findColumn, type Schema, sameName } from '../core/schema.ts';
import type { ModelDefinition, TrainingSetDefinition } from './definition.ts';
import { methodSpec } from './methods.ts';

/**
 * Checks that what `log_predictions` names can find the label of a prediction: columns of the training set that are
 * there before the label is, and whose values have one text.
 *
 * @param schema the training set's
 * @throws EverviewError `invalid-option`, `unknown-column`
 */
export function assertPredictionKey(
  { name, method, logPredictions }: ModelDefinition,
  { name: set, label }: TrainingSetDefinition,
  schema: Schema,
): void {
  if (logPredictions.length === 0) return;
  if (methodSpec(method).task === 'none') {
    throw new EverviewError('invalid-option', `log_predictions: model "${name}" predicts no label`, {
      hint: `leave it out: method ${method} describes the features alone`,
    });
  }
  for (const column of logPredictions) {
    const found = findColumn(schema, column);
    if (found === undefined) {
      throw new EverviewError(
        'unknown-column',
        `log_predictions: training set "${set}" has no column "${column}"`,
        {
          hint:
            nearestHint(column, columnNames(schema)) ?? `let the SELECT of "${set}" give the key of its rows`,
        },
      );
    }
    const problem = sameName(column, label)
      ? 'is the label, which nobody knows when the row is predicted'
      : /^(FLOAT|DOUBLE)$/.test(found.type)
        ? `is ${found.type}, whose values are rounded`
        : /\[|^(STRUCT|MAP|UNION|LIST|JSON)/.test(found.type)
          ? `is ${found.type}, which is no single value`
          : null;
    if (problem === null) continue;
    throw new EverviewError('invalid-option', `log_predictions of model "${name}": "${column}" ${problem}`, {
      hint: 'name columns that say which example a row is, as log_predictions = (id)',
    });
  }
}
