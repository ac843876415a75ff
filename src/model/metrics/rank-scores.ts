import { finiteOrNull } from './scores.ts';

/** Scores of the rows in which the class came and of those in which it did not, each in increasing order. */
export type RankedScores = { readonly positives: Float64Array; readonly negatives: Float64Array };

export type RankScores = { readonly auc: number | null; readonly averagePrecision: number | null };

/**
 * Area under the ROC curve and average precision, from one walk down the distinct scores. Rows of equal scores are
 * one step, so neither depends on the order in which they came.
 *
 * AUC = U / (n₊·n₋), U = pairs in which the positive is above + ½ of those that are level: Mann and Whitney 1947,
 * the same as by midranks (Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747). U is a whole number of
 * halves, so exact up to 2⁵² of them. AP = Σ (Rₖ − Rₖ₋₁)·Pₖ, not interpolated, as scikit-learn's.
 */
export function rankScores({ positives, negatives }: RankedScores): RankScores {
  let positive = positives.length - 1;
  let negative = negatives.length - 1;
  let below = negatives.length;
  let truePositives = 0;
  let seen = 0;
  let pairs = 0;
  let precision = 0;
  while (positive >= 0 || negative >= 0) {
    const score = Math.max(
      positives[positive] ?? Number.NEGATIVE_INFINITY,
      negatives[negative] ?? Number.NEGATIVE_INFINITY,
    );
    let ups = 0;
    let downs = 0;
    for (; positive >= 0 && positives[positive] === score; positive--) ups += 1;
    for (; negative >= 0 && negatives[negative] === score; negative--) downs += 1;
    // NaN equals nothing: it has no rank, so there is no metric
    if (ups + downs === 0) return { auc: null, averagePrecision: null };
    below -= downs;
    truePositives += ups;
    seen += ups + downs;
    pairs += ups * below + (ups * downs) / 2;
    precision += (ups / positives.length) * (truePositives / seen);
  }
  return {
    auc: finiteOrNull(pairs / (positives.length * negatives.length)),
    averagePrecision: positives.length === 0 ? null : precision,
  };
}

/** Mean of what is defined; null where nothing is. */
export function macroMean(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return defined.length === 0 ? null : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
