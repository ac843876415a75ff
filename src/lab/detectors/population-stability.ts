import { type PairedCounts, total } from './homogeneity.ts';

/**
 * Population stability index: PSI = Σ over bins (q − p) ln(q/p), p and q being the shares of the reference and of the
 * current rows; the symmetric Kullback–Leibler (Jeffreys) divergence of binned data. Half a row is added to each bin, so
 * that empty ones count for much and not for infinitely much.
 *
 * Two samples of one distribution have a positive index: (1/n + 1/m)·χ²_{B−1} in the limit (Yurdakul & Naranjo 2020), with
 * mean (B − 1)(1/n + 1/m). `excess` is the index less that mean; it is what the usual threshold of 0.2 is held against.
 */
export type StabilityIndex = { readonly index: number; readonly excess: number };

export function populationStability(counts: PairedCounts): StabilityIndex {
  const used = counts.reference.flatMap((inReference, bin) => {
    const inCurrent = counts.current[bin] ?? 0;
    return inReference + inCurrent === 0 ? [] : [[inReference, inCurrent] as const];
  });
  const n = total(counts.reference);
  const m = total(counts.current);
  let index = 0;
  for (const [inReference, inCurrent] of used) {
    const p = (inReference + 0.5) / (n + used.length / 2);
    const q = (inCurrent + 0.5) / (m + used.length / 2);
    index += (q - p) * Math.log(q / p);
  }
  return { index, excess: index - (used.length - 1) * (1 / n + 1 / m) };
}
