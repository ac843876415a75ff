import { EverviewError } from '../../core/errors.ts';
import type { DesignRows } from '../anchored/design-block.ts';
import { addTo, type PairedSums } from '../sums-state.ts';
import { type ClusterState, normalize, widthOf } from './cluster-state.ts';

/** Adding and taking away 1.5·2²⁶ rounds a double to a multiple of 2⁻²⁶. */
const rounder = 1.5 * 2 ** 26;
const roundedBelow = 2 ** 25;

/**
 * z as it is clustered: rounded to 2⁻²⁶ of a deviation, far below what a heuristic could tell apart. Sums of such
 * numbers as pairs of doubles do not round, nor do sums of their (rounded) squares, but for rows thousands of deviations
 * away: what comes and goes leaves nothing behind.
 */
export function roundedZ(z: number): number {
  return z > -roundedBelow && z < roundedBelow ? z + rounder - rounder : z;
}

/** Rounds the block's z in place: line 0 are the ones. */
export function roundBlock({ z }: DesignRows): void {
  for (let index = 0; index < z.length; index++) z[index] = roundedZ(z[index] ?? 0);
}

/**
 * W·v of every row of a block with rounded z, cluster after cluster. Each row's sum runs over the columns in one order
 * whatever block it is in, so that it falls to the same cluster when it is taken away.
 */
export function scoreBlock(
  { rows, columns, z, codes, moments }: DesignRows,
  weights: Float64Array,
  width: number,
): Float64Array {
  if (moments === null) throw new EverviewError('internal', 'a block of clusters came without its moments');
  const measured = moments.sums.length;
  const clusters = weights.length / width;
  const scores = new Float64Array(clusters * rows);
  const indicators = columns.map((column, line) => ({ column, line })).slice(measured + 1);
  indicators.sort((a, b) => a.column - b.column);
  for (let k = 0; k < clusters; k++) {
    const own = scores.subarray(k * rows, (k + 1) * rows);
    own.fill(weights[k * width] ?? 0);
    const weightOf = (column: number) => weights[k * width + column] ?? 0;
    for (let column = 1; column <= measured; column += 4) addFour(own, z, column, measured, weightOf);
    for (const { column, line } of indicators) {
      const weight = weightOf(column);
      for (let i = 0; i < rows; i++) own[i] = (own[i] ?? 0) + weight * (z[line * rows + i] ?? 0);
    }
    for (const places of codes) {
      for (let i = 0; i < rows; i++) own[i] = (own[i] ?? 0) + (weights[k * width + (places[i] ?? 0)] ?? 0);
    }
  }
  return scores;
}

/** Four measured columns at a time, always the same four, into the scores. */
function addFour(
  scores: Float64Array,
  z: Float64Array,
  column: number,
  last: number,
  weightOf: (column: number) => number,
): void {
  const rows = scores.length;
  // beyond the last column: weight 0 of a column that is there
  const lineOf = (place: number) =>
    z.subarray(Math.min(place, last) * rows, (Math.min(place, last) + 1) * rows);
  const weight = (place: number) => (place > last ? 0 : weightOf(place));
  const [a, b, c, d] = [lineOf(column), lineOf(column + 1), lineOf(column + 2), lineOf(column + 3)];
  const [p, q, r, s] = [weight(column), weight(column + 1), weight(column + 2), weight(column + 3)];
  for (let i = 0; i < rows; i++) {
    scores[i] = (scores[i] ?? 0) + (p * (a[i] ?? 0) + q * (b[i] ?? 0)) + (r * (c[i] ?? 0) + s * (d[i] ?? 0));
  }
}

/** Per row the cluster of the greatest score, the first of equals; −1: the row does not train. */
export function nearestClusters({ rows, weights }: DesignRows, scores: Float64Array): Int32Array {
  const nearest = new Int32Array(rows);
  const best = scores.slice(0, rows);
  for (let k = 1; k < scores.length / rows; k++) {
    for (let i = 0; i < rows; i++) {
      const score = scores[k * rows + i] ?? 0;
      if (score <= (best[i] ?? 0)) continue;
      best[i] = score;
      nearest[i] = k;
    }
  }
  for (let i = 0; i < rows; i++) if (weights[i] === 0) nearest[i] = -1;
  return nearest;
}

/** Adds a block with rounded z to the state, which must be the caller's own. A row counts as often as its weight says. */
export function addBlock(state: ClusterState, block: DesignRows): void {
  const { rows, columns, z, codes, weights } = block;
  const width = widthOf(state);
  const measured = state.frame.pivot.length;
  const nearest = nearestClusters(block, scoreBlock(block, state.anchor, width));
  columns.forEach((column, line) => {
    const values = z.subarray(line * rows, (line + 1) * rows);
    addLine(state.sums, values, weights, nearest, column, width);
    if (column >= 1 && column <= measured) addSquares(state.squares, values, weights, column - 1);
  });
  for (const places of codes) {
    for (let i = 0; i < rows; i++) {
      const k = nearest[i] ?? -1;
      if (k < 0) continue;
      const at = k * width + (places[i] ?? 0);
      state.sums.high[at] = (state.sums.high[at] ?? 0) + (weights[i] ?? 0);
    }
  }
  normalize(state.sums);
  normalize(state.squares);
}

/** Multiples of 2⁻²⁶ below this sum up over a block without rounding. */
const plainBelow = 2 ** 13;

/** Adds every row's value to its cluster's sum. */
function addLine(
  sums: PairedSums,
  values: Float64Array,
  weights: Float64Array,
  nearest: Int32Array,
  column: number,
  width: number,
): void {
  const block = new Float64Array(sums.high.length / width);
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const k = nearest[i] ?? -1;
    if (k < 0) continue;
    const value = (values[i] ?? 0) * (weights[i] ?? 0);
    block[k] = (block[k] ?? 0) + value;
    if (value > most) most = value;
    else if (-value > most) most = -value;
  }
  if (most < plainBelow) {
    block.forEach((sum, k) => {
      addTo(sums, k * width + column, sum);
    });
    return;
  }
  for (let i = 0; i < values.length; i++) {
    const k = nearest[i] ?? -1;
    if (k >= 0) addTo(sums, k * width + column, (values[i] ?? 0) * (weights[i] ?? 0));
  }
}

/** Adds z² of every row that trains, by Knuth's two-sum. */
function addSquares(sums: PairedSums, values: Float64Array, weights: Float64Array, place: number): void {
  let high = sums.high[place] ?? 0;
  let low = sums.low[place] ?? 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const square = value * value * (weights[i] ?? 0);
    const sum = high + square;
    const part = sum - high;
    low += high - (sum - part) + (square - part);
    high = sum;
  }
  sums.high[place] = high;
  sums.low[place] = low;
}
