/**
 * Two-sample Kolmogorov–Smirnov test (Smirnov 1939): distance D = sup |F_a − F_b| of the two empirical distributions.
 *
 * The p-value is exact while n·m is small: of the lattice paths from (0, 0) to (n, m), the share that anywhere has
 * |i/n − j/m| ≥ D (Gnedenko & Korolyuk 1951); beyond, by Smirnov's limit 2 Σ (−1)^{k−1} exp(−2 k² D² nm/(n + m)), which
 * errs on the side of no alarm. It holds for continuous distributions, and under ties it is no smaller than it should
 * be (the test is conservative). NaN counts as below every number, so that a share of missing values that changes is a
 * distance too.
 */
export type SmirnovTest = { readonly distance: number; readonly pValue: number };

const mostExactCells = 40_000;

/** @param a sorted by `sortedSample`, as is `b`; neither empty */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): SmirnovTest {
  const gap = largestGap(a, b);
  const cells = a.length * b.length;
  const distance = gap / cells;
  const pValue =
    cells <= mostExactCells
      ? shareOfPathsBeyond(a.length, b.length, gap)
      : smirnovLimit(distance * Math.sqrt(cells / (a.length + b.length)));
  return { distance, pValue };
}

/** A sorted copy, NaN as −∞. */
export function sortedSample(values: Iterable<number>): Float64Array {
  return Float64Array.from(values, (value) => (Number.isNaN(value) ? -Infinity : value)).sort();
}

/** n·m·D, a whole number. */
function largestGap(a: Float64Array, b: Float64Array): number {
  let largest = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] ?? 0, b[j] ?? 0);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    largest = Math.max(largest, Math.abs(i * b.length - j * a.length));
  }
  return largest;
}

/**
 * Of all paths to (i, j), i/(i + j) come by way of (i − 1, j) and j/(i + j) by way of (i, j − 1); the share that has been
 * beyond the gap follows from there, and all of it is where the point itself is beyond.
 */
function shareOfPathsBeyond(n: number, m: number, gap: number): number {
  if (gap === 0) return 1;
  const beyond = new Float64Array(m + 1);
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      const isBeyond = Math.abs(i * m - j * n) >= gap;
      const before = j === 0 ? 0 : (beyond[j - 1] ?? 0) * j;
      if (isBeyond) beyond[j] = 1;
      else beyond[j] = i + j === 0 ? 0 : ((beyond[j] ?? 0) * i + before) / (i + j);
    }
  }
  return beyond[m] ?? 1;
}

function smirnovLimit(z: number): number {
  // Below, the series takes many terms, and the p-value is above 0.999.
  if (z < 0.35) return 1;
  let sum = 0;
  for (let k = 1; k <= 10; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * z) ** 2);
  return Math.min(1, Math.max(0, sum));
}
