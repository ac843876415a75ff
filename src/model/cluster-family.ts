import { ClusterFitter } from './clusters/cluster-fitter.ts';
import { clusterScorer } from './clusters/cluster-scorer.ts';
import { inertiaOf } from './clusters/cluster-spread.ts';
import { clusteredRows, clusterRows } from './clusters/cluster-state.ts';
import type { Fit, FitTask, ModelFamily, NeedsFull } from './family.ts';
import { clustersOf, type ModelState } from './model-state.ts';
import type { RowSource } from './row-source.ts';
import { type ModelParameters, parametersForm } from './scorer.ts';

/**
 * k-means. A change moves the sums of the clusters it falls to, and so the centroids that answer; which rows belong
 * together is looked at again when the centroids have moved so far that it would pay.
 */
export class ClusterFamily implements ModelFamily {
  readonly method = 'kmeans';
  readonly capability = { inserts: 'heuristic', deletes: 'heuristic' } as const;
  readonly #fitter = new ClusterFitter();

  async fitFull(task: FitTask, from: ModelState | null = null): Promise<Fit> {
    const start = from?.kind === 'clusters' ? from.clusters : null;
    const { state, rowsRead } = await this.#fitter.fitFull(task, start);
    return { state: { kind: 'clusters', clusters: state }, rowsRead };
  }

  async advance(task: FitTask, state: ModelState, sources: readonly RowSource[]): Promise<Fit | NeedsFull> {
    const known = clustersOf(state);
    if (clusterRows(known).length === 0) return { needsFull: 'too-few-rows', rowsRead: 0 };
    const moved = await this.#fitter.advance(task, known, sources);
    const { rowsRead } = moved;
    return 'needsFull' in moved
      ? { needsFull: moved.needsFull, rowsRead, from: { kind: 'clusters', clusters: moved.reached } }
      : { state: { kind: 'clusters', clusters: moved.state }, rowsRead };
  }

  solve({ plan }: Pick<FitTask, 'plan'>, state: ModelState): ModelParameters | null {
    const clusters = clustersOf(state);
    const rows = clusteredRows(clusters);
    if (rows === 0) return null;
    return {
      form: parametersForm,
      scorer: clusterScorer(plan, clusters),
      rows,
      labelMean: null,
      details: { inertia: inertiaOf(clusters), cluster_rows: clusterRows(clusters) },
    };
  }

  rows(state: ModelState): number {
    return clusteredRows(clustersOf(state));
  }
}
