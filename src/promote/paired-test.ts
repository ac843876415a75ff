import type { PairedMetric } from '../core/metric.ts';
import { studentQuantile } from '../core/student.ts';
import type { PlaceScores } from '../model/metrics/place-scores.ts';

export type Verdict = 'promote' | 'hold' | 'inconclusive';

/** What a comparison on the same rows came to, as the difference of mean losses beyond the margin. */
export type PairedTest = {
  /** `promote`: proven no worse than the margin. `hold`: proven worse than it. */
  readonly verdict: Verdict;
  /** Ends of the interval of confidence 1 − 2·risk; null: too few blocks for one. */
  readonly lower: number | null;
  readonly upper: number | null;
};

/** The chance, per comparison, of calling a model that is worse by the margin no worse, and the other way round. */
export const pairedRisk = 0.05;

/** With fewer, the variance between blocks says too little. */
const leastBlocks = 5;

/**
 * Whether the candidate is no worse than the current model by more than a margin: two one-sided tests at `risk` on the
 * paired differences of a row's losses, dᵢ = ℓᵢ(candidate) − c·ℓᵢ(current) − a, whose mean is ≤ 0 where it is not.
 * A margin m is a share of the metric for losses without a scale of their own (c = 1 + m; squared, for rmse is the
 * root of a mean: a ratio of means tested as a difference, Fieller 1954, Laster and Johnson 2003
 * (doi:10.1002/sim.1320)) and points for accuracy (c = 1, a = m).
 *
 * Rows near in time are alike, so their differences are no independent draws. The variance is therefore that of sums
 * over blocks of equal length in time (batch means: Schmeiser 1982; loss differences: Diebold and Mariano 1995), for a
 * mean whose number of rows is random too (ratio estimator, Cochran, "Sampling techniques", 1977, 6.5):
 *   d̄ = Σ S_b / n,  var d̄ = B/(B − 1) · Σ (S_b − n_b·d̄)² / n²,  d̄ ± t(B − 1)·√var
 */
export function pairedTest(
  place: PlaceScores,
  metric: PairedMetric,
  margin: number,
  risk: number = pairedRisk,
): PairedTest {
  const sums = place.paired?.losses[metric];
  const rows = place.paired?.rows ?? [];
  const filled = rows.flatMap((count, block) => (count > 0 ? [block] : []));
  if (sums === undefined || filled.length < leastBlocks)
    return { verdict: 'inconclusive', lower: null, upper: null };
  const { factor, allowance } = contrastOf(place, metric, margin);
  const differences = filled.map((block) => ({
    rows: rows[block] ?? 0,
    sum: (sums.candidate[block] ?? 0) - factor * (sums.current[block] ?? 0) - allowance * (rows[block] ?? 0),
  }));
  const total = place.rows;
  const mean = differences.reduce((sum, block) => sum + block.sum, 0) / total;
  const blocks = differences.length;
  const squares = differences.reduce((sum, block) => sum + (block.sum - block.rows * mean) ** 2, 0);
  const error = Math.sqrt((blocks / (blocks - 1)) * squares) / total;
  const reach = studentQuantile(risk, blocks - 1) * error;
  const [lower, upper] = [mean - reach, mean + reach];
  // NaN proves nothing
  const verdict = upper <= 0 ? 'promote' : lower > 0 ? 'hold' : 'inconclusive';
  return { verdict, lower, upper };
}

/** Differences below a millionth of the label's deviation are of fits that are both exact but for rounding. */
const exactShare = 1e-6;

function contrastOf(
  { labelDeviation }: PlaceScores,
  metric: PairedMetric,
  margin: number,
): { factor: number; allowance: number } {
  const negligible = exactShare * (labelDeviation ?? 0);
  switch (metric) {
    case 'rmse':
      return { factor: (1 + margin) ** 2, allowance: negligible ** 2 };
    case 'mae':
      return { factor: 1 + margin, allowance: negligible };
    case 'mape':
      return { factor: 1 + margin, allowance: exactShare };
    case 'log_loss':
    case 'brier':
      return { factor: 1 + margin, allowance: 0 };
    case 'accuracy':
      return { factor: 1, allowance: margin };
  }
}
