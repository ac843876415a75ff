import { EverviewError } from '../../core/errors.ts';
import { columnPlaces, movedLines } from '../column-places.ts';
import { twoSum } from '../double-double.ts';
import { addTo, type Frame, type Levels, levelCount, type PairedSums, pairedSums } from '../sums-state.ts';

/**
 * Sums over the training rows by the nearest of k fixed centroids: the maintained state of k-means. With m measured
 * features, L levels and z = (x − pivot) / scale, 0 where x is missing, each row is the vector of D = 1 + 2m + L
 *
 *   v = [1, z of m features, m indicators "is missing", one-hot columns of every level]
 *
 * and belongs to the cluster k whose score W_k·v is greatest, W_k = [−|c_k|²/2, c_k]: argmax c·v − |c|²/2 is the nearest
 * centroid. Centroids stand still between full fits, so a row that leaves is taken from where it was added. z is rounded
 * (cluster-accumulator.ts) so that sums do not round at all: the same rows give the same state, in whatever order.
 */
export type ClusterState = {
  /** Per measured feature: means and deviations as they were at the anchor (1 where features are not standardized). */
  readonly frame: Frame;
  /** Per categorical feature, sorted, NULL last: those that some row has, and those that the centroids know. */
  readonly levels: readonly Levels[];
  /** W: clusters × D. */
  readonly anchor: Float64Array;
  /** Σ v per cluster: clusters × D; the first of each is the number of its rows. */
  readonly sums: PairedSums;
  /** Σ z² per measured feature, of all clusters. */
  readonly squares: PairedSums;
};

export function designWidth(measured: number, levels: readonly Levels[]): number {
  return 1 + 2 * measured + levelCount(levels);
}

/** An empty state at the centroids of `anchor`. */
export function emptyClusters(frame: Frame, levels: readonly Levels[], anchor: Float64Array): ClusterState {
  return {
    frame,
    levels,
    anchor,
    sums: pairedSums(anchor.length),
    squares: pairedSums(frame.pivot.length),
  };
}

export function widthOf({ frame, levels }: Pick<ClusterState, 'frame' | 'levels'>): number {
  return designWidth(frame.pivot.length, levels);
}

export function clusterCount(state: ClusterState): number {
  return state.anchor.length / widthOf(state);
}

export function clusterRows(state: ClusterState): number[] {
  const width = widthOf(state);
  return Array.from({ length: clusterCount(state) }, (_, k) => state.sums.high[k * width] ?? 0);
}

export function clusteredRows(state: ClusterState): number {
  return clusterRows(state).reduce((total, rows) => total + rows, 0);
}

/** Adds `part`, of the same layout and anchor, to `state`, or takes it away; `state` must be the caller's own copy. */
export function mergeClusters(state: ClusterState, part: ClusterState, sign: 1 | -1): void {
  for (const [into, from] of [
    [state.sums, part.sums],
    [state.squares, part.squares],
  ] as const) {
    for (let index = 0; index < into.high.length; index++) {
      addTo(into, index, sign * (from.high[index] ?? 0));
      addTo(into, index, sign * (from.low[index] ?? 0));
    }
    normalize(into);
  }
}

/** Each pair in its one normal form. */
export function normalize(sums: PairedSums): void {
  for (let index = 0; index < sums.high.length; index++) {
    const [high, low] = twoSum(sums.high[index] ?? 0, sums.low[index] ?? 0);
    sums.high[index] = high;
    sums.low[index] = low;
  }
}

/** A copy laid out for `levels`: columns that are new are 0, also in the centroids; those that are gone are left out. */
export function clustersWithLevels(state: ClusterState, levels: readonly Levels[]): ClusterState {
  const measured = state.frame.pivot.length;
  const [from, to] = [widthOf(state), designWidth(measured, levels)];
  const places = columnPlaces(state.levels, levels, 1 + 2 * measured);
  const moved = (values: Float64Array) => movedLines(values, from, to, places);
  return {
    frame: state.frame,
    levels,
    anchor: moved(state.anchor),
    sums: { high: moved(state.sums.high), low: moved(state.sums.low) },
    squares: { high: state.squares.high.slice(), low: state.squares.low.slice() },
  };
}

/** The state without levels that neither a row nor a centroid has. A centroid's own must stay: rows may come again. */
export function tidiedClusters(state: ClusterState): ClusterState {
  const width = widthOf(state);
  const isUsed = (column: number) => {
    for (let at = column; at < state.anchor.length; at += width) {
      if (state.anchor[at] !== 0 || state.sums.high[at] !== 0) return true;
    }
    return false;
  };
  let place = 1 + 2 * state.frame.pivot.length;
  const alive = state.levels.map((levels) => levels.filter(() => isUsed(place++)));
  return clustersWithLevels(state, alive);
}

/** The state with its clusters in another order. */
export function reordered(state: ClusterState, order: readonly number[]): ClusterState {
  const width = widthOf(state);
  const lines = (values: Float64Array) => {
    const result = new Float64Array(values.length);
    order.forEach((from, to) => {
      result.set(values.subarray(from * width, (from + 1) * width), to * width);
    });
    return result;
  };
  return {
    ...state,
    anchor: lines(state.anchor),
    sums: { high: lines(state.sums.high), low: lines(state.sums.low) },
  };
}

/** Weights W of centroids over the columns of v behind the first. */
export function weightsOf(centroids: readonly Float64Array[]): Float64Array {
  const [first] = centroids;
  if (first === undefined) throw new EverviewError('internal', 'no centroid to stand at');
  const weights = new Float64Array(centroids.length * first.length);
  centroids.forEach((centroid, k) => {
    const line = weights.subarray(k * first.length, (k + 1) * first.length);
    line.set(centroid);
    line[0] = 0;
    line[0] = -line.reduce((sum, value) => sum + value * value, 0) / 2;
  });
  return weights;
}
