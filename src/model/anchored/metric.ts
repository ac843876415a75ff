import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { tryCholesky } from '../cholesky.ts';

/**
 * A symmetric positive semidefinite H and its (pseudo-)inverse H⁺ = MᵀM, M of `rank` lines: |M·x| is the dual norm
 * of x, and |e·x| ≤ √(eᵀHe) · |M·x| for every e without part in the null space.
 */
export type Metric = {
  readonly size: number;
  readonly rank: number;
  readonly matrix: Float64Array;
  /** M, rank × size. */
  readonly lines: Float64Array;
  /** Orthonormal basis of the null space, line by line; null: none. */
  readonly nullSpace: readonly Float64Array[] | null;
};

/** Pivots and eigenvalues of the matrix with unit diagonal that are below this are rounding. */
function roundingOf(size: number): number {
  return size * 2 ** -46;
}

/** H scaled to a unit diagonal, then Cholesky's factor inverted, or eigenvectors where H is singular. */
export function createMetric(matrix: Float64Array, size: number): Metric {
  const scale = Float64Array.from({ length: size }, (_, i) => {
    const own = matrix[i * (size + 1)] ?? 0;
    return own > 0 ? 1 / Math.sqrt(own) : 0;
  });
  const scaled = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      scaled[i * size + j] = (matrix[i * size + j] ?? 0) * (scale[i] ?? 0) * (scale[j] ?? 0);
    }
  }
  const lower = tryCholesky(scaled, size, roundingOf(size));
  if (lower === null) return singularMetric(matrix, scaled, scale);
  const lines = lowerInverse(lower, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) lines[i * size + j] = (lines[i * size + j] ?? 0) * (scale[j] ?? 0);
  }
  return { size, rank: size, matrix, lines, nullSpace: null };
}

function lowerInverse(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const own = 1 / (lower[i * size + i] ?? 1);
    const line = inverse.subarray(i * size, (i + 1) * size);
    for (let k = 0; k < i; k++) {
      const factor = lower[i * size + k] ?? 0;
      if (factor === 0) continue;
      const above = inverse.subarray(k * size, k * size + k + 1);
      for (let j = 0; j <= k; j++) line[j] = (line[j] ?? 0) - factor * (above[j] ?? 0);
    }
    for (let j = 0; j < i; j++) line[j] = (line[j] ?? 0) * own;
    line[i] = own;
  }
  return inverse;
}

/**
 * With H = S⁻¹QΛQᵀS⁻¹, G = S Q Λ⁺ Qᵀ S is a generalized inverse and S times the eigenvectors of eigenvalue 0 spans the
 * null space; with that projected out on both sides, G becomes the Moore–Penrose inverse.
 */
function singularMetric(matrix: Float64Array, scaled: Float64Array, scale: Float64Array): Metric {
  const size = scale.length;
  const eigen = new EigenvalueDecomposition(Matrix.from1DArray(size, size, scaled), {
    assumeSymmetric: true,
  });
  const values = eigen.realEigenvalues;
  const vectors = eigen.eigenvectorMatrix;
  const cut = roundingOf(size) * Math.max(1, ...values);
  const along = (index: number) =>
    Float64Array.from(
      { length: size },
      (_, i) => vectors.get(i, index) * (scale[i] === 0 ? 1 : (scale[i] ?? 0)),
    );
  const nullSpace = orthonormal(values.flatMap((value, index) => (value > cut ? [] : [along(index)])));
  const kept = values.flatMap((value, index) => (value > cut ? [index] : []));
  const lines = new Float64Array(kept.length * size);
  kept.forEach((index, row) => {
    const line = along(index).map((value) => value / Math.sqrt(values[index] ?? 1));
    lines.set(withoutPartIn(nullSpace, line), row * size);
  });
  return { size, rank: kept.length, matrix, lines, nullSpace };
}

