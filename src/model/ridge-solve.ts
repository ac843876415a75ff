import { EverviewError } from '../core/errors.ts';
import { add, type DoubleDouble, multiply, subtract } from './double-double.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { type CentredProducts, centredProducts, type DesignColumn, presentMean } from './normal-equations.ts';
import { type NormalSystem, solveNormalSystem } from './penalized-solve.ts';
import type { RidgeCategory, RidgeFeature, RidgeParameters } from './ridge-parameters.ts';
import {
  measuredCount,
  type PairedSums,
  pairAt,
  pairedSums,
  presentRows,
  rowCount,
  type SumsState,
  varianceError,
} from './sums-state.ts';

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
  const centred = centredProducts(state);
  const deviations = centred.columns.map((column, index) => deviationOf(state, centred, column, index));
  const units = centred.columns.map((column, index) =>
    unitOf(plan, state, column, deviations[index] ?? 0, options.standardize),
  );
  const active = units.flatMap((unit, index) => (unit > 0 ? [index] : []));
  const system = normalSystem(centred, units, active);
  const solution = solveNormalSystem(penalized(system, options.l2));
  const weights = pairedSums(units.length);
  active.forEach((column, index) => {
    weights.high[column] = solution.high[index] ?? 0;
    weights.low[column] = solution.low[index] ?? 0;
  });
  return describe(plan, state, options, centred, {
    deviations,
    units,
    weights,
    squares: restSquares(system, centred, solution),
  });
}

/** Population standard deviation in the state's coordinates; 0 when what there is of it is rounding. */
function deviationOf(
  state: SumsState,
  centred: CentredProducts,
  column: DesignColumn,
  index: number,
): number {
  const size = centred.columns.length + 1;
  const squares = centred.products.high[index * size + index] ?? 0;
  const error = column.kind === 'measure' ? 4 * varianceError(state, column.feature) : 0;
  return squares > error ? Math.sqrt(squares / rowCount(state)) : 0;
}

/** What a column is multiplied by to become the design's; 0: constant, so its weight is 0. */
function unitOf(
  plan: FeaturePlan,
  state: SumsState,
  column: DesignColumn,
  deviation: number,
  standardize: boolean,
): number {
  if (deviation === 0) return 0;
  if (column.kind !== 'measure' || plan.measured[column.feature]?.kind === 'boolean') return 1;
  return standardize ? 1 / deviation : (state.frame.scale[column.feature] ?? 1);
}

function normalSystem(
  centred: CentredProducts,
  units: readonly number[],
  active: readonly number[],
): NormalSystem {
  const size = active.length;
  const stride = centred.columns.length + 1;
  const matrix = pairedSums(size * size);
  const right = pairedSums(size);
  const set = (into: PairedSums, index: number, [high, low]: DoubleDouble) => {
    into.high[index] = high;
    into.low[index] = low;
  };
  active.forEach((row, i) => {
    const unit: DoubleDouble = [units[row] ?? 1, 0];
    set(right, i, multiply(pairAt(centred.products, row * stride + stride - 1), unit));
    active.forEach((column, j) => {
      const product = multiply(pairAt(centred.products, row * stride + column), unit);
      set(matrix, i * size + j, multiply(product, [units[column] ?? 1, 0]));
    });
  });
  return { size, matrix, right };
}

function penalized({ size, matrix, right }: NormalSystem, l2: number): NormalSystem {
  const sum: PairedSums = { high: matrix.high.slice(), low: matrix.low.slice() };
  for (let i = 0; i < size; i++) {
    const [high, low] = add(pairAt(sum, i * (size + 1)), [l2, 0]);
    sum.high[i * (size + 1)] = high;
    sum.low[i * (size + 1)] = low;
  }
  return { size, matrix: sum, right };
}

/** Σ(y − prediction)² = yᵀy − 2·wᵀb + wᵀA·w, in the label's z. */
function restSquares({ size, matrix, right }: NormalSystem, centred: CentredProducts, w: PairedSums): number {
  let rest = pairAt(centred.products, (centred.columns.length + 1) ** 2 - 1);
  for (let i = 0; i < size; i++) {
    const weight = pairAt(w, i);
    let inner: DoubleDouble = multiply(pairAt(right, i), [-2, 0]);
    for (let j = 0; j < size; j++) {
      inner = add(inner, multiply(pairAt(matrix, i * size + j), pairAt(w, j)));
    }
    rest = add(rest, multiply(inner, weight));
  }
  return Math.max(0, rest[0]);
}

