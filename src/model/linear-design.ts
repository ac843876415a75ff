import { add, type DoubleDouble, multiply } from './double-double.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { type CentredProducts, centredProducts, type DesignColumn } from './normal-equations.ts';
import type { NormalSystem } from './penalized-solve.ts';
import {
  centredSquares,
  type PairedSums,
  pairAt,
  pairedSums,
  type SumsState,
  totalWeight,
  varianceError,
} from './sums-state.ts';

/** The columns of a linear model as its penalty sees them, and their normal equations. */
export type LinearDesign = {
  readonly centred: CentredProducts;
  /** Per column, in the state's coordinates; 0: constant. */
  readonly deviations: readonly number[];
  /** What a column is multiplied by to become the design's; 0: constant, so its weight is 0. */
  readonly units: readonly number[];
  /** The columns that are not constant. */
  readonly active: readonly number[];
  /** Of the active columns in the design's units, unpenalized, and the label in its z. */
  readonly system: NormalSystem;
  /** The right sides for all labels, the last being the system's own. */
  readonly rights: readonly PairedSums[];
};

/** What is predicted: its mean, and the scale of the z that weights are in. */
export type Response = { readonly mean: DoubleDouble; readonly scale: number };

export function linearDesign(plan: FeaturePlan, state: SumsState, standardize: boolean): LinearDesign {
  const centred = centredProducts(state, plan.measured.length);
  const deviations = centred.columns.map((column, index) => deviationOf(state, centred, column, index));
  const units = centred.columns.map((column, index) =>
    unitOf(plan, state, column, deviations[index] ?? 0, standardize),
  );
  const active = units.flatMap((unit, index) => (unit > 0 ? [index] : []));
  const labels = Array.from({ length: centred.size - centred.columns.length }, (_, label) => label);
  const rights = labels.map((label) => rightSide(centred, units, active, label));
  const right = rights.at(-1) ?? pairedSums(active.length);
  const matrix = gramMatrix(centred, units, active);
  const error = summingError(state, plan.measured.length);
  return {
    centred,
    deviations,
    units,
    active,
    system: { size: active.length, matrix, right, error },
    rights,
  };
}

/** Σ(label − mean)² of a label, in its z; the last label is the model's own. */
export function labelSquares({ columns, products, size }: CentredProducts, label: number): DoubleDouble {
  return pairAt(products, (columns.length + label) * (size + 1));
}

/** A label of the state: those after the features, in order. */
export function labelResponse(
  state: SumsState,
  { columns, means }: CentredProducts,
  features: number,
  label: number,
): Response {
  const scale = state.frame.scale[features + label] ?? 1;
  const pivot: DoubleDouble = [state.frame.pivot[features + label] ?? 0, 0];
  return { mean: add(pivot, multiply(means[columns.length + label] ?? [0, 0], [scale, 0])), scale };
}

/** The weights of the active columns, among zeros for the constant ones. */
export function spreadWeights({ active, units }: LinearDesign, solution: PairedSums): PairedSums {
  const weights = pairedSums(units.length);
  active.forEach((column, index) => {
    weights.high[column] = solution.high[index] ?? 0;
    weights.low[column] = solution.low[index] ?? 0;
  });
  return weights;
}

/** Population standard deviation in the state's coordinates; 0 when what there is of it is rounding. */
function deviationOf(
  state: SumsState,
  centred: CentredProducts,
  column: DesignColumn,
  index: number,
): number {
  const squares = centred.products.high[index * (centred.size + 1)] ?? 0;
  const summed = column.kind === 'measure' ? 4 * varianceError(state, column.feature) : 0;
  const error = summed + weightError(state) * totalWeight(state);
  return squares > error ? Math.sqrt(squares / totalWeight(state)) : 0;
}

/** Relative error of the centred squares of the measured features: of the one where it is largest. */
export function summingError(state: SumsState, features: number): number {
  let most = weightError(state);
  for (let feature = 0; feature < features; feature++) {
    const squares = centredSquares(state, feature);
    const error = varianceError(state, feature);
    if (squares > 4 * error) most = Math.max(most, error / squares);
  }
  return most;
}

/** Relative error of a row's products that its weight leaves: its root is rounded, and so is what that multiplies. */
function weightError({ tally }: SumsState): number {
  return tally === null ? 0 : 2 ** -49;
}

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

export function gramMatrix(
  { products, size: stride }: CentredProducts,
  units: readonly number[],
  active: readonly number[],
): PairedSums {
  const matrix = pairedSums(active.length ** 2);
  active.forEach((row, i) => {
    const unit: DoubleDouble = [units[row] ?? 1, 0];
    active.forEach((column, j) => {
      const product = multiply(pairAt(products, row * stride + column), unit);
      const [high, low] = multiply(product, [units[column] ?? 1, 0]);
      matrix.high[i * active.length + j] = high;
      matrix.low[i * active.length + j] = low;
    });
  });
  return matrix;
}

function rightSide(
  { columns, products, size: stride }: CentredProducts,
  units: readonly number[],
  active: readonly number[],
  label: number,
): PairedSums {
  const right = pairedSums(active.length);
  active.forEach((row, i) => {
    const product = pairAt(products, row * stride + columns.length + label);
    const [high, low] = multiply(product, [units[row] ?? 1, 0]);
    right.high[i] = high;
    right.low[i] = low;
  });
  return right;
}

/** The equations of some of the unknowns alone. */
export function subsystem(system: NormalSystem, places: readonly number[]): NormalSystem {
  const at = (pairs: PairedSums, indexes: readonly number[]): PairedSums => ({
    high: Float64Array.from(indexes, (index) => pairs.high[index] ?? 0),
    low: Float64Array.from(indexes, (index) => pairs.low[index] ?? 0),
  });
  const entries = places.flatMap((i) => places.map((j) => i * system.size + j));
  return {
    size: places.length,
    matrix: at(system.matrix, entries),
    right: at(system.right, places),
    error: system.error,
  };
}

export function penalized(system: NormalSystem, l2: number): NormalSystem {
  const { size, matrix } = system;
  const sum: PairedSums = { high: matrix.high.slice(), low: matrix.low.slice() };
  for (let i = 0; i < size; i++) {
    const [high, low] = add(pairAt(sum, i * (size + 1)), [l2, 0]);
    sum.high[i * (size + 1)] = high;
    sum.low[i * (size + 1)] = low;
  }
  return { ...system, matrix: sum };
}

/** Σ(y − prediction)² = yᵀy − 2·wᵀb + wᵀA·w, in the label's z. */
export function residualSquares(
  { size, matrix, right }: NormalSystem,
  squares: DoubleDouble,
  w: PairedSums,
): number {
  let rest = squares;
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
