import type { FeaturePlan } from './feature-plan.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { type ModelParameters, parametersForm, type Scorer } from './scorer.ts';

/**
 * A number per label: the fits of one label each, all over the same features and rows, as one scorer.
 * @param columns the output columns, one per fit.
 */
export function linearScorer(
  plan: FeaturePlan,
  fits: readonly [RidgeParameters, ...RidgeParameters[]],
  columns: readonly string[],
): Scorer {
  const [first] = fits;
  return {
    missing: first.missing,
    features: first.features.map((feature, index) => {
      const each = fits.map((fit) => fit.features[index] ?? feature);
      return {
        name: feature.name,
        source: plan.measured[index]?.source ?? { kind: 'column', column: feature.name },
        kind: feature.kind,
        center: feature.center,
        deviation: feature.deviation,
        weights: each.map(({ weight }) => weight),
        standardizedWeights: each.map(({ standardizedWeight }) => standardizedWeight),
        missingWeights: each.map(({ missingWeight }) => missingWeight),
        missingRows: feature.missingRows,
      };
    }),
    categories: first.categories.map(({ name, type, levels }, index) => ({
      name,
      source: plan.categorical[index]?.source ?? { kind: 'column', column: name },
      type,
      levels: levels.map(({ level, rows }, place) => ({
        level,
        weights: fits.map((fit) => fit.categories[index]?.levels[place]?.weight ?? 0),
        rows,
      })),
      unseen: fits.map(() => 0),
    })),
    offsets: fits.map(({ offset }) => offset),
    quadratic: null,
    head: { kind: 'identity', columns },
    bound: null,
  };
}

/** The parameters of a linear model of one label, as the column `prediction`. */
export function linearParameters(plan: FeaturePlan, fit: RidgeParameters): ModelParameters {
  return {
    form: parametersForm,
    scorer: linearScorer(plan, [fit], ['prediction']),
    rows: fit.rows,
    labelMean: fit.labelMean,
    details: {
      intercept: fit.intercept,
      residual_squares: fit.residualSquares,
      l2: fit.l2,
      standardize: fit.standardize,
    },
  };
}
