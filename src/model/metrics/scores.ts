import type { Metric } from '../../core/metric.ts';

/** Metrics over rows; null where undefined, absent where the metric is for another kind of prediction. */
export type Scores = { readonly rows: number } & { readonly [M in Metric]?: number | null };

/** Null for 0/0 and x/0. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** @param metric a metric of the model's kind of prediction */
export function scoreOf(scores: Scores | null, metric: Metric): number | null {
  const score = scores?.[metric] ?? null;
  return score === null ? null : finiteOrNull(score);
}
