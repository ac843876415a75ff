import { addTo, type Frame, type Levels, levelCount, type PairedSums, pairedSums } from '../sums-state.ts';
import { emptyHistogram, type KinkHistogram } from './kink-histogram.ts';
import { type Loss, pairCount } from './loss.ts';

/**
 * Sums over the training rows at a fixed anchor: the maintained state of a generalized linear model. With k measured
 * features, L levels and z = (x − pivot) / scale, 0 where x is missing, each row is the vector of D = 1 + 2k + L
 *
 *   v = [1, z of k features, k indicators "is missing", one-hot columns of every level]
 *
 * and its linear predictors at the anchor are W₀·v. All but `reach` and `budget` are sums over rows, so rows enter
 * and leave exactly up to rounding, and a level that nobody had before joins with anchor weight 0.
 */
export type AnchoredState = {
  /** Per measured feature. */
  readonly frame: Frame;
  readonly levels: readonly Levels[];
  /** W₀: scores × D. */
  readonly anchor: Float64Array;
  /** Σ φ′ ⊗ v: scores × D. */
  readonly gradient: PairedSums;
  /** Σ φ″ₐᵦ · v vᵀ for each pair of scores a ≤ b: pairs × D × D. */
  readonly hessian: PairedSums;
  /** [Σ φ]. */
  readonly loss: PairedSums;
  /** Σ v; the first is the number of rows. */
  readonly columns: PairedSums;
  /** Σ z² per measured feature. */
  readonly squares: PairedSums;
  /** Training rows per class of the label; empty when it is a number. */
  readonly classRows: Float64Array;
  /** Rows whose label is outside the loss's domain; they are in no other sum. */
  outside: number;
  /** Σ of labels, for a start. */
  readonly labels: PairedSums;
  readonly reach: Reach;
  /** Of losses with kinks. */
  readonly kinks: KinkHistogram | null;
  readonly budget: RoundingBudget;
};

/** How far rows that ever came in reach: z of each measured feature where present, and the norm of (z, missing). */
export type Reach = { readonly low: Float64Array; readonly high: Float64Array; norm: number };

/** Sums of squares of everything ever added or taken away: their rounding stays when the rows themselves leave. */
export type RoundingBudget = {
  /** Σ φ′² per score. */
  readonly slopes: Float64Array;
  /** Σ v² per column. */
  readonly columns: Float64Array;
  /** Σ φ″ₐₐ v² per score a and column. */
  readonly curvature: Float64Array;
};

export function designSize(measured: number, levels: readonly Levels[]): number {
  return 1 + 2 * measured + levelCount(levels);
}

export function emptyAnchored(
  loss: Loss,
  frame: Frame,
  levels: readonly Levels[],
  classes: number,
): AnchoredState {
  const measured = frame.pivot.length;
  const size = designSize(measured, levels);
  return {
    frame,
    levels,
    anchor: new Float64Array(loss.scores * size),
    gradient: pairedSums(loss.scores * size),
    hessian: pairedSums(pairCount(loss.scores) * size * size),
    loss: pairedSums(1),
    columns: pairedSums(size),
    squares: pairedSums(measured),
    classRows: new Float64Array(classes),
    outside: 0,
    labels: pairedSums(1),
    reach: emptyReach(measured),
    kinks: loss.curvature.kind === 'kinked' ? emptyHistogram() : null,
    budget: {
      slopes: new Float64Array(loss.scores),
      columns: new Float64Array(size),
      curvature: new Float64Array(loss.scores * size),
    },
  };
}

export function emptyReach(measured: number): Reach {
  return {
    low: new Float64Array(measured).fill(Number.POSITIVE_INFINITY),
    high: new Float64Array(measured).fill(Number.NEGATIVE_INFINITY),
    norm: 0,
  };
}

export function sizeOf(state: AnchoredState): number {
  return state.columns.high.length;
}

export function trainingRows(state: AnchoredState): number {
  return state.columns.high[0] ?? 0;
}

/** Adds `part`, of the same layout and anchor, to `state`, or takes it away; `state` must be the caller's own copy. */
export function mergeAnchored(state: AnchoredState, part: AnchoredState, sign: 1 | -1): void {
  mergePairs(state.gradient, part.gradient, sign);
  mergePairs(state.hessian, part.hessian, sign);
  mergePairs(state.loss, part.loss, sign);
  mergePairs(state.columns, part.columns, sign);
  mergePairs(state.squares, part.squares, sign);
  mergePairs(state.labels, part.labels, sign);
  mergeCounts(state.classRows, part.classRows, sign);
  state.outside += sign * part.outside;
  if (state.kinks !== null && part.kinks !== null) {
    mergeCounts(state.kinks.rows, part.kinks.rows, sign);
    mergeCounts(state.kinks.squares, part.kinks.squares, sign);
    mergeCounts(state.kinks.curvedRows, part.kinks.curvedRows, sign);
    mergeCounts(state.kinks.curvedSquares, part.kinks.curvedSquares, sign);
  }
  mergeCounts(state.budget.slopes, part.budget.slopes, 1);
  mergeCounts(state.budget.columns, part.budget.columns, 1);
  mergeCounts(state.budget.curvature, part.budget.curvature, 1);
  for (let j = 0; j < state.reach.low.length; j++) {
    state.reach.low[j] = Math.min(state.reach.low[j] ?? 0, part.reach.low[j] ?? 0);
    state.reach.high[j] = Math.max(state.reach.high[j] ?? 0, part.reach.high[j] ?? 0);
  }
  state.reach.norm = Math.max(state.reach.norm, part.reach.norm);
}

/** The sums at one anchor with those of the same rows that depend on none. */
export function withMomentsOf(state: AnchoredState, known: AnchoredState): AnchoredState {
  const { columns, squares, labels, reach } = known;
  const budget = { ...state.budget, columns: known.budget.columns };
  return { ...state, columns, squares, labels, reach, budget };
}

function mergePairs(into: PairedSums, part: PairedSums, sign: 1 | -1): void {
  for (let index = 0; index < into.high.length; index++) {
    addTo(into, index, sign * (part.high[index] ?? 0));
    addTo(into, index, sign * (part.low[index] ?? 0));
  }
}

function mergeCounts(into: Float64Array, part: Float64Array, sign: 1 | -1): void {
  for (let index = 0; index < into.length; index++) {
    into[index] = (into[index] ?? 0) + sign * (part[index] ?? 0);
  }
}
