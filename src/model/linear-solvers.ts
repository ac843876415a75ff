import type { FitOptions } from '../declare/definition.ts';
import { solveElasticNet } from './elastic-net-solve.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { linearScorer, predictionNames } from './linear-parameters.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { solveRidgeLabels } from './ridge-solve.ts';
import { type ModelParameters, parametersForm } from './scorer.ts';
import type { SumsSolver } from './sums-family.ts';

export const ridgeSolver: SumsSolver = {
  method: 'ridge',
  needs: ({ l2, standardize }) => ({ l2, standardize }),
  solve: (plan, sums, options, factor) =>
    ofLabels(
      plan,
      options,
      factor,
      solveRidgeLabels(plan, sums, { l2: options.l2 / factor, standardize: options.standardize }),
      { l2: options.l2 },
    ),
};

export const linearSolver: SumsSolver = {
  method: 'linear',
  needs: ({ standardize }) => ({ l2: 0, standardize }),
  solve: (plan, sums, options, factor) =>
    ofLabels(
      plan,
      options,
      factor,
      solveRidgeLabels(plan, sums, { l2: 0, standardize: options.standardize }),
      {},
    ),
};

export const elasticNetSolver: SumsSolver = {
  method: 'elastic_net',
  needs: ({ l2, standardize }) => ({ l2, standardize }),
  solve: (plan, sums, options, factor) => {
    const { l1, l2, standardize } = options;
    const fits = solveElasticNet(plan, sums, { l1: l1 / factor, l2: l2 / factor, standardize });
    const parameters = fits.map((fit) => fit.parameters);
    const [own] = fits.slice(-1);
    const details = { l1, l2, kept_columns: own?.kept ?? 0, duality_gap: own?.gap ?? 0 };
    return ofLabels(plan, options, factor, parameters, details);
  },
};

/** @param fits one per label, further ones first, as the sums have them. */
function ofLabels(
  plan: FeaturePlan,
  { standardize }: FitOptions,
  factor: number,
  fits: readonly RidgeParameters[],
  details: ModelParameters['details'],
): ModelParameters {
  const further = fits.slice(0, -1);
  const own = fits.slice(-1);
  const ordered = [...own, ...further];
  const [first] = own;
  return {
    form: parametersForm,
    scorer: linearScorer(plan, ordered, predictionNames(plan)),
    rows: first?.rows ?? 0,
    labelMean: first?.labelMean ?? null,
    details: {
      intercept: ordered.map(({ intercept }) => intercept),
      residual_squares: ordered.map(({ residualSquares }) => residualSquares * factor),
      standardize,
      ...details,
    },
  };
}
