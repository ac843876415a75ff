import type { Reason } from '../../core/reasons.ts';
import { planParts } from '../anchored/scan-parts.ts';
import type { FitTask, NeedsFull } from '../family.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { largestLevelCount } from '../model-fitter.ts';
import { assertSolvable } from '../moment-accumulator.ts';
import { readLevels, sampleFrame } from '../moment-query.ts';
import { contentsSource, type RowSource } from '../row-source.ts';
import { type Frame, type Levels, mergeLevels } from '../sums-state.ts';
import { isTelling, measuredFrame } from './cluster-frame.ts';
import { readBlocks, readSample, sumSources } from './cluster-scan.ts';
import { seedWeights, sumSample } from './cluster-seeds.ts';
import { needsAnchor, servedWeights } from './cluster-spread.ts';
import {
  type ClusterState,
  clusterCount,
  clusterRows,
  clustersWithLevels,
  designWidth,
  emptyClusters,
  mergeClusters,
  reordered,
  tidiedClusters,
  weightsOf,
  widthOf,
} from './cluster-state.ts';
import { lloyd } from './lloyd.ts';

export type ClusterFit = { readonly state: ClusterState; readonly rowsRead: number };

/** Rows up to so many bytes are kept between passes instead of read again. */
const memoryBytes = 48 * 2 ** 20;

/** Scans until the frame tells means and deviations: nearly always one. */
const largestPasses = 3;

/** Fits k-means from the store: in full, or by what changed. Holds no state of any model. */
export class ClusterFitter {
  readonly #memoryBytes: number;

  constructor(bytes = memoryBytes) {
    this.#memoryBytes = bytes;
  }

  /**
   * Centroids that Lloyd's algorithm leaves where they are, over the training rows in the contents of the relation. It
   * does not depend on the number of streams or the order of the rows.
   *
   * @param from where to start, and whose clusters keep their numbers; else they are numbered by size, then position
   */
  async fitFull(task: FitTask, from: ClusterState | null): Promise<ClusterFit> {
    const { snapshots, plan, relation, bounds, options } = task;
    const [first] = snapshots;
    const source = (condition: string | null) => contentsSource(relation, bounds.training, 1, condition);
    const whole = source(null);
    const levels = await readLevels(first, plan, [whole], largestLevelCount);
    assertSolvable(plan, levels, largestLevelCount);
    const rowsInMemory = Math.floor(this.#memoryBytes / (8 * (plan.measured.length + 1)));
    const { parts } = await planParts(first, relation, rowsInMemory);
    const sources = parts.map(source);
    const measured = await this.#frame(task, levels, whole, sources);
    let { rowsRead } = measured;
    const layout = { frame: measured.frame, levels };
    const warm = from !== null && isWarm(from, options.clusters) ? reframed(plan, from, layout) : null;
    const sample = warm === null ? await readSample(first, plan, layout, whole) : null;
    rowsRead += sample?.rows ?? 0;
    const start = warm ?? (sample && (await seedWeights(sample, options.clusters)));
    if (start === null) return { state: noClusters(measured.frame, levels), rowsRead };
    const blocks = parts.length === 1 ? await readBlocks(first, plan, layout, whole) : null;
    rowsRead += blocks?.reduce((total, { rows }) => total + rows, 0) ?? 0;
    const state = await lloyd(async (anchor) => {
      if (blocks !== null) return sumSample({ blocks, ...layout }, anchor);
      const sum = emptyClusters(measured.frame, levels, anchor);
      for (const part of await sumSources(snapshots, plan, layout, anchor, sources)) {
        mergeClusters(sum, part.state, 1);
        rowsRead += part.rows;
      }
      return sum;
    }, start);
    const ordered = warm === null ? reordered(state, bySize(state)) : state;
    return { state: tidiedClusters(ordered), rowsRead };
  }

  /** The state with the sources' rows added and taken away at its centroids; the given one stays as it is. */
  async advance(
    { snapshots, plan, options }: FitTask,
    state: ClusterState,
    sources: readonly RowSource[],
  ): Promise<ClusterFit | (NeedsFull & { readonly reached: ClusterState })> {
    const found = await readLevels(snapshots[0], plan, sources, largestLevelCount);
    const levels = state.levels.map((known, index) => mergeLevels(known, found[index] ?? []));
    assertSolvable(plan, levels, largestLevelCount);
    const sum = clustersWithLevels(state, levels);
    const parts = await sumSources(snapshots, plan, sum, sum.anchor, sources);
    let rowsRead = 0;
    for (const [index, part] of parts.entries()) {
      mergeClusters(sum, part.state, sources[index]?.sign ?? 1);
      rowsRead += part.rows;
    }
    const reached = tidiedClusters(sum);
    const needsFull: Reason | null = needsAnchor(reached, unitFeatures(plan), options.clusters);
    return needsFull === null ? { state: reached, rowsRead } : { needsFull, rowsRead, reached };
  }

  async #frame(
    { snapshots, plan }: FitTask,
    levels: readonly Levels[],
    whole: RowSource,
    sources: readonly RowSource[],
  ): Promise<{ frame: Frame; rowsRead: number }> {
    const sampled = await sampleFrame(snapshots[0], plan, whole);
    let frame: Frame = { pivot: sampled.pivot.slice(0, -1), scale: sampled.scale.slice(0, -1) };
    let rowsRead = 0;
    const origin = new Float64Array(designWidth(plan.measured.length, levels));
    for (let pass = 1; ; pass++) {
      const layout = { frame, levels };
      const sum = emptyClusters(frame, levels, weightsOf([origin]));
      for (const part of await sumSources(snapshots, plan, layout, sum.anchor, sources)) {
        mergeClusters(sum, part.state, 1);
        rowsRead += part.rows;
      }
      frame = measuredFrame(plan, sum);
      if (pass === largestPasses || isTelling(plan, sum)) return { frame, rowsRead };
    }
  }
}

