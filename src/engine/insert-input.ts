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

/** Whether the rows come bit by bit, and so whether what gives them may wait for something in between. */
export function isStreamed(rows: InsertInput): boolean {
  return !Array.isArray(rows) && !(rows instanceof Table) && !(rows instanceof RecordBatch);
}

/** What an iterator gives, with the value already taken from it put back in front. */
async function* resumed<T extends InputRow | RecordBatch>(
  first: T,
  rest: AnyIterator,
  isOne: (value: InputRow | RecordBatch) => value is T,
): AsyncIterable<T> {
  let isOver = false;
  const taken = async () => {
    isOver = true;
    const next = await rest.next();
    isOver = next.done === true;
    return next;
  };
  try {
    yield first;
    for (let next = await taken(); next.done !== true; next = await taken()) {
      if (!isOne(next.value))
        throw new EverviewError('invalid-row', 'rows and Arrow record batches are mixed in one insert');
      yield next.value;
    }
  } finally {
    // As a loop that ends early: what gives the rows lets go of what they come from.
    if (!isOver) await rest.return?.();
  }
}

function isBatch(value: InputRow | RecordBatch): value is RecordBatch {
  return value instanceof RecordBatch;
}

function isRow(value: InputRow | RecordBatch): value is InputRow {
  return !(value instanceof RecordBatch);
}
