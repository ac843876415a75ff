import { describeLinearFit } from './describe-linear-fit.ts';
import { elasticNetWeights } from './elastic-net-weights.ts';
import type { FeaturePlan } from './feature-plan.ts';
import {
  labelResponse,
  labelSquares,
  linearDesign,
  residualSquares,
  spreadWeights,
} from './linear-design.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { assertRows } from './ridge-solve.ts';
import type { SumsState } from './sums-state.ts';

export type ElasticNetOptions = { readonly l1: number; readonly l2: number; readonly standardize: boolean };

export type ElasticNetFit = {
  readonly parameters: RidgeParameters;
  readonly l1: number;
  /** Columns of the design with a weight other than 0. */
  readonly kept: number;
  /** Proved: the objective is within this share of Σ(y − mean)² of the least there is. */
  readonly gap: number;
};

/**
 * The elastic-net fits of the state's labels, further ones first: each minimizes
 *
 *   Σ(y − b − x·w)² + l2·‖w‖² + l1·‖w‖₁, b free,
 *
 * with w as ridge's penalty sees it. scikit-learn's ElasticNet(alpha, l1_ratio) on n rows is l1 = 2·n·alpha·l1_ratio
 * and l2 = n·alpha·(1 − l1_ratio).
 * @throws EverviewError `not-enough-rows` when there is no row.
 */
export function solveElasticNet(
  plan: FeaturePlan,
  state: SumsState,
  options: ElasticNetOptions,
): ElasticNetFit[] {
  assertRows(plan, state);
  const design = linearDesign(plan, state, options.standardize);
  const { centred, deviations, units } = design;
  return design.rights.map((right, label) => {
    const system = { ...design.system, right };
    const squares = labelSquares(centred, label);
    const response = labelResponse(state, centred, plan.measured.length, label);
    // in the label's z, whose unit is `scale`, the objective is divided by its square, and ‖w‖₁ by it once
    const l1 = options.l1 / response.scale;
    const { weights, gap } = elasticNetWeights(system, { l1, l2: options.l2, squares: squares[0] });
    const parameters = describeLinearFit(plan, state, options, centred, {
      deviations,
      units,
      weights: spreadWeights(design, weights),
      squares: residualSquares(system, squares, weights),
      response,
    });
    return { parameters, l1: options.l1, kept: weights.high.filter((value) => value !== 0).length, gap };
  });
}