/** Gram–Schmidt, twice. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    const rest = withoutPartIn(
      basis,
      withoutPartIn(
        basis,
        vector.map((value) => value / length),
      ),
    );
    const size = Math.sqrt(rest.reduce((sum, value) => sum + value * value, 0));
    if (size > 1e-8) basis.push(rest.map((value) => value / size));
  }
  return basis;
}

export function withoutPartIn(basis: readonly Float64Array[] | null, vector: Float64Array): Float64Array {
  const result = vector.slice();
  for (const direction of basis ?? []) {
    let along = 0;
    for (let i = 0; i < result.length; i++) along += (direction[i] ?? 0) * (result[i] ?? 0);
    for (let i = 0; i < result.length; i++) result[i] = (result[i] ?? 0) - along * (direction[i] ?? 0);
  }
  return result;
}

/** |M·x|. */
export function dualNorm({ lines, rank, size }: Metric, x: Float64Array): number {
  let total = 0;
  for (let row = 0; row < rank; row++) {
    let sum = 0;
    const start = row * size;
    for (let j = 0; j < size; j++) sum += (lines[start + j] ?? 0) * (x[j] ?? 0);
    total += sum * sum;
  }
  return Math.sqrt(total);
}

/** √(H⁺ⱼⱼ) for every coordinate j. */
export function dualUnits({ lines, rank, size }: Metric): Float64Array {
  const squares = new Float64Array(size);
  for (let row = 0; row < rank; row++) {
    for (let j = 0; j < size; j++) squares[j] = (squares[j] ?? 0) + (lines[row * size + j] ?? 0) ** 2;
  }
  return squares.map(Math.sqrt);
}

/** √(eᵀAe). */
export function normIn(matrix: Float64Array, vector: Float64Array): number {
  const image = applied(matrix, vector);
  return Math.sqrt(
    Math.max(
      0,
      vector.reduce((sum, value, i) => sum + value * (image[i] ?? 0), 0),
    ),
  );
}

export function applied(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  const image = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (matrix[i * size + j] ?? 0) * (vector[j] ?? 0);
    image[i] = sum;
  }
  return image;
}

/** H⁺·right, with residuals formed anew and corrected for; `residual` is what is left. */
export function solveMetric(
  metric: Metric,
  right: Float64Array,
): { solution: Float64Array; residual: Float64Array } {
  const solution = new Float64Array(metric.size);
  let residual = right;
  for (let round = 0; round < 3; round++) {
    const correction = inverted(metric, residual);
    for (let i = 0; i < solution.length; i++) solution[i] = (solution[i] ?? 0) + (correction[i] ?? 0);
    const image = applied(metric.matrix, solution);
    residual = right.map((value, i) => value - (image[i] ?? 0));
  }
  return { solution, residual };
}

function inverted({ lines, rank, size }: Metric, right: Float64Array): Float64Array {
  const result = new Float64Array(size);
  for (let row = 0; row < rank; row++) {
    const line = lines.subarray(row * size, (row + 1) * size);
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (line[j] ?? 0) * (right[j] ?? 0);
    for (let j = 0; j < size; j++) result[j] = (result[j] ?? 0) + sum * (line[j] ?? 0);
  }
  return result;
}

/**
 * An upper bound of the largest eigenvalue of MᵀM for M of rank × size: of A = MᵀM, ‖A^(2^p)‖_F^(1/2^p), which is at
 * most size^(1/2^(p+1)) times too large (‖·‖_F ≥ the spectral norm, and powers of A are symmetric).
 */
export function largestEigenvalue(gram: Float64Array, size: number): number {
  let power = gram;
  let logarithm = 0;
  const squarings = size <= 64 ? 3 : size <= 256 ? 2 : 0;
  for (let squaring = 0; squaring < squarings; squaring++) {
    const norm = frobenius(power);
    if (norm === 0 || !Number.isFinite(norm)) return norm;
    power = squared(
      power.map((value) => value / norm),
      size,
    );
    logarithm += Math.log(norm) / 2 ** squaring;
  }
  return Math.exp(logarithm + Math.log(frobenius(power)) / 2 ** squarings) * (1 + 1e-9);
}

function frobenius(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** Of a symmetric matrix: the lower half, and its mirror. */
function squared(matrix: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const left = matrix.subarray(i * size, (i + 1) * size);
    for (let j = 0; j <= i; j++) {
      const right = matrix.subarray(j * size, (j + 1) * size);
      let sum = 0;
      for (let k = 0; k < left.length; k++) sum += (left[k] ?? 0) * (right[k] ?? 0);
      result[i * size + j] = sum;
      result[j * size + i] = sum;
    }
  }
  return result;
}
