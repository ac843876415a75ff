import { afterEach, describe, expect, it } from 'vitest';
import type { FitOptions } from '../../../src/declare/definition.ts';
import { encodeClusters } from '../../../src/model/clusters/cluster-codec.ts';
import { ClusterFitter } from '../../../src/model/clusters/cluster-fitter.ts';
import { sumSources } from '../../../src/model/clusters/cluster-scan.ts';
import { inertiaOf, servedWeights, stepGain } from '../../../src/model/clusters/cluster-spread.ts';
import {
  type ClusterState,
  clusterCount,
  clusteredRows,
  clusterRows,
  emptyClusters,
  mergeClusters,
  tidiedClusters,
  widthOf,
} from '../../../src/model/clusters/cluster-state.ts';
import type { FitTask } from '../../../src/model/family.ts';
import { planFeatures } from '../../../src/model/feature-plan.ts';
import { decodeModelState, encodeModelState } from '../../../src/model/model-state-codec.ts';
import { advanceSources, contentsSource } from '../../../src/model/row-source.ts';
import { trainingBoundsAt } from '../../../src/model/training-window.ts';
import { longTests } from '../../support/depth.ts';
import { type Points, plainLloyd } from '../../support/plain-lloyd.ts';
import { Random } from '../../support/random.ts';
import { ridgeModel, TrainingTable, trainingSet } from '../../support/training-table.ts';

const schema = [
  { name: 'id', type: 'INTEGER' },
  { name: 'a', type: 'DOUBLE' },
  { name: 'far', type: 'DOUBLE' },
  { name: 'hole', type: 'DOUBLE' },
  { name: 'flag', type: 'BOOLEAN' },
  { name: 'kind', type: 'VARCHAR' },
  { name: 'y', type: 'DOUBLE' },
];

type Planted = readonly { readonly center: number; readonly far: number; readonly kind: string | null }[];

const planted: Planted = [
  { center: 0, far: 0, kind: 'a' },
  { center: 9, far: 900, kind: 'a' },
  { center: -9, far: 900, kind: 'b' },
  { center: 9, far: -900, kind: null },
];

/** Row `id` of a mixture, as SQL: a cluster of four, the first with four rows of seven. */
function rowSql(random: Random, id: number): string {
  const place = Math.max(0, (id % 7) - 3);
  const { center, far, kind } = planted[place] ?? { center: 0, far: 0, kind: null };
  const noise = () => random.int(-1000, 1000) / 1000;
  const hole = random.chance(0.2) ? 'NULL' : String(noise());
  return `(${id}, ${center + noise()}, ${1e9 + far + 40 * noise()}, ${hole}, ${random.chance(0.5)}, ${kind === null ? 'NULL' : `'${kind}'`}, 0)`;
}

function rowsSql(from: number, count: number, seed = 3): string {
  const random = new Random(seed + from);
  const rows = Array.from({ length: count }, (_, index) => rowSql(random, from + index));
  return `SELECT v.* FROM (VALUES ${rows.join(', ')}) AS v(id, a, far, hole, flag, kind, y)`;
}

const plan = planFeatures(
  { ...ridgeModel({}, { kind: 'all', except: ['id'] }), method: 'kmeans' },
  trainingSet(),
  schema,
);

const relation = { name: 'ts', eventTime: null };

function taskOf(snapshots: FitTask['snapshots'], options: Partial<FitOptions> = {}): FitTask {
  const bounds = trainingBoundsAt(trainingSet(), 0);
  const given = ridgeModel({ clusters: 4, ...options }).options;
  return { plan, options: given, relation, bounds, nowMs: 0, maxEffect: null, snapshots };
}

const opened: TrainingTable[] = [];

async function tableOf(insert: string): Promise<TrainingTable> {
  const table = await TrainingTable.open(schema);
  opened.push(table);
  await table.update({ insert });
  return table;
}

afterEach(async () => {
  for (const table of opened.splice(0)) await table.close();
});

