import type { FeaturePlan } from '../../src/model/feature-plan.ts';

/** Number columns, then text columns, to learn the number y from. */
export function plainPlan(numbers: readonly string[], texts: readonly string[] = []): FeaturePlan {
  return {
    model: 'm',
    measured: numbers.map((name) => ({ name, source: { kind: 'column', column: name }, kind: 'numeric' })),
    categorical: texts.map((name) => ({ name, source: { kind: 'column', column: name }, type: 'VARCHAR' })),
    label: 'y',
    furtherLabels: [],
    labelType: 'DOUBLE',
    task: 'number',
    missing: 'impute',
    weighting: null,
  };
}
