import type { FeaturePlan } from './feature-plan.ts';
import { type LinearDesign, linearDesign, penalized, subsystem, summingError } from './linear-design.ts';
import type { Precision } from './moment-kernel.ts';
import { conditioningOf } from './penalized-solve.ts';
import { centredSquares, measuredCount, rowCount, type SumsState, totalWeight } from './sums-state.ts';

/** Largest relative error of weights, in standard deviations, that the sums may leave: eight digits. */
const weightError = 2 ** -27;

/** Sums with less relative error than this had no plain products in them. */
const splitError = 2 ** -60;

/**
 * Whether the sums hold the digits that a linear fit with this penalty needs. Solving multiplies their relative error
 * by the condition number (Higham 2002, section 20.4: normal equations square that of the design), of which the least
 * pivot of the scaled system is the estimate. Columns that depend on others as far as plain products can tell may not.
 */
export function holdsDigits(
  plan: FeaturePlan,
  state: SumsState,
  options: { readonly l2: number; readonly standardize: boolean },
): boolean {
  // what the roots of weights have rounded away no finer products bring back
  if (rowCount(state) === 0 || state.tally !== null || isFine(state)) return true;
  const error = summingError(state, plan.measured.length);
  if (error <= penaltyShare(state, options) * weightError) return true;
  const design = linearDesign(plan, state, options.standardize);
  const system = penalized(subsystem(design.system, independentPlaces(design, state)), options.l2);
  const { leastPivot, dependent } = conditioningOf(system);
  return error <= leastPivot * weightError && (dependent === 0 || error < splitError);
}

/** No pivot of the scaled system is less than this, whatever the columns: no eigenvalue is less than the penalty. */
function penaltyShare(state: SumsState, { l2, standardize }: { l2: number; standardize: boolean }): number {
  let largest = totalWeight(state);
  for (let feature = 0; !standardize && feature < measuredCount(state); feature++) {
    largest = Math.max(largest, centredSquares(state, feature) * (state.frame.scale[feature] ?? 1) ** 2);
  }
  return l2 / (largest + l2);
}

/** All active columns but the last level of each category: levels of a category always add up to a constant. */
function independentPlaces({ active, centred }: LinearDesign, state: SumsState): number[] {
  let end = 0;
  const last = state.levels.map((levels) => {
    end += levels.length;
    return end - 1;
  });
  return active.flatMap((index, place) => {
    const column = centred.columns[index];
    return column?.kind === 'level' && last.includes(column.place) ? [] : [place];
  });
}

/** Fine products alone leave nothing in the budget. */
export function isFine({ budget }: SumsState): boolean {
  return budget.rounded.every((spent) => spent === 0) && budget.exact.every((spent) => spent === 0);
}

/** Σz² that plain products have passed, against what is left of it: past this the rest is left to finer ones. */
const mostPlainSquares = 16;

/**
 * Whether a change may be summed by plain products: the sums have been, over as many rows as they hold now, so that
 * as much rounding more tells nothing of them that was not lost before. A quarter of what calls for a rebase at most.
 */
export function mayRoundFurther(plan: FeaturePlan, state: SumsState): boolean {
  if (state.tally !== null || rowCount(state) === 0) return false;
  return state.budget.rounded.every((spent, measure) => {
    if (plan.measured[measure]?.kind === 'boolean') return true;
    const squares = centredSquares(state, measure);
    return spent >= squares && spent <= mostPlainSquares * squares;
  });
}

export function finer(precision: Precision): Precision {
  return precision === 'plain' ? 'split' : 'fine';
}
