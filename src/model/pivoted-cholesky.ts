import { type DoubleDouble, divide, splitter } from './double-double.ts';
import { type PairedSums, pairAt } from './sums-state.ts';

/**
 * P·A·Pᵀ = L·D·Lᵀ of a positive semidefinite A in pairs of doubles, cut off at the rank: L is unit lower, rank columns
 * wide, row-major of `size` columns; `order` says which row of A stands where.
 */
export type PivotedFactor = {
  readonly size: number;
  readonly rank: number;
  readonly order: readonly number[];
  readonly lower: PairedSums;
  /** D, decreasing but for rounding. */
  readonly pivots: readonly DoubleDouble[];
};

/**
 * The factors of A (symmetric, of diagonal near 1; the caller's copy, overwritten), by complete pivoting (Higham 2002,
 * section 10.3): each step takes the row with the most left of its diagonal, which is the squared distance of that
 * column of the design from the span of those taken before; rows with no more than `least` left depend on the others.
 */
export function factorPivoted(matrix: PairedSums, size: number, least: number): PivotedFactor {
  const { high, low } = matrix;
  const order = Array.from({ length: size }, (_, index) => index);
  const pivots: DoubleDouble[] = [];
  const row: PivotRow = {
    high: new Float64Array(size),
    low: new Float64Array(size),
    top: new Float64Array(size),
  };
  for (let k = 0; k < size; k++) {
    let best = k;
    for (let i = k + 1; i < size; i++) {
      if ((high[i * size + i] ?? 0) > (high[best * size + best] ?? 0)) best = i;
    }
    const pivot = pairAt(matrix, best * size + best);
    if (!(pivot[0] > least)) break;
    swap(matrix, size, k, best);
    [order[k], order[best]] = [order[best] ?? best, order[k] ?? k];
    pivots.push(pivot);
    for (let i = k + 1; i < size; i++) {
      row.high[i] = high[i * size + k] ?? 0;
      row.low[i] = low[i * size + k] ?? 0;
      const big = (row.high[i] ?? 0) * splitter;
      row.top[i] = big - (big - (row.high[i] ?? 0));
    }
    for (let i = k + 1; i < size; i++) {
      const [factor, rest] = divide([row.high[i] ?? 0, row.low[i] ?? 0], pivot);
      high[i * size + k] = factor;
      low[i * size + k] = rest;
      if (factor !== 0) subtractProducts(matrix, i * size, k + 1, i + 1, factor, rest, row);
    }
  }
  return { size, rank: pivots.length, order, lower: matrix, pivots };
}

/** What the trailing rows have in the pivot's column; `top` holds the upper halves of `high`, split once a step. */
type PivotRow = { readonly high: Float64Array; readonly low: Float64Array; readonly top: Float64Array };

/** Line[j] −= factor·row[j] for j in [from, to). Written out: it runs size³/6 times, and pairs would be on the heap. */
function subtractProducts(
  { high, low }: PairedSums,
  line: number,
  from: number,
  to: number,
  factor: number,
  factorRest: number,
  row: PivotRow,
): void {
  const big = factor * splitter;
  const factorTop = big - (big - factor);
  const factorBottom = factor - factorTop;
  for (let j = from; j < to; j++) {
    const other = row.high[j] ?? 0;
    const otherTop = row.top[j] ?? 0;
    const otherBottom = other - otherTop;
    const product = factor * other;
    const error =
      factorBottom * otherBottom -
      (product - factorTop * otherTop - factorBottom * otherTop - factorTop * otherBottom);
    const rest = error + factor * (row.low[j] ?? 0) + factorRest * other;
    const value = high[line + j] ?? 0;
    const difference = value - product;
    const part = difference - value;
    const left = (low[line + j] ?? 0) + (value - (difference - part) + (-product - part) - rest);
    const sum = difference + left;
    high[line + j] = sum;
    low[line + j] = left - (sum - difference);
  }
}

/** Changes places of two rows and columns, of which only the lower triangle and the finished columns are kept. */
function swap({ high, low }: PairedSums, size: number, first: number, second: number): void {
  if (first === second) return;
  for (const values of [high, low]) {
    const exchange = (a: number, b: number) => {
      const kept = values[a] ?? 0;
      values[a] = values[b] ?? 0;
      values[b] = kept;
    };
    for (let j = 0; j < first; j++) exchange(first * size + j, second * size + j);
    exchange(first * (size + 1), second * (size + 1));
    for (let j = first + 1; j < second; j++) exchange(j * size + first, second * size + j);
    for (let i = second + 1; i < size; i++) exchange(i * size + first, i * size + second);
  }
}

/** A solution of A·x = right that is 0 where a row depends on the others; computed in pairs, told in doubles. */
export function solvePivoted(
  { size, rank, order, lower, pivots }: PivotedFactor,
  right: Float64Array,
): Float64Array {
  const high = Float64Array.from(order, (index) => right[index] ?? 0);
  const x: PairedSums = { high, low: new Float64Array(size) };
  for (let k = 0; k < rank; k++) subtractColumn(x, lower, size, k, rank, pairAt(x, k));
  for (let k = 0; k < rank; k++) setPair(x, k, divide(pairAt(x, k), pivots[k] ?? [1, 0]));
  substituteBack(x, lower, size, rank);
  const solution = new Float64Array(size);
  for (let k = 0; k < rank; k++) solution[order[k] ?? 0] = x.high[k] ?? 0;
  return solution;
}

/** A basis of the null space: for each dependent row, itself less what the others make of it. */
export function nullVectors({ size, rank, order, lower }: PivotedFactor): Float64Array[] {
  return order.slice(rank).map((own, dependent) => {
    const start = (rank + dependent) * size;
    const x: PairedSums = {
      high: lower.high.slice(start, start + rank),
      low: lower.low.slice(start, start + rank),
    };
    substituteBack(x, lower, size, rank);
    const vector = new Float64Array(size);
    for (let k = 0; k < rank; k++) vector[order[k] ?? 0] = -(x.high[k] ?? 0);
    vector[own] = 1;
    return vector;
  });
}

/** Solves Lᵀ·x = x over the first `rank` rows, in place. */
function substituteBack(x: PairedSums, lower: PairedSums, size: number, rank: number): void {
  for (let k = rank - 1; k > 0; k--) {
    const row: PivotRow = rowOf(lower, k * size, k);
    const [high, low] = pairAt(x, k);
    subtractProducts(x, 0, 0, k, high, low, row);
  }
}

/** x −= value · column k of L, below it. */
function subtractColumn(
  x: PairedSums,
  lower: PairedSums,
  size: number,
  k: number,
  rank: number,
  [high, low]: DoubleDouble,
): void {
  const row: PivotRow = {
    high: new Float64Array(rank),
    low: new Float64Array(rank),
    top: new Float64Array(rank),
  };
  for (let i = k + 1; i < rank; i++) {
    row.high[i] = lower.high[i * size + k] ?? 0;
    row.low[i] = lower.low[i * size + k] ?? 0;
    const big = (row.high[i] ?? 0) * splitter;
    row.top[i] = big - (big - (row.high[i] ?? 0));
  }
  subtractProducts(x, 0, k + 1, rank, high, low, row);
}

function rowOf(matrix: PairedSums, start: number, length: number): PivotRow {
  const high = matrix.high.subarray(start, start + length);
  const top = high.map((value) => value * splitter - (value * splitter - value));
  return { high, low: matrix.low.subarray(start, start + length), top };
}

function setPair(sums: PairedSums, index: number, [high, low]: DoubleDouble): void {
  sums.high[index] = high;
  sums.low[index] = low;
}
