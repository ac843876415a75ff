import { EverviewError } from '../core/errors.ts';
import { microsecondsBeyond } from '../core/fine-date.ts';
import { PackedColumn } from '../core/packed-column.ts';

/**
 * The column packed, where each of its values is NULL (or `undefined`) or plainly one of the type: a number in range,
 * a boolean, a valid Date. Null where one is not, or the type's values have no fixed width: the caller looks closer.
 */
export function packColumn(type: string, values: ArrayLike<unknown>): PackedColumn | null {
  switch (type) {
    case 'DOUBLE':
      return packDoubles(values);
    case 'INTEGER':
      return packIntegers(values);
    case 'BIGINT':
      return packBigints(values);
    case 'FLOAT':
      return packWith(type, values, new Float32Array(values.length), (value) =>
        typeof value === 'number' && fitsFloat(value) ? value : undefined,
      );
    case 'TINYINT':
      return packWith(type, values, new Int8Array(values.length), wholeIn(-0x80, 0x7f));
    case 'SMALLINT':
      return packWith(type, values, new Int16Array(values.length), wholeIn(-0x8000, 0x7fff));
    case 'UTINYINT':
      return packWith(type, values, new Uint8Array(values.length), wholeIn(0, 0xff));
    case 'USMALLINT':
      return packWith(type, values, new Uint16Array(values.length), wholeIn(0, 0xffff));
    case 'UINTEGER':
      return packWith(type, values, new Uint32Array(values.length), wholeIn(0, 0xffff_ffff));
    case 'BOOLEAN':
      return packWith(type, values, new Uint8Array(values.length), (value) =>
        typeof value === 'boolean' ? Number(value) : undefined,
      );
    case 'DATE':
      return packWith(type, values, new Int32Array(values.length), dayOf);
    case 'TIMESTAMP':
      return packMoments(values);
    default:
      return null;
  }
}

/** A column of one value. */
export function packedConstant(type: 'TINYINT' | 'BIGINT', value: number, count: number): PackedColumn {
  const values =
    type === 'BIGINT' ? new BigInt64Array(count).fill(BigInt(value)) : new Int8Array(count).fill(value);
  return PackedColumn.of(type, values, null, count) ?? never(type);
}

/** `count` numbers from `first` on, each one more than the one before. */
export function packedNumbers(first: number, count: number): PackedColumn {
  const values = Array.from({ length: count }, (_, index) => first + index);
  return packBigints(values) ?? never('BIGINT');
}

/** NULLs by bit; made when the first comes. */
function nullAt(index: number, validity: Uint8Array | null, count: number): Uint8Array {
  const bits = validity ?? new Uint8Array(Math.ceil(count / 8)).fill(0xff);
  bits[index >> 3] = (bits[index >> 3] ?? 0) & ~(1 << (index & 7));
  return bits;
}

// The types that nearly every column is of have loops of their own: V8 compiles each for its one kind of array.

function packDoubles(values: ArrayLike<unknown>): PackedColumn | null {
  const packed = new Float64Array(values.length);
  let validity: Uint8Array | null = null;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'number') packed[index] = value;
    else if (value === null || value === undefined) validity = nullAt(index, validity, values.length);
    else return null;
  }
  return PackedColumn.of('DOUBLE', packed, validity, values.length);
}

function packIntegers(values: ArrayLike<unknown>): PackedColumn | null {
  const packed = new Int32Array(values.length);
  let validity: Uint8Array | null = null;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'number' && (value | 0) === value) packed[index] = value;
    else if (value === null || value === undefined) validity = nullAt(index, validity, values.length);
    else return null;
  }
  return PackedColumn.of('INTEGER', packed, validity, values.length);
}

function packBigints(values: ArrayLike<unknown>): PackedColumn | null {
  const packed = new BigInt64Array(values.length);
  const halves = new Int32Array(packed.buffer);
  let validity: Uint8Array | null = null;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'number' && Number.isSafeInteger(value)) putWhole(halves, index, value);
    else if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) packed[index] = value;
    else if (value === null || value === undefined) validity = nullAt(index, validity, values.length);
    else return null;
  }
  return PackedColumn.of('BIGINT', packed, validity, values.length);
}

/** Two's complement of a safe integer, the lower half first: without a BigInt for each. */
function putWhole(halves: Int32Array, index: number, value: number): void {
  halves[2 * index] = value | 0;
  halves[2 * index + 1] = Math.floor(value / 0x1_0000_0000);
}

function packMoments(values: ArrayLike<unknown>): PackedColumn | null {
  const packed = new BigInt64Array(values.length);
  const halves = new Int32Array(packed.buffer);
  let validity: Uint8Array | null = null;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value === null || value === undefined) {
      validity = nullAt(index, validity, values.length);
      continue;
    }
    const micros = value instanceof Date ? value.getTime() * 1_000 + microsecondsBeyond(value) : Number.NaN;
    if (!Number.isSafeInteger(micros)) return null;
    putWhole(halves, index, micros);
  }
  return PackedColumn.of('TIMESTAMP', packed, validity, values.length);
}

function packWith(
  type: string,
  values: ArrayLike<unknown>,
  packed: Exclude<PackedColumn['values'], BigInt64Array | BigUint64Array>,
  numberOf: (value: unknown) => number | undefined,
): PackedColumn | null {
  let validity: Uint8Array | null = null;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const number = value === null || value === undefined ? null : numberOf(value);
    if (number === undefined) return null;
    if (number === null) validity = nullAt(index, validity, values.length);
    else packed[index] = number;
  }
  return PackedColumn.of(type, packed, validity, values.length);
}

function wholeIn(least: number, most: number): (value: unknown) => number | undefined {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : undefined;
}

/** Not a finite number that a FLOAT would make an infinite one. */
export function fitsFloat(value: number): boolean {
  return Number.isFinite(Math.fround(value)) || !Number.isFinite(value);
}

/** Only of a Date at midnight UTC. */
function dayOf(value: unknown): number | undefined {
  const day = value instanceof Date ? value.getTime() / 86_400_000 : Number.NaN;
  return Number.isInteger(day) ? day : undefined;
}

function never(type: string): never {
  throw new EverviewError('internal', `numbers could not be packed as ${type}`);
}
