import { Field, makeData, RecordBatch, Schema, Struct, Table } from 'apache-arrow';
import type { Column } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import { arrowColumnOf } from './arrow-column.ts';
import { parseDuckdbType } from './duckdb-type.ts';

/** Rows of one record batch of a table: what keeps every text column far from Arrow's 2 GiB limit. */
const batchRows = 65_536;

export type RowsToEncode = { readonly columns: readonly Column[]; readonly rows: readonly Row[] };

/** A result as an Arrow table, typed after DuckDB's types. */
export function toArrow({ columns, rows }: RowsToEncode): Table {
  const encode = createBatchEncoder(columns);
  const batches: RecordBatch[] = [];
  for (let from = 0; from < rows.length; from += batchRows) {
    batches.push(encode.batch(rows.slice(from, from + batchRows)));
  }
  return new Table(encode.schema, batches);
}

/** A streamed result as record batches of one schema; an empty one when there is no row. */
export async function* toArrowBatches(
  columns: readonly Column[],
  batches: AsyncIterable<readonly Row[]>,
): AsyncIterable<RecordBatch> {
  const encode = createBatchEncoder(columns);
  let any = false;
  for await (const rows of batches) {
    any = true;
    yield encode.batch(rows);
  }
  if (!any) yield encode.batch([]);
}

function createBatchEncoder(columns: readonly Column[]): {
  readonly schema: Schema;
  batch(rows: readonly Row[]): RecordBatch;
} {
  const encoders = columns.map(({ name, type }) => ({ name, column: arrowColumnOf(parseDuckdbType(type)) }));
  const fields = encoders.map(({ name, column }) => new Field(name, column.type, true));
  const schema = new Schema(fields);
  const type = new Struct(fields);
  return {
    schema,
    batch: (rows) =>
      new RecordBatch(
        schema,
        makeData({
          type,
          length: rows.length,
          nullCount: 0,
          children: encoders.map(({ name, column }) => column.encode(rows.map((row) => row[name] ?? null))),
        }),
      ),
  };
}
