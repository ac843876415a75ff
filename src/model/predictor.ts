import type { Predictor } from '../core/prediction.ts';
import type { Schema } from '../core/schema.ts';
import type { ModelVersion } from '../core/version.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { predictedSql, predictionColumn, predictionSql } from './predict-sql.ts';
import type { RidgeParameters } from './ridge-parameters.ts';

/** What kept views know of a model's predictions: their columns, and how a version of the model makes them. */

/** The columns PREDICT adds to those of its input, whatever version answers. */
export const predictionSchema: Schema = [{ name: predictionColumn, type: 'DOUBLE' }];

export function createPredictor(version: ModelVersion, parameters: RidgeParameters): Predictor {
  return { version, sql: (input, schema) => predictedSql(parameters, input, schema, predictionColumn) };
}

/** @throws EverviewError as `predictionSql` for an input that no version of the model could read */
export function assertPredictable(plan: FeaturePlan, input: Schema): void {
  predictionSql(unfitted(plan), '()', input);
}

/** Parameters of the plan's shape. */
function unfitted(plan: FeaturePlan): RidgeParameters {
  return {
    kind: 'ridge',
    offset: 0,
    intercept: 0,
    features: plan.measured.map(({ name, kind }) => ({
      name,
      kind,
      center: 0,
      deviation: 0,
      weight: 0,
      standardizedWeight: 0,
      missingWeight: 0,
      missingRows: 0,
    })),
    categories: plan.categorical.map(({ name, type }) => ({ name, type, levels: [] })),
    rows: 0,
    labelMean: 0,
    residualSquares: 0,
    l2: 0,
    standardize: false,
    missing: plan.missing,
  };
}
