import { RecordBatch, Table } from 'apache-arrow';
import { EverviewError } from '../core/errors.ts';
import type { ArrowInput, InputRow, RowSource } from '../ingest/row-source.ts';

/** Rows for an insert: objects, or Arrow. */
export type InsertInput = Iterable<InputRow> | AsyncIterable<InputRow> | ArrowInput;

/** What an insert was given, told apart by its first row. @throws EverviewError `invalid-row` where kinds are mixed */
export async function rowSourceOf(rows: InsertInput): Promise<RowSource> {
  if (rows instanceof Table || rows instanceof RecordBatch) return { kind: 'arrow', data: rows };
  // An array needs no waiting between its rows.
  if (Array.isArray(rows) && rows.every(isRow)) return { kind: 'rows', rows };
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
  const first = await iterator.next();
  if (first.done === true) return { kind: 'rows', rows: [] };
  if (first.value instanceof RecordBatch)
    return { kind: 'arrow', data: resumed(first.value, iterator, isBatch) };
  return { kind: 'rows', rows: resumed(first.value, iterator, isRow) };
}

type AnyIterator = Iterator<InputRow | RecordBatch> | AsyncIterator<InputRow | RecordBatch>;

/** What an iterator gives, with the value already taken from it put back in front. */
async function* resumed<T extends InputRow | RecordBatch>(
  first: T,
  rest: AnyIterator,
  isOne: (value: InputRow | RecordBatch) => value is T,
): AsyncIterable<T> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    if (!isOne(next.value))
      throw new EverviewError('invalid-row', 'rows and Arrow record batches are mixed in one insert');
    yield next.value;
  }
}

function isBatch(value: InputRow | RecordBatch): value is RecordBatch {
  return value instanceof RecordBatch;
}

function isRow(value: InputRow | RecordBatch): value is InputRow {
  return !(value instanceof RecordBatch);
}
