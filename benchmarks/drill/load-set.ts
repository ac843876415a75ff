import type { Schema } from '../../src/core/schema.ts';
import type { Session } from '../../src/core/session.ts';
import { type BatchColumns, readBlocks } from '../../src/ingest/profile/batch-columns.ts';
import { filesOf, type ReplaySet } from './replay-sets.ts';

export type LoadedBatch = { readonly columns: BatchColumns; readonly atMs: number };

export type LoadedSet = {
  readonly set: ReplaySet;
  readonly schema: Schema;
  readonly batches: readonly LoadedBatch[];
};

const dayMs = 86_400_000;

/** The updates of a set, as typed columns; null where its files are not there. */
export async function loadSet(session: Session, set: ReplaySet): Promise<LoadedSet | null> {
  const files = filesOf(set);
  if (files === null) return null;
  await session.run(`CREATE OR REPLACE TEMP TABLE replayed AS ${set.select(files)}`);
  const all = await session.describe('SELECT * FROM replayed');
  const schema = all.filter(({ name }) => name !== '__batch');
  const numbers = await session.rows(
    'SELECT __batch AS n FROM replayed GROUP BY 1 HAVING count(*) >= 20 ORDER BY 1',
  );
  const batches: LoadedBatch[] = [];
  for (const [index, { n }] of numbers.entries()) {
    for await (const columns of readBlocks(
      session,
      `(SELECT * FROM replayed WHERE __batch = ${n})`,
      schema,
    )) {
      const time = columns.columns.find(({ name }) => name === set.eventTime);
      const last = time === undefined ? index * dayMs : time.numbers.reduce((a, b) => Math.max(a, b), 0);
      batches.push({ columns, atMs: last });
    }
  }
  return { set, schema, batches };
}
