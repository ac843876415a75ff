import type { DuckDBDataChunk } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import type { Schema } from '../core/schema.ts';
import type { ColumnBatch, ColumnVector } from '../core/session.ts';
import { sqlValueConverter } from './duckdb-value.ts';

type ViewMaker = { readonly bytes: number; make(data: Uint8Array, count: number): ColumnVector['values'] };

/** Types whose DuckDB vector is a plain C array: the binding copies it into a buffer, which a typed array shows. */
const typedViews: ReadonlyMap<DuckDBTypeId, ViewMaker> = new Map<DuckDBTypeId, ViewMaker>([
  [DuckDBTypeId.DOUBLE, { bytes: 8, make: (d, n) => new Float64Array(d.buffer, d.byteOffset, n) }],
  [DuckDBTypeId.FLOAT, { bytes: 4, make: (d, n) => new Float32Array(d.buffer, d.byteOffset, n) }],
  [DuckDBTypeId.INTEGER, { bytes: 4, make: (d, n) => new Int32Array(d.buffer, d.byteOffset, n) }],
  [DuckDBTypeId.BIGINT, { bytes: 8, make: (d, n) => new BigInt64Array(d.buffer, d.byteOffset, n) }],
  [DuckDBTypeId.TIMESTAMP, { bytes: 8, make: (d, n) => new BigInt64Array(d.buffer, d.byteOffset, n) }],
  [DuckDBTypeId.BOOLEAN, { bytes: 1, make: (d, n) => new Uint8Array(d.buffer, d.byteOffset, n) }],
]);

function typedColumn(chunk: DuckDBDataChunk, index: number, maker: ViewMaker): ColumnVector {
  const rows = chunk.rowCount;
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
  const values = maker.make(duckdb.vector_get_data(vector, rows * maker.bytes), rows);
  const words = Math.ceil(rows / 64);
  const mask: Uint8Array | null = duckdb.vector_get_validity(vector, words * 8);
  if (mask === null) return { values, allValid: true, isValid: () => true };
  const isValid = (row: number) => (((mask[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
  let allValid = true;
  for (let row = 0; row < rows && allValid; row++) allValid = isValid(row);
  return { values, allValid, isValid };
}

function convertedColumn(chunk: DuckDBDataChunk, index: number): ColumnVector {
  const values = chunk.convertColumnValues(index, sqlValueConverter);
  return { values, allValid: !values.includes(null), isValid: (row) => values[row] !== null };
}

/** A chunk of DuckDB as the batch of core/session.ts. */
export function columnBatchOf(
  chunk: DuckDBDataChunk,
  schema: Schema,
  typeIds: readonly DuckDBTypeId[],
): ColumnBatch {
  const columns = typeIds.map((typeId, index) => {
    const maker = typedViews.get(typeId);
    return maker === undefined ? convertedColumn(chunk, index) : typedColumn(chunk, index, maker);
  });
  return { schema, rowCount: chunk.rowCount, columns };
}
