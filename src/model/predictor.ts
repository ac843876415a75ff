import { quoteList } from '../core/identifier.ts';
import type { Predictor } from '../core/prediction.ts';
import { columnNames, type Schema } from '../core/schema.ts';
import type { ModelVersion } from '../core/version.ts';
import type { ModelDefinition } from '../declare/definition.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { predictionColumn, predictionColumns } from './head.ts';
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

/** @param outputs the model's columns, as `predictionSchema` has them */
export function createPredictor(
  version: ModelVersion,
  { scorer }: ModelParameters,
  outputs: Schema,
): Predictor {
  const given = columnNames(predictionColumns(scorer));
  return {
    version,
    sql: (input, schema) => {
      const predicted = predictedSql(scorer, input, schema, (column) => column);
      const list = quoteList(columnNames([...schema, ...outputs]));
      return given.length === outputs.length ? predicted : `SELECT ${list} FROM (${predicted})`;
    },
  };
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
