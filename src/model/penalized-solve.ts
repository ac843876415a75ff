import { CholeskyDecomposition, EigenvalueDecomposition, Matrix, QrDecomposition } from 'ml-matrix';
import { add, type DoubleDouble, multiply, subtract } from './double-double.ts';
import { type PairedSums, pairAt, pairedSums } from './sums-state.ts';

/** A·w = b with A symmetric, positive semidefinite, m × m row-major, in pairs of doubles. */
export type NormalSystem = { readonly size: number; readonly matrix: PairedSums; readonly right: PairedSums };

/** Applies an approximate (pseudo-)inverse of A. */
type Inverse = (right: Float64Array) => Float64Array;

const refinements = 4;

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
  for (let round = 0; round <= refinements; round++) {
    const correction = inverse(residual(system, solution));
    correction.forEach((value, i) => {
      const [high, low] = add(pairAt(solution, i), [value, 0]);
      solution.high[i] = high;
      solution.low[i] = low;
    });
  }
  return solution;
}

function residual({ size, matrix, right }: NormalSystem, solution: PairedSums): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    let rest: DoubleDouble = pairAt(right, i);
    for (let j = 0; j < size; j++) {
      rest = subtract(rest, multiply(pairAt(matrix, i * size + j), pairAt(solution, j)));
    }
    return rest[0];
  });
}

function inverseOf({ size, matrix }: NormalSystem): Inverse {
  const scale = Float64Array.from({ length: size }, (_, i) => 1 / Math.sqrt(matrix.high[i * size + i] ?? 1));
  const scaled = new Matrix(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = (matrix.high[i * size + j] ?? 0) * (scale[i] ?? 1) * (scale[j] ?? 1);
      scaled.set(i, j, value);
      scaled.set(j, i, value);
    }
  }
  return choleskyInverse(scaled, scale) ?? eigenInverse(scaled, scale);
}

/** Pivots and eigenvalues of the matrix with unit diagonal that are below this are rounding. */
function roundingOf(size: number): number {
  return size * 2 ** -46;
}

function choleskyInverse(scaled: Matrix, scale: Float64Array): Inverse | null {
  const size = scaled.rows;
  const factor = new CholeskyDecomposition(scaled);
  const lower = factor.lowerTriangularMatrix;
  for (let i = 0; i < size; i++) {
    if (!(lower.get(i, i) ** 2 > roundingOf(size))) return null;
  }
  return (right) => {
    const column = factor.solve(Matrix.columnVector(right.map((value, i) => value * (scale[i] ?? 1))));
    return Float64Array.from({ length: size }, (_, i) => column.get(i, 0) * (scale[i] ?? 1));
  };
}

/**
 * With A = S⁻¹ (Q Λ Qᵀ) S⁻¹: w₀ = S Q Λ⁺ Qᵀ S b solves A w = b, and S times the eigenvectors of eigenvalue zero spans
 * the null space of A; w₀ less its part in there has the least norm.
 */
function eigenInverse(scaled: Matrix, scale: Float64Array): Inverse {
  const size = scaled.rows;
  const eigen = new EigenvalueDecomposition(scaled, { assumeSymmetric: true });
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
