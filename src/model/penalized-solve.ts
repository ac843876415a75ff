import { Matrix, QrDecomposition } from 'ml-matrix';
import { solveCholesky, tryCholesky } from './cholesky.ts';
import { add, splitter } from './double-double.ts';
import { factorPivoted, nullVectors, solvePivoted } from './pivoted-cholesky.ts';
import { type PairedSums, pairAt, pairedSums } from './sums-state.ts';

/** A·w = b with A symmetric, positive semidefinite, m × m row-major, in pairs of doubles. */
export type NormalSystem = {
  readonly size: number;
  readonly matrix: PairedSums;
  readonly right: PairedSums;
  /** Error of the entries of A with its diagonal scaled to one: what summing has rounded away. */
  readonly error: number;
};

/** Applies an approximate (pseudo-)inverse of A. */
type Inverse = (right: Float64Array) => Float64Array;

const largestRounds = 6;
const negligible = 2 ** -75;

/**
 * The solution w, of least norm where A is singular. A is scaled to a unit diagonal and factored by Cholesky: in
 * doubles when all pivots stand clear of their rounding, else in pairs of doubles with pivoting, where a row whose
 * pivot does not stand clear of the sums' own error depends on the others. Residuals are formed in 32 digits and
 * corrected for (iterative refinement, Higham 2002, ch. 12), so the digits of A that rounding to doubles would lose
 * are not.
 */
export function solveNormalSystem(system: NormalSystem): PairedSums {
  return normalSolver(system)(system.right);
}

/** Solves for any right side, by one factorization. */
export function normalSolver(system: NormalSystem): (right: PairedSums) => PairedSums {
  const inverse = inverseOf(system);
  return (right) => refined({ ...system, right }, inverse);
}

function refined(system: NormalSystem, inverse: Inverse): PairedSums {
  const { size } = system;
  const solution = pairedSums(size);
  for (let round = 0; round < largestRounds; round++) {
    const correction = inverse(residual(system, solution));
    correction.forEach((value, i) => {
      const [high, low] = add(pairAt(solution, i), [value, 0]);
      solution.high[i] = high;
      solution.low[i] = low;
    });
    if (largest(correction) <= negligible * largest(solution.high)) break;
  }
  return solution;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** b − A·w, formed in 32 digits. The loop writes double-double.ts out in full: it runs m² times, and pairs on the heap would cost more. */
export function residual({ size, matrix, right }: NormalSystem, solution: PairedSums): Float64Array {
  const result = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let high = right.high[i] ?? 0;
    let low = right.low[i] ?? 0;
    for (let j = 0; j < size; j++) {
      const a = matrix.high[i * size + j] ?? 0;
      const w = solution.high[j] ?? 0;
      const product = a * w;
      const aBig = a * splitter;
      const aHigh = aBig - (aBig - a);
      const wBig = w * splitter;
      const wHigh = wBig - (wBig - w);
      const aLow = a - aHigh;
      const wLow = w - wHigh;
      const error = aLow * wLow - (product - aHigh * wHigh - aLow * wHigh - aHigh * wLow);
      const rest = error + a * (solution.low[j] ?? 0) + (matrix.low[i * size + j] ?? 0) * w;
      const sum = high - product;
      const part = sum - high;
      low += high - (sum - part) + (-product - part) - rest;
      high = sum;
    }
    result[i] = high + low;
  }
  return result;
}

/** The scale that brings a diagonal entry to [1/2, 2]: a power of two, so that scaling does not round. */
function scalesOf({ size, matrix }: NormalSystem): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    const entry = matrix.high[i * (size + 1)] ?? 0;
    return entry > 0 ? 2 ** -Math.round(Math.log2(entry) / 2) : 1;
  });
}

/** Pivots below this are rounding, in doubles; in pairs of them, where the sums carry `error`. */
const doublesRounding = (size: number) => size * 2 ** -46;
const pairsRounding = (size: number, error: number) => size * 2 ** 7 * Math.max(error, 2 ** -100);

/** A, scaled: S·A·S with S = diag(scale). */
function scaledMatrix({ size, matrix }: NormalSystem, scale: Float64Array): PairedSums {
  const scaled = pairedSums(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const factor = (scale[i] ?? 1) * (scale[j] ?? 1);
      scaled.high[i * size + j] = (matrix.high[i * size + j] ?? 0) * factor;
      scaled.low[i * size + j] = (matrix.low[i * size + j] ?? 0) * factor;
    }
  }
  return scaled;
}

/** With A = S⁻¹·F·S⁻¹: S·F⁻¹·S. S times the null vectors of F spans the null space of A, which is taken out. */
function inverseOf(system: NormalSystem): Inverse {
  const { size, error } = system;
  const scale = scalesOf(system);
  const scaled = scaledMatrix(system, scale);
  const times = (values: Float64Array) => values.map((value, i) => value * (scale[i] ?? 1));
  const lower = tryCholesky(scaled.high, size, doublesRounding(size));
  if (lower !== null) return (right) => times(solveCholesky(lower, size, times(right)));
  const factor = factorPivoted(scaled, size, pairsRounding(size, error));
  const nullSpace = orthonormal(nullVectors(factor).map(times), size);
  return (right) => withoutPartIn(nullSpace, times(solvePivoted(factor, times(right))));
}

/** How near a system is to singular: its least pivot, of those that stand clear of the sums' error, and how many do not. */
export type Conditioning = { readonly leastPivot: number; readonly dependent: number };

/** The least pivot of A scaled to a unit diagonal is within a factor of its size of 1 / its condition number. */
export function conditioningOf(system: NormalSystem): Conditioning {
  const { size, error } = system;
  const scaled = scaledMatrix(system, scalesOf(system));
  const lower = tryCholesky(scaled.high, size, doublesRounding(size));
  if (lower === null) {
    const { pivots, rank } = factorPivoted(scaled, size, pairsRounding(size, error));
    return { leastPivot: Math.min(1, ...pivots.map(([high]) => high)), dependent: size - rank };
  }
  let leastPivot = 1;
  for (let i = 0; i < size; i++) leastPivot = Math.min(leastPivot, (lower[i * (size + 1)] ?? 1) ** 2);
  return { leastPivot, dependent: 0 };
}

/** An orthonormal basis of what the vectors span, as columns. */
function orthonormal(vectors: readonly Float64Array[], size: number): Matrix {
  if (vectors.length === 0) return new Matrix(size, 0);
  const columns = new Matrix(size, vectors.length);
  vectors.forEach((vector, column) => {
    vector.forEach((value, i) => {
      columns.set(i, column, value);
    });
  });
  return new QrDecomposition(columns).orthogonalMatrix;
}

function withoutPartIn(basis: Matrix, vector: Float64Array): Float64Array {
  const result = vector.slice();
  for (let column = 0; column < basis.columns; column++) {
    let along = 0;
    for (let i = 0; i < result.length; i++) along += basis.get(i, column) * (result[i] ?? 0);
    for (let i = 0; i < result.length; i++) result[i] = (result[i] ?? 0) - along * basis.get(i, column);
  }
  return result;
}
