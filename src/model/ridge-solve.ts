import { EverviewError } from '../core/errors.ts';
import { describeLinearFit } from './describe-linear-fit.ts';
import type { FeaturePlan } from './feature-plan.ts';
import {
  labelResponse,
  labelSquares,
  linearDesign,
  penalized,
  residualSquares,
  spreadWeights,
} from './linear-design.ts';
import { normalSolver } from './penalized-solve.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { rowCount, type SumsState } from './sums-state.ts';

export type RidgeSolveOptions = { readonly l2: number; readonly standardize: boolean };

/**
 * The ridge fit to the rows the state sums: minimizes Σ(y − b − x·w)² + l2·‖w‖², b free. With l2 = 0 and dependent
 * columns, the solution of least ‖w‖, as numpy's lstsq gives; a constant column has weight 0.
 * @throws EverviewError `not-enough-rows` when there is no row.
 */
export function solveRidge(plan: FeaturePlan, state: SumsState, options: RidgeSolveOptions): RidgeParameters {
  const fits = solveRidgeLabels(plan, state, options);
  const last = fits.at(-1);
  if (last === undefined) throw new EverviewError('internal', `model "${plan.model}" has no label`);
  return last;
}

/**
 * The ridge fits of several labels to the same features, by one factorization. Measures of the state beyond the plan's
 * are labels: further ones, then the model's own. The fits come in that order.
 * @throws EverviewError `not-enough-rows` when there is no row.
 */
export function solveRidgeLabels(
  plan: FeaturePlan,
  state: SumsState,
  options: RidgeSolveOptions,
): RidgeParameters[] {
  assertRows(plan, state);
  const design = linearDesign(plan, state, options.standardize);
  const { centred, deviations, units, system, rights } = design;
  const solve = normalSolver(penalized(system, options.l2));
  return rights.map((right, label) => {
    const solution = solve(right);
    return describeLinearFit(plan, state, options, centred, {
      deviations,
      units,
      weights: spreadWeights(design, solution),
      squares: residualSquares({ ...system, right }, labelSquares(centred, label), solution),
      response: labelResponse(state, centred, plan.measured.length, label),
    });
  });
}

/** @throws EverviewError `not-enough-rows` when there is no row. */
export function assertRows(plan: FeaturePlan, state: SumsState): void {
  if (rowCount(state) > 0) return;
  throw new EverviewError('not-enough-rows', `no row to fit model "${plan.model}" on`, {
    hint: 'training rows have a label, finite numbers, and an event time inside the window and before the hold-out',
  });
}
