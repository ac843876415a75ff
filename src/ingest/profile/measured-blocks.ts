import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Schema } from '../../core/schema.ts';
import type { Session } from '../../core/session.ts';
import { type BatchColumn, type BatchColumns, blockRows, readBlocks } from './batch-columns.ts';
import { measureColumn } from './batch-profile.ts';
import type { ColumnProfile } from './column-profile.ts';
import type { KnownColumn } from './known-column.ts';
import { createMeasureWork } from './measure-work.ts';

/** Rows, and what each of their columns is like. */
export type MeasuredBlock = BatchColumns & { readonly profiles: readonly ColumnProfile[] };

/** Columns of a wide table that are read at a time. */
const columnsAtATime = 512;

/** Columns measured before the reading of others is seen to. */
const columnsATurn = 64;

/**
 * Reads the rows of a FROM item in blocks, in their order, and measures each column. Of a wide table with few rows some
 * columns at a time: DuckDB reads the next while these are measured.
 *
 * @param known what the table has shown so far, by column; a column not in it is all new
 */
export async function* measuredBlocks(
  session: Session,
  relation: string,
  schema: Schema,
  known: ReadonlyMap<string, KnownColumn>,
): AsyncIterable<MeasuredBlock> {
  const work = createMeasureWork();
  const measure = (column: BatchColumn) => measureColumn(column, known.get(column.name) ?? null, work);
  if (schema.length < 2 * columnsAtATime || !(await isOneBlock(session, relation))) {
    for await (const block of readBlocks(session, relation, schema))
      yield { ...block, profiles: block.columns.map(measure) };
    return;
  }
  const groups = inGroups(schema, columnsAtATime);
  const begun = (place: number) => {
    const group = groups[place];
    const reading = group === undefined ? null : readAll(session, relation, group);
    // What goes wrong is told where it is waited for.
    reading?.catch(() => {});
    return reading;
  };
  let rows = 0;
  const columns: BatchColumn[] = [];
  const profiles: ColumnProfile[] = [];
  let next = begun(0);
  for (let place = 0; next !== null; place++) {
    const block = await next;
    if (block === null) return;
    next = begun(place + 1);
    rows = block.rows;
    columns.push(...block.columns);
    for (const some of inGroups(block.columns, columnsATurn)) {
      await nextTurn();
      profiles.push(...some.map(measure));
    }
  }
  yield { rows, columns, profiles };
}

async function isOneBlock(session: Session, relation: string): Promise<boolean> {
  const [counted] = await session.rows(`SELECT count(*)::DOUBLE AS n FROM ${relation}`);
  return Number(counted?.n) <= blockRows;
}

/** Null: there are no rows. */
async function readAll(session: Session, relation: string, schema: Schema): Promise<BatchColumns | null> {
  let whole: BatchColumns | null = null;
  for await (const block of readBlocks(session, relation, schema)) whole = block;
  return whole;
}

function inGroups<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, place) =>
    list.slice(place * size, (place + 1) * size),
  );
}
