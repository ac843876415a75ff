import type { ColumnBatch, Session } from '../../core/session.ts';
import { DesignBlock, type DesignRows } from '../anchored/design-block.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { momentQuery } from '../moment-query.ts';
import type { RowSource } from '../row-source.ts';
import type { Frame, Levels } from '../sums-state.ts';
import { addBlock, roundBlock } from './cluster-accumulator.ts';
import type { Sample } from './cluster-seeds.ts';
import { type ClusterState, emptyClusters } from './cluster-state.ts';

/** Rows of the sample that centroids are first looked for in; distinct ones. */
const sampleRows = 4_096;

export type Layout = { readonly frame: Frame; readonly levels: readonly Levels[] };

/** The sums of each source by itself; each stream takes the next one when it has done one. */
export async function sumSources(
  snapshots: readonly Session[],
  plan: FeaturePlan,
  { frame, levels }: Layout,
  anchor: Float64Array,
  sources: readonly RowSource[],
): Promise<{ state: ClusterState; rows: number }[]> {
  const results: { state: ClusterState; rows: number }[] = [];
  const waiting = sources.entries();
  const work = async (session: Session) => {
    const cutter = new DesignBlock(plan, frame, levels, { reuse: true, moments: true });
    for (const [index, source] of waiting) {
      const state = emptyClusters(frame, levels, anchor);
      let rows = 0;
      for await (const block of cutter.blocks(session.batches(momentQuery(plan, source, levels)))) {
        roundBlock(block);
        addBlock(state, block);
        rows += block.rows;
      }
      results[index] = { state, rows };
    }
  };
  await Promise.all(snapshots.slice(0, sources.length).map(work));
  return results;
}

/** All rows of a source, to be gone through again and again. */
export async function readBlocks(
  session: Session,
  plan: FeaturePlan,
  { frame, levels }: Layout,
  source: RowSource,
): Promise<DesignRows[]> {
  const blocks: DesignRows[] = [];
  const cutter = new DesignBlock(plan, frame, levels, { reuse: false, moments: true });
  for await (const block of cutter.blocks(session.batches(momentQuery(plan, source, levels)))) {
    roundBlock(block);
    blocks.push(block);
  }
  return blocks;
}

/**
 * The distinct rows of least hash, in its order, each with how often it is there: a sample that depends on the rows alone,
 * and on nothing of how they are stored. Where there are no more distinct rows it is all of them.
 */
export async function readSample(
  session: Session,
  plan: FeaturePlan,
  { frame, levels }: Layout,
  source: RowSource,
): Promise<Sample & { readonly rows: number }> {
  const count = plan.measured.length + 1 + plan.categorical.length;
  const columns = Array.from({ length: count }, (_, index) => `c${index}`).join(', ');
  const from = `FROM (${momentQuery(plan, source, levels)}) AS r(${columns})`;
  const [last] = await session.rows(
    `SELECT CAST(max(h) AS VARCHAR) AS h FROM (SELECT DISTINCT hash(${columns}) AS h ${from} ORDER BY h LIMIT ${sampleRows})`,
  );
  const blocks: DesignRows[] = [];
  if (typeof last?.h !== 'string') return { blocks, frame, levels, rows: 0 };
  const batches = session.batches(
    `SELECT ${columns}, CAST(count(*) AS DOUBLE) ${from} WHERE hash(${columns}) <= CAST('${last.h}' AS UBIGINT)
      GROUP BY ${columns} ORDER BY hash(${columns})`,
  );
  const counts: number[] = [];
  const cutter = new DesignBlock(plan, frame, levels, { reuse: false, moments: true });
  let rows = 0;
  for await (const block of cutter.blocks(counted(batches, count, counts))) {
    roundBlock(block);
    for (let i = 0; i < block.rows; i++) block.weights[i] = (block.weights[i] ?? 0) * (counts[rows + i] ?? 0);
    rows += block.rows;
    blocks.push(block);
  }
  return { blocks, frame, levels, rows };
}

/** The batches as they are; what stands in column `place` is put down in `counts`. */
async function* counted(
  batches: AsyncIterable<ColumnBatch>,
  place: number,
  counts: number[],
): AsyncIterable<ColumnBatch> {
  for await (const batch of batches) {
    const column = batch.columns[place];
    for (let row = 0; row < batch.rowCount; row++) counts.push(Number(column?.values[row]));
    yield batch;
  }
}
