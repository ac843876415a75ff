import type { FeaturePlan } from '../feature-plan.ts';
import type { PairedSums } from '../sums-state.ts';
import { type AnchoredState, sizeOf, trainingRows } from './anchored-state.ts';
import { pairIndex } from './loss.ts';

/** A penalized column of the standard design. */
export type StandardColumn = {
  readonly kind: 'measure' | 'missing' | 'level';
  /** Measured feature, or the place of the level among all levels. */
  readonly index: number;
  /** Place in the state's v. */
  readonly place: number;
  /** Mean of the column in the state's coordinates, imputed where missing. */
  readonly mean: number;
  /** What a centred value in the state's coordinates is divided by. */
  readonly unit: number;
};

/**
 * The state in the coordinates the penalty sees: x = [1, (z′ − z̄) / unit, missing − mean, one-hot − mean] with z′ = z,
 * or the mean z̄ where missing; the unit of a numeric feature is its population deviation (`standardize`) or gives x
 * the feature's own units. There P is the identity but for the intercept, which nothing penalizes. Columns that are
 * constant over the rows have weight 0; what they contributed at the anchor goes into its intercept, which leaves
 * every row's score and so the sums as they are.
 */
export type StandardSystem = {
  readonly columns: readonly StandardColumn[];
  /** 1 + columns. */
  readonly size: number;
  readonly scores: number;
  readonly rows: number;
  /** scores × size. */
  readonly anchor: Float64Array;
  /** Σ φ′ ⊗ x without the penalty, scores × size. */
  readonly lossGradient: Float64Array;
  /** Σ φ″ ⊗ x xᵀ without the penalty: (scores·size)², symmetric. */
  readonly lossHessian: Float64Array;
  readonly l2: number;
  /** Mean of each measured feature's z where present. */
  readonly means: Float64Array;
  /** Deviation of each measured feature's imputed z; 0: constant, as far as rounding can tell. */
  readonly deviations: Float64Array;
};

export type PenaltyOptions = { readonly l2: number; readonly standardize: boolean };

export function standardSystem(
  plan: FeaturePlan,
  state: AnchoredState,
  options: PenaltyOptions,
): StandardSystem {
  const rows = trainingRows(state);
  const measured = state.frame.pivot.length;
  const features = Array.from({ length: measured }, (_, feature) => feature);
  const means = Float64Array.from(features, (feature) => presentMean(state, feature));
  const deviations = Float64Array.from(features, (feature) => deviationOf(state, feature, means));
  const all = columnsOf(plan, state, options, means, deviations);
  const columns = all.filter((column) => isActive(state, column, deviations));
  const size = columns.length + 1;
  const scores = state.anchor.length / sizeOf(state);
  const lines = linesOf(state, columns);
  return {
    columns,
    size,
    scores,
    rows,
    anchor: standardAnchor(state, all, columns),
    lossGradient: mappedGradient(state, lines, scores),
    lossHessian: mappedHessian(state, lines, scores),
    l2: options.l2,
    means,
    deviations,
  };
}

function valueAt(sums: PairedSums, index: number): number {
  return (sums.high[index] ?? 0) + (sums.low[index] ?? 0);
}

export function presentRowsOf(state: AnchoredState, feature: number): number {
  return trainingRows(state) - valueAt(state.columns, 1 + state.frame.pivot.length + feature);
}

function presentMean(state: AnchoredState, feature: number): number {
  const present = presentRowsOf(state, feature);
  return present === 0 ? 0 : valueAt(state.columns, feature + 1) / present;
}

/** Bounds the absolute error in the centred Σz² of a feature: each block's plain sums, in units of all that passed. */
export function squaresError(state: AnchoredState, feature: number): number {
  return 2 ** -53 * (state.budget.columns[feature + 1] ?? 0);
}

/** Σ(z − z̄)² over the rows where the feature is present. */
export function centredSquaresOf(state: AnchoredState, feature: number): number {
  const present = presentRowsOf(state, feature);
  if (present === 0) return 0;
  const sum = valueAt(state.columns, feature + 1);
  return valueAt(state.squares, feature) - (sum * sum) / present;
}

function deviationOf(state: AnchoredState, feature: number, means: Float64Array): number {
  const squares = centredSquaresOf(state, feature);
  const mean = means[feature] ?? 0;
  const cancelled = presentRowsOf(state, feature) * mean * mean * 2 ** -52;
  return squares > 4 * squaresError(state, feature) + cancelled
    ? Math.sqrt(squares / trainingRows(state))
    : 0;
}

function columnsOf(
  plan: FeaturePlan,
  state: AnchoredState,
  options: PenaltyOptions,
  means: Float64Array,
  deviations: Float64Array,
): StandardColumn[] {
  const measured = state.frame.pivot.length;
  const rows = trainingRows(state);
  const share = (place: number) => (rows === 0 ? 0 : valueAt(state.columns, place) / rows);
  const unitOf = (feature: number) => {
    if (plan.measured[feature]?.kind === 'boolean') return 1;
    const deviation = deviations[feature] ?? 0;
    if (options.standardize) return deviation > 0 ? deviation : 1;
    return 1 / (state.frame.scale[feature] ?? 1);
  };
  return Array.from({ length: sizeOf(state) - 1 }, (_, before): StandardColumn => {
    const place = before + 1;
    if (place <= measured) {
      const index = place - 1;
      return { kind: 'measure', index, place, mean: means[index] ?? 0, unit: unitOf(index) };
    }
    const kind = place <= 2 * measured ? 'missing' : 'level';
    const index = kind === 'missing' ? place - 1 - measured : place - 1 - 2 * measured;
    return { kind, index, place, mean: share(place), unit: 1 };
  });
}

