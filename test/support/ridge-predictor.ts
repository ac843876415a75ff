import type { Row } from '../../src/core/value.ts';
import type { FeaturePlan } from '../../src/model/feature-plan.ts';
import { linearScorer } from '../../src/model/linear-parameters.ts';
import { createRowPredictor } from '../../src/model/predict-row.ts';
import type { RidgeParameters } from '../../src/model/ridge-parameters.ts';

/** What a fit predicts for a row, by plain arithmetic; null where it gives nothing. */
export function ridgePredictor(plan: FeaturePlan, fit: RidgeParameters): (row: Row) => number | null {
  const predict = createRowPredictor({ scorer: linearScorer(plan, [fit], ['prediction']) });
  return (row) => {
    const prediction = predict(row)?.prediction;
    return typeof prediction === 'number' ? prediction : null;
  };
}
