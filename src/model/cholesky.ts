/**
 * The lower factor L of A = L·Lᵀ, row-major m × m, or null when a pivot of A (symmetric, of unit diagonal) is not
 * above `least`: A is then singular as far as its rounding can tell.
 */
export function tryCholesky(matrix: Float64Array, size: number, least: number): Float64Array | null {
  const lower = matrix.slice();
  for (let row = 0; row < size; row++) {
    const here = lower.subarray(row * size, (row + 1) * size);
    for (let column = 0; column <= row; column++) {
      const there = lower.subarray(column * size, (column + 1) * size);
      let rest = here[column] ?? 0;
      for (let k = 0; k < column; k++) rest -= (here[k] ?? 0) * (there[k] ?? 0);
      if (column < row) here[column] = rest / (there[column] ?? 1);
      else if (rest > least) here[column] = Math.sqrt(rest);
      else return null;
    }
  }
  return lower;
}

/** Solves L·Lᵀ·x = right. */
export function solveCholesky(lower: Float64Array, size: number, right: Float64Array): Float64Array {
  const x = right.slice();
  for (let row = 0; row < size; row++) {
    let rest = x[row] ?? 0;
    for (let k = 0; k < row; k++) rest -= (lower[row * size + k] ?? 0) * (x[k] ?? 0);
    x[row] = rest / (lower[row * size + row] ?? 1);
  }
  for (let row = size - 1; row >= 0; row--) {
    const value = (x[row] ?? 0) / (lower[row * size + row] ?? 1);
    x[row] = value;
    for (let k = 0; k < row; k++) x[k] = (x[k] ?? 0) - (lower[row * size + k] ?? 0) * value;
  }
  return x;
}
