import { EverviewError } from '../core/errors.ts';
import { describeLinearFit } from './describe-linear-fit.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { linearDesign, penalized, residualSquares, spreadWeights } from './linear-design.ts';
import { solveNormalSystem } from './penalized-solve.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { rowCount, type SumsState } from './sums-state.ts';

export type RidgeSolveOptions = { readonly l2: number; readonly standardize: boolean };

/**
 * The ridge fit to the rows the state sums: minimizes Σ(y − b − x·w)² + l2·‖w‖², b free. With l2 = 0 and dependent
 * columns, the solution of least ‖w‖, as numpy's lstsq gives; a constant column has weight 0.
 * @throws EverviewError `not-enough-rows` when there is no row.
 */
export function solveRidge(plan: FeaturePlan, state: SumsState, options: RidgeSolveOptions): RidgeParameters {
  if (rowCount(state) < 1) {
    throw new EverviewError('not-enough-rows', `no row to fit model "${plan.model}" on`, {
      hint: 'training rows have a label, finite numbers, and an event time inside the window and before the hold-out',
    });
  }
  const design = linearDesign(plan, state, options.standardize);
  const solution = solveNormalSystem(penalized(design.system, options.l2));
  return describeLinearFit(plan, state, options, design.centred, {
    deviations: design.deviations,
    units: design.units,
    weights: spreadWeights(design, solution),
    squares: residualSquares(design, solution),
  });
}