async function fit(
  table: TrainingTable,
  {
    from = null,
    clusters = 4,
    streams = 1,
    bytes,
  }: { from?: ClusterState | null; clusters?: number; streams?: number; bytes?: number } = {},
): Promise<ClusterState> {
  const fitter = new ClusterFitter(bytes);
  const { state } = await table.read((s) => fitter.fitFull(taskOf(s, { clusters }), from), streams);
  return state;
}

/** The rows as points in the frame of the state, straight from their values. */
async function pointsOf(table: TrainingTable, { frame, levels }: ClusterState): Promise<Points> {
  const rows = await table.read(([s]) => s.rows('SELECT a, far, hole, flag, kind FROM view."ts"'));
  return rows.map((row) => {
    const values = [row.a, row.far, row.hole, row.flag];
    const z = values.map((value, j) =>
      value === null ? 0 : (Number(value) - (frame.pivot[j] ?? 0)) / (frame.scale[j] ?? 1),
    );
    const missing = values.map((value) => (value === null ? 1 : 0));
    const kinds = (levels[0] ?? []).map((level) => (level === row.kind ? 1 : 0));
    return [...z, ...missing, ...kinds];
  });
}

function centroidsOf(state: ClusterState, weights: Float64Array): Points {
  const width = widthOf(state);
  return Array.from({ length: clusterCount(state) }, (_, k) => [
    ...weights.subarray(k * width + 1, (k + 1) * width),
  ]);
}

/** The sums of the contents at the centroids of `anchored`. */
async function fromScratch(table: TrainingTable, anchored: ClusterState): Promise<ClusterState> {
  return table.read(async (snapshots) => {
    const { bounds } = taskOf(snapshots);
    const source = contentsSource(relation, bounds.training);
    const sum = emptyClusters(anchored.frame, anchored.levels, anchored.anchor);
    for (const part of await sumSources(snapshots, plan, anchored, anchored.anchor, [source]))
      mergeClusters(sum, part.state, 1);
    return tidiedClusters(sum);
  });
}

describe('k-means in full', () => {
  longTests(() => {
    it('takes the steps that a plain Lloyd takes from the same start', async () => {
      const table = await tableOf(rowsSql(0, 900));
      const first = await fit(table);
      await table.update({ insert: rowsSql(900, 400), remove: 'id % 3 = 0' });
      const state = await fit(table, { from: first });
      const points = await pointsOf(table, state);
      // from where the first fit stood, as the second one's frame sees it
      const start = centroidsOf(first, servedWeights(first)).map((centroid) =>
        centroid.map((value, j) => {
          if (j >= plan.measured.length) return value;
          const x = value * (first.frame.scale[j] ?? 1) + (first.frame.pivot[j] ?? 0);
          return (x - (state.frame.pivot[j] ?? 0)) / (state.frame.scale[j] ?? 1);
        }),
      );
      const plain = plainLloyd(points, start);
      expect(clusterRows(state)).toEqual(
        plain.centroids.map((_, k) => plain.assigned.filter((one) => one === k).length),
      );
      centroidsOf(state, servedWeights(state)).forEach((centroid, k) => {
        centroid.forEach((value, j) => {
          expect(value).toBeCloseTo(plain.centroids[k]?.[j] ?? Number.NaN, 6);
        });
      });
      expect(inertiaOf(state)).toBeCloseTo(plain.inertia, 4);
    });
  });

  it('stands still at planted clusters, the largest first', async () => {
    const table = await tableOf(rowsSql(0, 1400));
    const state = await fit(table);
    expect(clusterRows(state)).toEqual([800, 200, 200, 200]);
    expect(stepGain(state)).toBeLessThan(1e-9 * inertiaOf(state));
    const positions = centroidsOf(state, servedWeights(state)).slice(1);
    expect(positions).toEqual(positions.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0)));
  });

  longTests(() => {
    it('is the same from one stream or several, from memory or by scans, in whatever order the rows came', async () => {
      const table = await tableOf(rowsSql(0, 1000));
      const turned = await tableOf(`SELECT * FROM (${rowsSql(0, 1000)}) ORDER BY id DESC`);
      const once = encodeClusters(await fit(table, { clusters: 7 }));
      expect(encodeClusters(await fit(table, { clusters: 7 }))).toEqual(once);
      expect(encodeClusters(await fit(table, { clusters: 7, streams: 2, bytes: 0 }))).toEqual(once);
      expect(encodeClusters(await fit(turned, { clusters: 7 }))).toEqual(once);
    });

    it('finds as many clusters as there are distinct rows, and counts rows that are there often', async () => {
      const table = await tableOf(
        `SELECT i, i % 3, 0, NULL, i % 3 = 1, 'k', 0 FROM range(9000) r(i) WHERE i % 3 <> 2 OR i < 30`,
      );
      const state = await fit(table, { clusters: 8 });
      expect(clusterRows(state)).toEqual([3000, 3000, 10]);
      expect(inertiaOf(state)).toBeLessThan(1e-9);
    });
  });

  it('has no cluster without rows', async () => {
    const table = await tableOf(`${rowsSql(0, 3)} WHERE false`);
    const state = await fit(table);
    expect([clusterCount(state), clusteredRows(state)]).toEqual([0, 0]);
  });
});