function isActive(state: AnchoredState, column: StandardColumn, deviations: Float64Array): boolean {
  if (column.kind === 'measure') return (deviations[column.index] ?? 0) > 0;
  const count = valueAt(state.columns, column.place);
  return count > 0 && count < trainingRows(state);
}

/** x as sparse combinations of v: pairs of place and factor per line. */
type Line = readonly (readonly [place: number, factor: number])[];

function linesOf(state: AnchoredState, columns: readonly StandardColumn[]): Line[] {
  const measured = state.frame.pivot.length;
  const lines = columns.map(({ kind, index, place, mean, unit }): Line => {
    if (kind !== 'measure')
      return mean === 0
        ? [[place, 1]]
        : [
            [place, 1],
            [0, -mean],
          ];
    return [
      [place, 1 / unit],
      [1 + measured + index, mean / unit],
      [0, -mean / unit],
    ];
  });
  return [[[0, 1]], ...lines];
}

/**
 * Score = t·x = u·v: with x = T·v, u = Tᵀ·t. Solved for t: a penalized weight is u·unit for a measure,
 * u − (weight of z)·z̄ for an indicator, u for a level; the rest is the intercept's.
 */
function standardAnchor(
  state: AnchoredState,
  all: readonly StandardColumn[],
  active: readonly StandardColumn[],
): Float64Array {
  const from = sizeOf(state);
  const scores = state.anchor.length / from;
  const size = active.length + 1;
  const anchor = new Float64Array(scores * size);
  for (let score = 0; score < scores; score++) {
    const u = state.anchor.subarray(score * from, (score + 1) * from);
    const weightOf = ({ kind, index, place, unit }: StandardColumn) => {
      if (kind === 'measure') return (u[place] ?? 0) * unit;
      if (kind === 'level') return u[place] ?? 0;
      return (u[place] ?? 0) - (u[1 + index] ?? 0) * (all[index]?.mean ?? 0);
    };
    let intercept = u[0] ?? 0;
    for (const column of all) {
      const isMeasure = column.kind === 'measure';
      intercept += isMeasure ? (u[column.place] ?? 0) * column.mean : weightOf(column) * column.mean;
    }
    anchor[score * size] = intercept;
    active.forEach((column, index) => {
      anchor[score * size + index + 1] = weightOf(column);
    });
  }
  return anchor;
}

function mappedGradient(state: AnchoredState, lines: readonly Line[], scores: number): Float64Array {
  const from = sizeOf(state);
  const mapped = new Float64Array(scores * lines.length);
  for (let score = 0; score < scores; score++) {
    lines.forEach((line, row) => {
      let sum = 0;
      for (const [place, factor] of line) sum += factor * valueAt(state.gradient, score * from + place);
      mapped[score * lines.length + row] = sum;
    });
  }
  return mapped;
}

function mappedHessian(state: AnchoredState, lines: readonly Line[], scores: number): Float64Array {
  const size = lines.length;
  const whole = scores * size;
  const result = new Float64Array(whole * whole);
  for (let a = 0; a < scores; a++) {
    for (let b = a; b < scores; b++) {
      const square = mappedSquare(state, lines, pairIndex(scores, a, b));
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const value = ((square[i * size + j] ?? 0) + (square[j * size + i] ?? 0)) / 2;
          result[(a * size + i) * whole + b * size + j] = value;
          result[(b * size + j) * whole + a * size + i] = value;
        }
      }
    }
  }
  return result;
}

/** T·H·Tᵀ of one pair of scores. */
function mappedSquare(state: AnchoredState, lines: readonly Line[], pair: number): Float64Array {
  const from = sizeOf(state);
  const size = lines.length;
  const start = pair * from * from;
  const { high, low } = state.hessian;
  const half = new Float64Array(size * from);
  lines.forEach((line, row) => {
    for (const [place, factor] of line) {
      const at = start + place * from;
      for (let j = 0; j < from; j++) {
        half[row * from + j] =
          (half[row * from + j] ?? 0) + factor * ((high[at + j] ?? 0) + (low[at + j] ?? 0));
      }
    }
  });
  const square = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    lines.forEach((line, column) => {
      let sum = 0;
      for (const [place, factor] of line) sum += factor * (half[row * from + place] ?? 0);
      square[row * size + column] = sum;
    });
  }
  return square;
}

/** Weights over the state's v of standard weights, u = Tᵀ·t: scores × D. */
export function stateWeights(
  state: AnchoredState,
  system: StandardSystem,
  weights: Float64Array,
): Float64Array {
  const to = sizeOf(state);
  const lines = linesOf(state, system.columns);
  const result = new Float64Array(system.scores * to);
  for (let score = 0; score < system.scores; score++) {
    lines.forEach((line, row) => {
      const weight = weights[score * system.size + row] ?? 0;
      for (const [place, factor] of line) {
        result[score * to + place] = (result[score * to + place] ?? 0) + weight * factor;
      }
    });
  }
  return result;
}
