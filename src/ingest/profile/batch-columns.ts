import type { Column, Schema } from '../../core/schema.ts';
import type { ColumnVector, Session } from '../../core/session.ts';
import { type ColumnKind, columnKindOf, measuredSql } from './column-kind.ts';

/** A column of a batch in memory: NaN-free `numbers` or `texts`, null where the row has no value. */
export type BatchColumn = {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Numbers, times as milliseconds, booleans as 0 and 1; only where `present` is 1. Empty for texts. */
  readonly numbers: Float64Array;
  readonly texts: readonly (string | null)[];
  readonly present: Uint8Array;
};

export type BatchColumns = { readonly rows: number; readonly columns: readonly BatchColumn[] };

/** Rows measured at a time; larger batches are measured in blocks, which bounds the memory. */
export const blockRows = 131_072;

/** Reads the rows of a FROM item in blocks, in their order. */
export async function* readBlocks(
  session: Session,
  relation: string,
  schema: Schema,
): AsyncIterable<BatchColumns> {
  const select = `SELECT ${schema.map(measuredSql).join(', ')} FROM ${relation}`;
  let block = new BlockBuilder(schema);
  for await (const batch of session.batches(select)) {
    if (block.rows + batch.rowCount > blockRows && block.rows > 0) {
      yield block.finish();
      block = new BlockBuilder(schema);
    }
    block.add(batch.columns, batch.rowCount);
  }
  if (block.rows > 0) yield block.finish();
}

class BlockBuilder {
  rows = 0;
  #capacity = 0;
  readonly #columns: { column: Column; kind: ColumnKind; numbers: Float64Array; texts: (string | null)[] }[];
  #present: Uint8Array[];

  constructor(schema: Schema) {
    this.#columns = schema.map((column) => {
      const kind = columnKindOf(column.type);
      return { column, kind, numbers: new Float64Array(0), texts: [] };
    });
    this.#present = schema.map(() => new Uint8Array(0));
  }

  add(vectors: readonly ColumnVector[], count: number): void {
    if (this.rows + count > this.#capacity) this.#grow(this.rows + count);
    for (const [index, { kind, numbers, texts }] of this.#columns.entries()) {
      const vector = vectors[index];
      const present = this.#present[index];
      if (vector === undefined || present === undefined) continue;
      if (kind === 'text') copyTexts(vector, texts, present, this.rows, count);
      else copyNumbers(vector, numbers, present, this.rows, count);
    }
    this.rows += count;
  }

  finish(): BatchColumns {
    const { rows } = this;
    const columns = this.#columns.map(({ column, kind, numbers, texts }, index) => ({
      name: column.name,
      kind,
      numbers: numbers.subarray(0, rows),
      texts,
      present: (this.#present[index] ?? new Uint8Array()).subarray(0, rows),
    }));
    return { rows, columns };
  }

  #grow(needed: number): void {
    this.#capacity = Math.max(needed, this.#capacity * 2);
    const capacity = this.#capacity;
    const marks = createRooms(this.#columns.length, capacity);
    this.#present = this.#present.map((old) => grown(old, new Uint8Array(...marks(), capacity)));
    const numbers = this.#columns.filter(({ kind }) => kind !== 'text');
    const rooms = createRooms(numbers.length, capacity * Float64Array.BYTES_PER_ELEMENT);
    for (const column of numbers)
      column.numbers = grown(column.numbers, new Float64Array(...rooms(), capacity));
  }
}

/** Bytes taken from memory at a time, where columns are shorter. */
const slabBytes = 1 << 24;

/** Rooms of so many bytes, up to `count` of them: thousands of small ones are cheaper as parts of a few large ones. */
function createRooms(count: number, bytes: number): () => readonly [buffer: ArrayBuffer, offset: number] {
  let left = count;
  let slab = new ArrayBuffer(0);
  let offset = 0;
  return () => {
    if (offset + bytes > slab.byteLength) {
      const rooms = Math.max(1, Math.min(left, Math.floor(slabBytes / bytes)));
      [slab, offset] = [new ArrayBuffer(rooms * bytes), 0];
    }
    left -= 1;
    offset += bytes;
    return [slab, offset - bytes];
  };
}

function grown<A extends Uint8Array | Float64Array>(old: A, wider: A): A {
  wider.set(old);
  return wider;
}

function copyTexts(
  { values }: ColumnVector,
  texts: (string | null)[],
  present: Uint8Array,
  from: number,
  count: number,
): void {
  for (let row = 0; row < count; row++) {
    const value = values[row];
    texts.push(typeof value === 'string' ? value : null);
    present[from + row] = typeof value === 'string' ? 1 : 0;
  }
}

function copyNumbers(
  vector: ColumnVector,
  numbers: Float64Array,
  present: Uint8Array,
  from: number,
  count: number,
): void {
  const { values } = vector;
  if (values instanceof Float64Array) numbers.set(values.subarray(0, count), from);
  else for (let row = 0; row < count; row++) numbers[from + row] = Number(values[row]);
  if (vector.allValid) present.fill(1, from, from + count);
  else for (let row = 0; row < count; row++) present[from + row] = vector.isValid(row) ? 1 : 0;
}