describe('k-means by the change alone', () => {
  it('is, bit for bit, what the rows give at the same centroids', async () => {
    const table = await tableOf(rowsSql(0, 500));
    const fitter = new ClusterFitter();
    let state = await fit(table);
    const changes = [
      { insert: rowsSql(500, 90) },
      { remove: 'id % 4 = 1' },
      { insert: `SELECT 5000 + i, 300, 1e9 - 1e6, 90, true, 'new' || i % 2, 0 FROM range(6) r(i)` },
      { remove: `kind = 'a'`, insert: rowsSql(700, 20) },
      { remove: `id >= 5000` },
      { remove: 'true' },
      { insert: rowsSql(900, 50) },
    ];
    for (const change of changes) {
      const from = table.version;
      await table.update(change);
      const moved = await table.read((snapshots) => {
        const task = taskOf(snapshots);
        const bounds = task.bounds;
        const sources = advanceSources(
          relation,
          { version: from, bounds },
          { version: table.version, bounds },
        );
        return fitter.advance(task, state, sources);
      });
      state = 'reached' in moved ? moved.reached : moved.state;
      // kept and read again between
      const kept = decodeModelState(encodeModelState({ kind: 'clusters', clusters: state }));
      expect(kept).toEqual({ kind: 'clusters', clusters: state });
      expect(await fromScratch(table, state)).toEqual(state);
    }
  });

  longTests(() => {
    it('asks for a fit in full once the centroids have moved on, and not before', async () => {
      const table = await tableOf(rowsSql(0, 700));
      const fitter = new ClusterFitter();
      const state = await fit(table);
      const advance = async (change: { insert?: string; remove?: string }) => {
        const from = table.version;
        await table.update(change);
        return table.read((snapshots) => {
          const task = taskOf(snapshots);
          const { bounds } = task;
          const to = { version: table.version, bounds };
          return fitter.advance(task, state, advanceSources(relation, { version: from, bounds }, to));
        });
      };
      expect(await advance({ insert: rowsSql(700, 70) })).toHaveProperty('state');
      const drifted = `SELECT * REPLACE (a + 4 AS a) FROM (${rowsSql(2000, 500)})`;
      expect(await advance({ insert: drifted })).toMatchObject({ needsFull: 'heuristic-drift' });
      const wider = `SELECT * REPLACE (hole * 3 AS hole) FROM (${rowsSql(3000, 3000)})`;
      expect(await advance({ insert: wider })).toMatchObject({ needsFull: 'state-rebase' });
    });
  });
});
