import { type Metric, metrics } from '../core/metric.ts';
import { type Scores, scoreOf } from './metrics/scores.ts';
import { type ModelWeight, modelWeights } from './model-weights.ts';
import type { ModelParameters } from './scorer.ts';

/** A figure of two model versions; null where one does not have it. */
export type Compared = {
  readonly before: number | null;
  readonly after: number | null;
  /** after − before */
  readonly difference: number | null;
};

export type ComparedWeight = Pick<ModelWeight, 'score' | 'feature' | 'level' | 'kind'> & Compared;

export type ComparedMetric = { readonly metric: Metric } & Compared;

export function compared(before: number | null, after: number | null): Compared {
  return { before, after, difference: before === null || after === null ? null : after - before };
}

/** Weights by score, feature, kind and level; in the order of the later version, then what only the earlier has. */
export function comparedWeights(before: ModelParameters, after: ModelParameters): ComparedWeight[] {
  const earlier = byTerm(before);
  const later = byTerm(after);
  return [...new Map([...later, ...earlier])].map(([term, { score, feature, level, kind }]) => ({
    score,
    feature,
    level,
    kind,
    ...compared(earlier.get(term)?.weight ?? null, later.get(term)?.weight ?? null),
  }));
}

function byTerm({ scorer, rows }: ModelParameters): Map<string, ModelWeight> {
  return new Map(
    modelWeights(scorer, rows).map((weight) => [
      JSON.stringify([weight.score, weight.feature, weight.kind, weight.level]),
      weight,
    ]),
  );
}

/** The metrics that either has. */
export function comparedMetrics(before: Scores | null, after: Scores | null): ComparedMetric[] {
  return metrics
    .filter((metric) => before?.[metric] !== undefined || after?.[metric] !== undefined)
    .map((metric) => ({ metric, ...compared(scoreOf(before, metric), scoreOf(after, metric)) }));
}
