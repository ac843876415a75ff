import { EigenvalueDecomposition, Matrix, QrDecomposition } from 'ml-matrix';
import { solveCholesky, tryCholesky } from './cholesky.ts';
import { add, splitter } from './double-double.ts';
import { type PairedSums, pairAt, pairedSums } from './sums-state.ts';

/** A·w = b with A symmetric, positive semidefinite, m × m row-major, in pairs of doubles. */
export type NormalSystem = { readonly size: number; readonly matrix: PairedSums; readonly right: PairedSums };

/** Applies an approximate (pseudo-)inverse of A. */
type Inverse = (right: Float64Array) => Float64Array;

const largestRounds = 6;
const negligible = 2 ** -75;

/**
 * The solution w, of least norm where A is singular. A is scaled to a unit diagonal and solved by Cholesky when all
 * its pivots stand clear of rounding, else by its eigenvectors, with the null space taken out. Residuals are formed
 * in 32 digits and corrected for (iterative refinement, Higham 2002, ch. 12), so the digits of A that rounding to
 * doubles would lose are not.
 */
export function solveNormalSystem(system: NormalSystem): PairedSums {
  const { size } = system;
  const solution = pairedSums(size);
  if (size === 0) return solution;
  const inverse = inverseOf(system);
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

/** b − A·w. The loop writes double-double.ts out in full: it runs m² times, and pairs on the heap would cost more. */
function residual({ size, matrix, right }: NormalSystem, solution: PairedSums): Float64Array {
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

function inverseOf({ size, matrix }: NormalSystem): Inverse {
  const scale = Float64Array.from({ length: size }, (_, i) => 1 / Math.sqrt(matrix.high[i * size + i] ?? 1));
  const scaled = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = (matrix.high[i * size + j] ?? 0) * (scale[i] ?? 1) * (scale[j] ?? 1);
      scaled[i * size + j] = value;
      scaled[j * size + i] = value;
    }
  }
  return choleskyInverse(scaled, scale) ?? eigenInverse(scaled, scale);
}

/** Pivots and eigenvalues of the matrix with unit diagonal that are below this are rounding. */
function roundingOf(size: number): number {
  return size * 2 ** -46;
}

function choleskyInverse(scaled: Float64Array, scale: Float64Array): Inverse | null {
  const size = scale.length;
  const lower = tryCholesky(scaled, size, roundingOf(size));
  if (lower === null) return null;
  const times = (values: Float64Array) => values.map((value, i) => value * (scale[i] ?? 1));
  return (right) => times(solveCholesky(lower, size, times(right)));
}

/**
 * With A = S⁻¹ (Q Λ Qᵀ) S⁻¹: w₀ = S Q Λ⁺ Qᵀ S b solves A w = b, and S times the eigenvectors of eigenvalue zero spans
 * the null space of A; w₀ less its part in there has the least norm.
 */
function eigenInverse(scaled: Float64Array, scale: Float64Array): Inverse {
  const size = scale.length;
  const eigen = new EigenvalueDecomposition(Matrix.from1DArray(size, size, scaled), {
    assumeSymmetric: true,
  });
  const values = eigen.realEigenvalues;
  const vectors = eigen.eigenvectorMatrix;
  const cut = roundingOf(size) * Math.max(1, ...values);
  const kept = values.flatMap((value, index) => (value > cut ? [index] : []));
  const nullSpace = nullSpaceBasis(
    vectors,
    scale,
    values.flatMap((value, index) => (value > cut ? [] : [index])),
  );
  return (right) => {
    const solution = new Float64Array(size);
    for (const index of kept) {
      let along = 0;
      for (let i = 0; i < size; i++) along += vectors.get(i, index) * (scale[i] ?? 1) * (right[i] ?? 0);
      const share = along / (values[index] ?? 1);
      for (let i = 0; i < size; i++) {
        solution[i] = (solution[i] ?? 0) + share * vectors.get(i, index) * (scale[i] ?? 1);
      }
    }
    return withoutPartIn(nullSpace, solution);
  };
}

/** Orthonormal columns. */
function nullSpaceBasis(vectors: Matrix, scale: Float64Array, indexes: readonly number[]): Matrix {
  if (indexes.length === 0) return new Matrix(scale.length, 0);
  const basis = new Matrix(scale.length, indexes.length);
  indexes.forEach((index, column) => {
    for (let i = 0; i < scale.length; i++) basis.set(i, column, vectors.get(i, index) * (scale[i] ?? 1));
  });
  return new QrDecomposition(basis).orthogonalMatrix;
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
