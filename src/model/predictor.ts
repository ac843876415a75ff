import { EverviewError } from '../core/errors.ts';
import type { Predictor } from '../core/prediction.ts';
import { columnNames, findColumn, type Schema, sameName } from '../core/schema.ts';
import type { ModelVersion } from '../core/version.ts';
import type { ModelDefinition } from '../declare/definition.ts';
import type { Method } from '../declare/methods.ts';
import { formatName } from '../declare/sql-name.ts';
import { type FeaturePlan, inputColumns } from './feature-plan.ts';
import { boundColumn, certainColumn, predictionColumn, probabilityNames } from './head.ts';
import { predictionNames } from './linear-parameters.ts';
import { predictedSql, predictionSql } from './predict-sql.ts';
import type { ModelParameters, Scorer } from './scorer.ts';

/** What kept views know of a model's predictions: their columns, and how a version of the model makes them. */

/**
 * The columns PREDICT adds to those of its input in a kept view: those that are there whatever version answers. Classes
 * are known when a version is fitted, but for those of a BOOLEAN label.
 */
export function predictionSchema(plan: FeaturePlan, { method, options }: ModelDefinition): Schema {
  const double = (name: string) => ({ name, type: 'DOUBLE' });
  switch (plan.task) {
    case 'number':
      return predictionNames(plan).map(double);
    case 'class': {
      const label = { name: predictionColumn, type: plan.labelType };
      return plan.labelType === 'BOOLEAN' ? [label, double('probability')] : [label];
    }
    case 'none':
      return method === 'pca'
        ? Array.from({ length: options.components }, (_, index) => double(`pc${index + 1}`))
        : [{ name: predictionColumn, type: 'BIGINT' }];
  }
}

/** The methods whose predictions come with a bound on how far they are from the exact model's. */
export const boundedMethods: readonly Method[] = ['logistic', 'poisson', 'gamma', 'huber'];

/**
 * PREDICT could give no column of a name that its input has to have: such a model would never answer. What classes there
 * are is known once a version is fitted, so of their own columns only that of two classes is looked at.
 *
 * @throws EverviewError `invalid-definition`
 */
export function assertOutputsFree(plan: FeaturePlan, definition: ModelDefinition): void {
  const outputs = [
    ...columnNames(predictionSchema(plan, definition)),
    ...(plan.task === 'class' ? probabilityNames(['0', '1']) : []),
    ...(boundedMethods.includes(definition.method) ? [boundColumn] : []),
    ...(boundedMethods.includes(definition.method) && plan.task === 'class' ? [certainColumn] : []),
  ];
  const taken = inputColumns(plan).find((input) => outputs.some((output) => sameName(input, output)));
  if (taken === undefined) return;
  throw new EverviewError(
    'invalid-definition',
    `model "${plan.model}" reads "${taken}", which is the name of a column that its predictions come in`,
    {
      hint: `name it otherwise in training set "${definition.trainingSet}": SELECT ${formatName(taken)} AS …, or leave it out: SELECT * EXCLUDE (${formatName(taken)})`,
    },
  );
}

/** @param outputs the model's columns, as `predictionSchema` has them */
export function createPredictor(
  version: ModelVersion,
  { scorer }: ModelParameters,
  outputs: Schema,
): Predictor {
  // What else this version gives may have the name of a column of the input.
  const nameOf = (column: string) => (findColumn(outputs, column) === undefined ? null : column);
  return { version, sql: (input, schema) => predictedSql(scorer, input, schema, nameOf) };
}

/** @throws EverviewError as `predictionSql` for an input that no version of the model could read */
export function assertPredictable(plan: FeaturePlan, input: Schema): void {
  predictionSql(unfitted(plan), '()', input);
}

/** A scorer of the plan's shape. */
function unfitted(plan: FeaturePlan): Scorer {
  const zero = { weights: [0], standardizedWeights: [0], missingWeights: [0], missingRows: 0 };
  return {
    missing: plan.missing,
    features: plan.measured.map((feature) => ({ ...feature, ...zero, center: 0, deviation: 0 })),
    categories: plan.categorical.map((feature) => ({ ...feature, levels: [], unseen: [0] })),
    offsets: [0],
    quadratic: null,
    head: { kind: 'identity', columns: [predictionColumn] },
    bound: null,
  };
}