/** No rows: no centroid. */
function noClusters(frame: Frame, levels: readonly Levels[]): ClusterState {
  return emptyClusters(frame, levels, new Float64Array(0));
}

function unitFeatures({ measured }: FeaturePlan): boolean[] {
  return measured.map(({ kind }) => kind === 'numeric');
}

/** A cluster that has lost its rows is looked for anew, and so are all when others are asked for. */
function isWarm(from: ClusterState, clusters: number): boolean {
  return (
    clusterCount(from) === clusters &&
    clusterRows(from).every((rows) => rows > 0) &&
    servedWeights(from).every(Number.isFinite)
  );
}

/** The served centroids in another frame and over other levels. */
function reframed(
  plan: FeaturePlan,
  from: ClusterState,
  { frame, levels }: { readonly frame: Frame; readonly levels: readonly Levels[] },
): Float64Array {
  const moved = clustersWithLevels({ ...from, anchor: servedWeights(from) }, levels);
  const width = widthOf(moved);
  const centroids = Array.from({ length: clusterCount(moved) }, (_, k) => {
    const centroid = moved.anchor.slice(k * width, (k + 1) * width);
    plan.measured.forEach((_feature, j) => {
      const x = (centroid[1 + j] ?? 0) * (from.frame.scale[j] ?? 1) + (from.frame.pivot[j] ?? 0);
      centroid[1 + j] = (x - (frame.pivot[j] ?? 0)) / (frame.scale[j] ?? 1);
    });
    return centroid;
  });
  return weightsOf(centroids);
}

/** Most rows first; of equals, the one whose centroid comes first, coordinate by coordinate. */
function bySize(state: ClusterState): number[] {
  const width = widthOf(state);
  const rows = clusterRows(state);
  const served = servedWeights(state);
  return rows
    .map((_, k) => k)
    .sort((a, b) => {
      const bySizes = (rows[b] ?? 0) - (rows[a] ?? 0);
      if (bySizes !== 0) return bySizes;
      for (let j = 1; j < width; j++) {
        const apart = (served[a * width + j] ?? 0) - (served[b * width + j] ?? 0);
        if (apart !== 0) return apart;
      }
      return 0;
    });
}
