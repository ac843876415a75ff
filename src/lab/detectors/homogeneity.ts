/** Rows by bin or level, of two samples; the same bins in both. */
export type PairedCounts = { readonly reference: readonly number[]; readonly current: readonly number[] };

/**
 * Pearson's test of homogeneity (1900): X² = Σ over cells (observed − expected)²/expected, chi-squared with B − 1 degrees
 * of freedom where two samples are of one distribution. Bins are to be such that about five rows or more are expected.
 * The p-value is Chernoff's bound of the tail, P(χ²_k ≥ x) ≤ (r e^{1−r})^{k/2} with r = x/k: some
 * tens of times the tail itself at most where it is small, which covers for the counts' own tail, heavier than the
 * limit's, and costs little in what can be found.
 */
export function homogeneityPValue(counts: PairedCounts): number {
  const n = total(counts.reference);
  const m = total(counts.current);
  let statistic = 0;
  let degrees = -1;
  counts.reference.forEach((inReference, bin) => {
    const inCurrent = counts.current[bin] ?? 0;
    const pooled = inReference + inCurrent;
    if (pooled === 0) return;
    degrees++;
    statistic += (inReference * m - inCurrent * n) ** 2 / (pooled * n * m);
  });
  return chiSquaredTailBound(statistic, degrees);
}

export function chiSquaredTailBound(statistic: number, degrees: number): number {
  if (degrees < 1) return 1;
  const ratio = statistic / degrees;
  return ratio <= 1 ? 1 : Math.exp((degrees / 2) * (1 - ratio + Math.log(ratio)));
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
