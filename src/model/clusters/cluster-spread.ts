import type { Reason } from '../../core/reasons.ts';
import { add, type DoubleDouble, divide, multiply, subtract } from '../double-double.ts';
import { pairAt } from '../sums-state.ts';
import { type ClusterState, clusterCount, clusterRows, weightsOf, widthOf } from './cluster-state.ts';

/** Centroids as served: the means of the rows of each cluster; of one without rows, where it stands. As W (cluster-state.ts). */
export function servedWeights(state: ClusterState): Float64Array {
  const width = widthOf(state);
  const centroids = clusterRows(state).map((rows, k) =>
    rows === 0
      ? state.anchor.slice(k * width, (k + 1) * width)
      : Float64Array.from(
          { length: width },
          (_, j) => divide(pairAt(state.sums, k * width + j), [rows, 0])[0],
        ),
  );
  return weightsOf(centroids);
}

/**
 * Σ|v − c|² of the rows about the means of their clusters: Σ|v|² − Σ_k |Σv|²/n_k over the columns behind the first.
 * Indicators and one-hots are their own squares.
 */
export function inertiaOf(state: ClusterState): number {
  const [width, measured] = [widthOf(state), state.frame.pivot.length];
  const sizes = clusterRows(state);
  let total: DoubleDouble = [0, 0];
  for (let j = 1; j < width; j++) {
    if (j <= measured) total = add(total, pairAt(state.squares, j - 1));
    for (const [k, rows] of sizes.entries()) {
      if (rows === 0) continue;
      const sum = pairAt(state.sums, k * width + j);
      if (j > measured) total = add(total, sum);
      total = subtract(total, divide(multiply(sum, sum), [rows, 0]));
    }
  }
  return Math.max(0, total[0]);
}

/** What one step of Lloyd's takes from the inertia: Σ n_k·|served_k − anchor_k|² (König–Huygens). */
export function stepGain(state: ClusterState, served = servedWeights(state)): number {
  const width = widthOf(state);
  return clusterRows(state).reduce((total, rows, k) => {
    let distance = 0;
    for (let at = k * width + 1; at < (k + 1) * width; at++)
      distance += ((served[at] ?? 0) - (state.anchor[at] ?? 0)) ** 2;
    return total + rows * distance;
  }, 0);
}

/** What rounding may make of an inertia of 0. */
export function rounding(state: ClusterState): number {
  const squares = state.squares.high.reduce((total, value) => total + value, 0);
  return 2 ** -44 * (squares + clusterRows(state).reduce((total, rows) => total + rows, 0));
}

/** Per measured feature over all rows: how many lack it, and mean and deviation (missing ones at the mean) in z. */
export type Spread = { readonly missing: number; readonly mean: number; readonly deviation: number };

export function spreadOf(state: ClusterState, feature: number): Spread {
  const [width, measured] = [widthOf(state), state.frame.pivot.length];
  let rows = 0;
  let missing = 0;
  let sum: DoubleDouble = [0, 0];
  for (let k = 0; k < clusterCount(state); k++) {
    rows += state.sums.high[k * width] ?? 0;
    missing += state.sums.high[k * width + 1 + measured + feature] ?? 0;
    sum = add(sum, pairAt(state.sums, k * width + 1 + feature));
  }
  const present = rows - missing;
  if (present === 0) return { missing, mean: 0, deviation: 0 };
  const mean = divide(sum, [present, 0])[0];
  const about = subtract(pairAt(state.squares, feature), divide(multiply(sum, sum), [present, 0]))[0];
  return { missing, mean, deviation: Math.sqrt(Math.max(0, about) / rows) };
}

/** One step of Lloyd's would take more than this share of the inertia: the centroids have moved on. */
const driftShare = 0.01;
/** Deviations a feature may have, in those at the anchor. */
const deviationBand = { low: 0.8, high: 1.25 };
/** How far the mean that stands for missing values may have moved, in deviations. */
const meanBand = 0.25;

/**
 * Why centroids must be looked for anew, or null.
 * @param standardized features whose deviation is the unit of distance
 */
export function needsAnchor(
  state: ClusterState,
  standardized: readonly boolean[],
  asked: number,
): Reason | null {
  const inertia = inertiaOf(state);
  if (!Number.isFinite(inertia)) return 'non-finite';
  if (clusterRows(state).every((rows) => rows === 0)) return null;
  const noise = rounding(state);
  if (stepGain(state) > driftShare * inertia + noise) return 'heuristic-drift';
  // fewer distinct rows than clusters when they were looked for, and now there are others
  if (clusterCount(state) < asked && inertia > noise) return 'heuristic-drift';
  for (const [feature, isUnit] of standardized.entries()) {
    const { missing, mean, deviation } = spreadOf(state, feature);
    if (missing > 0 && Math.abs(mean) > meanBand * Math.max(1, deviation)) return 'state-rebase';
    if (isUnit && deviation > 0 && !(deviation >= deviationBand.low && deviation <= deviationBand.high))
      return 'state-rebase';
  }
  return null;
}
