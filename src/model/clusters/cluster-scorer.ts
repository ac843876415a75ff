import type { FeaturePlan } from '../feature-plan.ts';
import type { Scorer } from '../scorer.ts';
import { servedWeights, spreadOf } from './cluster-spread.ts';
import { type ClusterState, clusterCount, widthOf } from './cluster-state.ts';

/** score_k = c_k·v − |c_k|²/2, greatest at the nearest centroid; a level never seen is as far from all. */
export function clusterScorer(plan: FeaturePlan, state: ClusterState): Scorer {
  const width = widthOf(state);
  const measured = plan.measured.length;
  const served = servedWeights(state);
  const clusters = Array.from({ length: clusterCount(state) }, (_, k) => k);
  const column = (place: number) => clusters.map((k) => served[k * width + place] ?? 0);
  let place = 1 + 2 * measured;
  return {
    missing: plan.missing,
    features: plan.measured.map(({ name, source, kind }, j) => {
      const { missing, deviation } = spreadOf(state, j);
      const scale = state.frame.scale[j] ?? 1;
      const centroids = column(1 + j);
      return {
        name,
        source,
        kind,
        center: state.frame.pivot[j] ?? 0,
        deviation: deviation * scale,
        weights: centroids.map((value) => value / scale),
        standardizedWeights: centroids,
        missingWeights: column(1 + measured + j),
        missingRows: missing,
      };
    }),
    categories: plan.categorical.map(({ name, source, type }, index) => ({
      name,
      source,
      type,
      levels: (state.levels[index] ?? []).map((level) => {
        const at = place++;
        const rows = clusters.reduce((total, k) => total + (state.sums.high[k * width + at] ?? 0), 0);
        return { level, weights: column(at), rows };
      }),
      unseen: clusters.map(() => 0),
    })),
    offsets: column(0),
    quadratic: null,
    head: { kind: 'nearest' },
    bound: null,
  };
}
