import { EverviewError } from '../core/errors.ts';
import { add, type DoubleDouble, multiply } from './double-double.ts';
import type { FeaturePlan } from './feature-plan.ts';
import {
  copyWithLevels,
  denseSize,
  emptyState,
  levelCount,
  measuredCount,
  mergeInto,
  mergeLevels,
  pairAt,
  presentRows,
  rowCount,
  type SumsState,
  tidied,
} from './sums-state.ts';

/** The sums over the rows of one class. The states of a model's classes share one frame. */
export type ClassSums = { readonly label: string; readonly sums: SumsState };

export type ClassedSums = {
  /** Classes with a row, in the order given, laid out for the levels of all. */
  readonly classes: readonly ClassSums[];
  /** Over the rows of all classes. */
  readonly total: SumsState;
  /** Shares of the classes in the rows. */
  readonly priors: readonly number[];
};

/** @throws EverviewError `not-enough-rows` when there is no row. */
export function classedSums(plan: FeaturePlan, given: readonly ClassSums[]): ClassedSums {
  const alive = given
    .map(({ label, sums }) => ({ label, sums: tidied(sums) }))
    .filter(({ sums }) => rowCount(sums) > 0);
  const [first] = alive;
  if (first === undefined) {
    throw new EverviewError('not-enough-rows', `no row to fit model "${plan.model}" on`);
  }
  const levels = first.sums.levels.map((_, feature) =>
    alive.reduce((known, { sums }) => mergeLevels(known, sums.levels[feature] ?? []), mergeLevels([], [])),
  );
  const classes = alive.map(({ label, sums }) => ({ label, sums: copyWithLevels(sums, levels) }));
  const total = copyWithLevels(emptyState(plan, first.sums.frame), levels);
  for (const { sums } of classes) mergeInto(total, sums, 1);
  const rows = rowCount(total);
  return { classes, total: tidied(total), priors: classes.map(({ sums }) => rowCount(sums) / rows) };
}

/** Σ of a feature's values that are there, in its own units. */
export function sumOf(state: SumsState, feature: number): DoubleDouble {
  const { pivot, scale } = state.frame;
  const own = multiply(pairAt(state.dense, feature + 1), [scale[feature] ?? 1, 0]);
  return add(own, multiply([pivot[feature] ?? 0, 0], [presentRows(state, feature), 0]));
}

/** Σx² of a feature's values that are there. */
export function squaresOf(state: SumsState, feature: number): DoubleDouble {
  const size = denseSize(measuredCount(state));
  const pivot: DoubleDouble = [state.frame.pivot[feature] ?? 0, 0];
  const scale = state.frame.scale[feature] ?? 1;
  const own = multiply(pairAt(state.dense, (feature + 1) * (size + 1)), [scale * scale, 0]);
  // Σ(p + s·z)² = s²Σz² + 2p·Σx − n·p²
  const mixed = multiply(multiply(pivot, [2, 0]), sumOf(state, feature));
  const constant = multiply(multiply(pivot, pivot), [-presentRows(state, feature), 0]);
  return add(add(own, mixed), constant);
}

/** Rows that have a level, by its place in the state's layout. */
export function levelRows(state: SumsState, place: number): number {
  return state.together[place * (levelCount(state.levels) + 1)] ?? 0;
}

/** Per category, its levels' places in the state's layout. */
export function levelPlaces(state: SumsState): number[][] {
  let next = 0;
  return state.levels.map((levels) => levels.map(() => next++));
}