type Fit = {
  readonly deviations: readonly number[];
  readonly units: readonly number[];
  /** Per column of the design, in the label's z. */
  readonly weights: PairedSums;
  readonly squares: number;
};

function describe(
  plan: FeaturePlan,
  state: SumsState,
  options: RidgeSolveOptions,
  centred: CentredProducts,
  fit: Fit,
): RidgeParameters {
  const measured = measuredCount(state);
  const labelScale = state.frame.scale[measured] ?? 1;
  const labelMean = original(centred.means.at(-1) ?? [0, 0], state, measured);
  const features = plan.measured.map((_, index) => describeFeature(plan, state, centred, fit, index));
  let offset = labelMean;
  centred.columns.forEach((column, index) => {
    if (column.kind === 'measure') return;
    const shift = multiply(pairAt(fit.weights, index), centred.means[index] ?? [0, 0]);
    offset = subtract(offset, multiply(shift, [labelScale, 0]));
  });
  let intercept = offset;
  for (const { exact } of features) {
    intercept = subtract(intercept, multiply(exact.weight, exact.center));
    // centres are told as doubles; what that moves the prediction goes into the offset
    offset = subtract(offset, multiply(exact.weight, [exact.center[1], 0]));
  }
  return {
    kind: 'ridge',
    offset: offset[0],
    intercept: intercept[0],
    features: features.map(({ feature }) => feature),
    categories: describeCategories(plan, state, centred, fit, labelScale),
    rows: rowCount(state),
    labelMean: labelMean[0],
    residualSquares: fit.squares * labelScale * labelScale,
    l2: options.l2,
    standardize: options.standardize,
    missing: plan.missing,
  };
}

/** A value of a measure's z in its own units: pivot + scale·z. */
function original(z: DoubleDouble, state: SumsState, measure: number): DoubleDouble {
  return add([state.frame.pivot[measure] ?? 0, 0], multiply(z, [state.frame.scale[measure] ?? 1, 0]));
}

type DescribedFeature = {
  readonly feature: RidgeFeature;
  readonly exact: { readonly center: DoubleDouble; readonly weight: DoubleDouble };
};

function describeFeature(
  plan: FeaturePlan,
  state: SumsState,
  { columns }: CentredProducts,
  fit: Fit,
  index: number,
): DescribedFeature {
  const labelScale = state.frame.scale[measuredCount(state)] ?? 1;
  const scale = state.frame.scale[index] ?? 1;
  const place = columns.findIndex((c) => c.kind === 'measure' && c.feature === index);
  const missing = columns.findIndex((c) => c.kind === 'missing' && c.feature === index);
  const solved = multiply(pairAt(fit.weights, place), [labelScale, 0]);
  // scales are powers of two: dividing by one is exact
  const weight = multiply(multiply(solved, [fit.units[place] ?? 0, 0]), [1 / scale, 0]);
  const center = original(presentMean(state, index), state, index);
  const { name = '', kind = 'numeric' } = plan.measured[index] ?? {};
  const feature: RidgeFeature = {
    name,
    kind,
    center: center[0],
    deviation: (fit.deviations[place] ?? 0) * scale,
    weight: weight[0],
    standardizedWeight: solved[0],
    missingWeight: (fit.weights.high[missing] ?? 0) * labelScale,
    missingRows: rowCount(state) - presentRows(state, index),
  };
  return { feature, exact: { center, weight } };
}

function describeCategories(
  plan: FeaturePlan,
  state: SumsState,
  { columns }: CentredProducts,
  fit: Fit,
  labelScale: number,
): RidgeCategory[] {
  const firstLevel = columns.findIndex((column) => column.kind === 'level');
  const total = state.levels.flat().length;
  let place = 0;
  return plan.categorical.map(({ name, type }, index) => ({
    name,
    type,
    levels: (state.levels[index] ?? []).map((level) => {
      const at = place++;
      return {
        level,
        weight: (fit.weights.high[firstLevel + at] ?? 0) * labelScale,
        rows: state.together[at * (total + 1)] ?? 0,
      };
    }),
  }));
}
