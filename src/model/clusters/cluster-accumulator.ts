import type { DesignRows } from '../anchored/design-block.ts';
import type { PairedSums } from '../sums-state.ts';
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
  { rows, columns, z, codes }: DesignRows,
  weights: Float64Array,
  width: number,
): Float64Array {
  const clusters = weights.length / width;
  const scores = new Float64Array(clusters * rows);
  const lines = columns.map((column, line) => ({ column, line })).sort((a, b) => a.column - b.column);
  for (let k = 0; k < clusters; k++) {
    const own = scores.subarray(k * rows, (k + 1) * rows);
    own.fill(weights[k * width] ?? 0);
    for (const { column, line } of lines) {
      const weight = weights[k * width + column] ?? 0;
      if (column === 0 || weight === 0) continue;
      const values = z.subarray(line * rows, (line + 1) * rows);
      for (let i = 0; i < rows; i++) own[i] = (own[i] ?? 0) + weight * (values[i] ?? 0);
    }
    for (const places of codes) {
      for (let i = 0; i < rows; i++) own[i] = (own[i] ?? 0) + (weights[k * width + (places[i] ?? 0)] ?? 0);
    }
  }
  return scores;
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
    if (column < 1 || column > measured) return;
    const squares = values.map((value) => value * value);
    addLine(state.squares, squares, weights, nearest, column - 1, measured);
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

/** Knuth's two-sum of every row's value into its cluster's sum. */
function addLine(
  { high, low }: PairedSums,
  values: Float64Array,
  weights: Float64Array,
  nearest: Int32Array,
  column: number,
  width: number,
): void {
  for (let i = 0; i < values.length; i++) {
    const k = nearest[i] ?? -1;
    if (k < 0) continue;
    const at = k * width + column;
    const value = (values[i] ?? 0) * (weights[i] ?? 0);
    const before = high[at] ?? 0;
    const sum = before + value;
    const part = sum - before;
    low[at] = (low[at] ?? 0) + (before - (sum - part) + (value - part));
    high[at] = sum;
  }
}
