import { DuckDBDataChunk, type DuckDBType } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { EverviewError } from '../core/errors.ts';
import { PackedColumn } from '../core/packed-column.ts';
import type { AppendedColumn } from '../core/session.ts';
import { duckdbInputs } from './duckdb-input.ts';

/** Rows of a chunk at most; a multiple of 64, so that its NULLs start at a word of their mask. */
export const chunkRows = 2_048;

/** Rows `from` to `to` of the columns, for an appender whose columns have these types. */
export function chunkOf(
  types: readonly DuckDBType[],
  columns: readonly AppendedColumn[],
  from: number,
  to: number,
): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(types, to - from);
  columns.forEach((column, index) => {
    const type = types[index];
    if (type === undefined) throw new EverviewError('internal', `no type for column ${index} of an append`);
    if (column instanceof PackedColumn) copyInto(chunk, index, type, column, from, to);
    else chunk.setColumnValues(index, duckdbInputs(column, from, to, type));
  });
  return chunk;
}

function copyInto(
  chunk: DuckDBDataChunk,
  index: number,
  type: DuckDBType,
  { type: packedAs, values, validity }: PackedColumn,
  from: number,
  to: number,
): void {
  if (String(type) !== packedAs || to > values.length)
    throw new EverviewError('internal', `column ${index} of an append is ${type}, and ${packedAs} was given`);
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
  const part = owned(values.subarray(from, to));
  duckdb.copy_data_to_vector(vector, 0, part.buffer, part.byteOffset, part.byteLength);
  if (validity === null) return;
  const mask = owned(validity.subarray(from / 8, Math.ceil(to / 8)));
  duckdb.vector_ensure_validity_writable(vector);
  duckdb.copy_data_to_vector_validity(vector, 0, mask.buffer, mask.byteOffset, mask.byteLength);
}

type OwnedBytes = {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
};

/** The binding reads no memory that is shared between threads. */
function owned({ buffer, byteOffset, byteLength }: ArrayBufferView): OwnedBytes {
  if (buffer instanceof ArrayBuffer) return { buffer, byteOffset, byteLength };
  const copy = new Uint8Array(byteLength);
  copy.set(new Uint8Array(buffer, byteOffset, byteLength));
  return { buffer: copy.buffer, byteOffset: 0, byteLength };
}
