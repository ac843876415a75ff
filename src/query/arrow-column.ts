import {
  Binary,
  Bool,
  BufferType,
  Data,
  type DataType,
  DateDay,
  Decimal,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Map_,
  makeData,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { microsecondsOf, nanosecondsOf } from '../core/fine-date.ts';
import type { SqlValue } from '../core/value.ts';
import type { DuckdbType } from './duckdb-type.ts';
import { daysOfText, microsecondsOfText } from './moment-text.ts';

/** How a column of a DuckDB type is laid out in Arrow. */
export type ArrowColumn = {
  readonly type: DataType;
  encode(values: readonly SqlValue[]): Data;
};

/**
 * Integers, floats, BOOLEAN, DECIMAL, DATE, TIME, TIMESTAMP (microseconds, or as many as its type), BLOB, lists, structs and maps have an
 * Arrow type of their own; HUGEINT is a decimal of scale 0; everything else is text.
 */
export function arrowColumnOf(type: DuckdbType): ArrowColumn {
  switch (type.kind) {
    case 'scalar':
      return scalarColumn(type.name);
    case 'decimal':
      return decimalColumn(type.precision, type.scale);
    case 'list':
      return listColumn(arrowColumnOf(type.element));
    case 'array':
      return arrayColumn(arrowColumnOf(type.element), type.length);
    case 'struct':
      return structColumn(type.fields.map(({ name, type: field }) => [name, arrowColumnOf(field)] as const));
    case 'map':
      return mapColumn(arrowColumnOf(type.key), arrowColumnOf(type.value));
  }
}

const dayMs = 86_400_000;

function scalarColumn(name: string): ArrowColumn {
  switch (name) {
    case 'BOOLEAN':
      return booleanColumn();
    case 'TINYINT':
      return numberColumn(new Int8(), Int8Array);
    case 'SMALLINT':
      return numberColumn(new Int16(), Int16Array);
    case 'INTEGER':
      return numberColumn(new Int32(), Int32Array);
    case 'BIGINT':
      return bigintColumn(new Int64(), BigInt64Array, integerOf);
    case 'UTINYINT':
      return numberColumn(new Uint8(), Uint8Array);
    case 'USMALLINT':
      return numberColumn(new Uint16(), Uint16Array);
    case 'UINTEGER':
      return numberColumn(new Uint32(), Uint32Array);
    case 'UBIGINT':
      return bigintColumn(new Uint64(), BigUint64Array, integerOf);
    case 'HUGEINT':
      return decimalColumn(38, 0);
    case 'FLOAT':
      return numberColumn(new Float32(), Float32Array);
    case 'DOUBLE':
      return numberColumn(new Float64(), Float64Array);
    case 'DATE':
      return numberColumn(new DateDay(), Int32Array, daysOfDate);
    case 'TIME':
      return bigintColumn(new TimeMicrosecond(), BigInt64Array, microsecondsOfDay);
    case 'TIMESTAMP':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
      return bigintColumn(new TimestampMicrosecond(), BigInt64Array, microsecondsOfMoment);
    case 'TIMESTAMP_NS':
      return bigintColumn(new TimestampNanosecond(), BigInt64Array, nanosecondsOfMoment);
    case 'TIMESTAMP WITH TIME ZONE':
      return bigintColumn(new TimestampMicrosecond('UTC'), BigInt64Array, microsecondsOfMoment);
    case 'BLOB':
      return bytesColumn(new Binary(), (value) =>
        value instanceof Uint8Array ? value : utf8(textOf(value)),
      );
    default:
      return bytesColumn(new Utf8(), (value) => utf8(textOf(value)));
  }
}

type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array;

function numberColumn(
  type: DataType,
  ArrayOf: new (length: number) => NumberArray,
  numberOf: (value: SqlValue) => number = Number,
): ArrowColumn {
  return {
    type,
    encode(values) {
      const data = new ArrayOf(values.length);
      for (const [i, value] of values.entries()) if (value !== null) data[i] = numberOf(value);
      return fixedWidthData(type, values, data);
    },
  };
}

/** What `makeData` does for each type of fixed width, where the type is known only at run time. */
function fixedWidthData(
  type: DataType,
  values: readonly SqlValue[],
  data: NumberArray | BigInt64Array | BigUint64Array,
): Data {
  const { nullCount, nullBitmap } = validity(values);
  return new Data(type, 0, values.length, nullCount, {
    [BufferType.DATA]: data,
    ...(nullBitmap === null ? {} : { [BufferType.VALIDITY]: nullBitmap }),
  });
}

function bigintColumn(
  type: DataType,
  ArrayOf: new (length: number) => BigInt64Array | BigUint64Array,
  bigintOf: (value: SqlValue) => bigint,
): ArrowColumn {
  return {
    type,
    encode(values) {
      const data = new ArrayOf(values.length);
      for (const [i, value] of values.entries()) if (value !== null) data[i] = bigintOf(value);
      return fixedWidthData(type, values, data);
    },
  };
}

function booleanColumn(): ArrowColumn {
  const type = new Bool();
  return {
    type,
    encode: (values) =>
      makeData({
        type,
        length: values.length,
        ...validity(values),
        data: bits(values, (value) => value === true),
      }),
  };
}

/** 128-bit two's complement, low word first. */
function decimalColumn(precision: number, scale: number): ArrowColumn {
  const type = new Decimal(scale, precision, 128);
  return {
    type,
    encode(values) {
      const words = new BigUint64Array(2 * values.length);
      for (const [i, value] of values.entries()) {
        if (value === null) continue;
        const unscaled = unscaledOf(value, scale);
        words[2 * i] = BigInt.asUintN(64, unscaled);
        words[2 * i + 1] = BigInt.asUintN(64, unscaled >> 64n);
      }
      return makeData({
        type,
        length: values.length,
        ...validity(values),
        data: new Uint32Array(words.buffer),
      });
    },
  };
}

function bytesColumn(type: Binary | Utf8, bytesOf: (value: SqlValue) => Uint8Array): ArrowColumn {
  return {
    type,
    encode(values) {
      const pieces = values.map((value) => (value === null ? noBytes : bytesOf(value)));
      const valueOffsets = offsets(pieces.map((piece) => piece.length));
      const data = new Uint8Array(valueOffsets.at(-1) ?? 0);
      for (const [i, piece] of pieces.entries()) data.set(piece, valueOffsets[i]);
      const common = { length: values.length, ...validity(values), valueOffsets, data };
      return type instanceof Binary ? makeData({ type, ...common }) : makeData({ type, ...common });
    },
  };
}

const noBytes = new Uint8Array(0);

function listColumn(element: ArrowColumn): ArrowColumn {
  const type = new List(new Field('item', element.type, true));
  return {
    type,
    encode(values) {
      const lists = values.map(itemsOf);
      return makeData({
        type,
        length: values.length,
        ...validity(values),
        valueOffsets: offsets(lists.map((list) => list.length)),
        child: element.encode(lists.flat()),
      });
    },
  };
}

function arrayColumn(element: ArrowColumn, length: number): ArrowColumn {
  const type = new FixedSizeList(length, new Field('item', element.type, true));
  const absent: SqlValue[] = Array.from({ length }, () => null);
  return {
    type,
    encode: (values) =>
      makeData({
        type,
        length: values.length,
        ...validity(values),
        child: element.encode(values.flatMap((value) => (value === null ? absent : itemsOf(value)))),
      }),
  };
}

function structColumn(fields: readonly (readonly [name: string, column: ArrowColumn])[]): ArrowColumn {
  const type = new Struct(fields.map(([name, column]) => new Field(name, column.type, true)));
  return {
    type,
    encode: (values) =>
      makeData({
        type,
        length: values.length,
        ...validity(values),
        children: fields.map(([name, column]) => column.encode(values.map((value) => fieldOf(value, name)))),
      }),
  };
}

/** A map's value is a list of `{key, value}`. */
function mapColumn(key: ArrowColumn, value: ArrowColumn): ArrowColumn {
  const entries = structColumn([
    ['key', key],
    ['value', value],
  ]);
  const entryType = new Struct<{ key: DataType; value: DataType }>([
    new Field('key', key.type, false),
    new Field('value', value.type, true),
  ]);
  const type = new Map_(new Field('entries', entryType, false));
  return {
    type,
    encode(values) {
      const lists = values.map(itemsOf);
      return makeData({
        type,
        length: values.length,
        ...validity(values),
        valueOffsets: offsets(lists.map((list) => list.length)),
        child: entries.encode(lists.flat()),
      });
    },
  };
}

function itemsOf(value: SqlValue): readonly SqlValue[] {
  return Array.isArray(value) ? value : [];
}

function fieldOf(value: SqlValue, name: string): SqlValue {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const found: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : null;
  // A struct's fields are values; the checker cannot tell a struct from bytes and lists.
  return (found ?? null) as SqlValue;
}

function validity(values: readonly SqlValue[]): { nullCount: number; nullBitmap: Uint8Array | null } {
  const nullCount = values.reduce<number>((count, value) => count + (value === null ? 1 : 0), 0);
  return { nullCount, nullBitmap: nullCount === 0 ? null : bits(values, (value) => value !== null) };
}

/** One bit a value, the lowest first. */
function bits(values: readonly SqlValue[], isSet: (value: SqlValue) => boolean): Uint8Array {
  const packed = new Uint8Array(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) {
    if (isSet(value)) packed[i >> 3] = (packed[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return packed;
}

function offsets(lengths: readonly number[]): Int32Array {
  const ends = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) ends[i + 1] = (ends[i] ?? 0) + length;
  return ends;
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

function textOf(value: SqlValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
}

function integerOf(value: SqlValue): bigint {
  return typeof value === 'bigint' ? value : BigInt(String(value));
}

function daysOfDate(value: SqlValue): number {
  return typeof value === 'string' ? daysOfText(value) : Math.floor(Number(value) / dayMs);
}

function microsecondsOfMoment(value: SqlValue): bigint {
  if (typeof value === 'string') return microsecondsOfText(value);
  return value instanceof Date ? microsecondsOf(value) : integerOf(value);
}

function nanosecondsOfMoment(value: SqlValue): bigint {
  // no text but the infinities, which are the same ends in every unit
  if (typeof value === 'string') return microsecondsOfText(value);
  return value instanceof Date ? nanosecondsOf(value) : integerOf(value);
}

/** `06:30:00.25` → 23400250000. */
function microsecondsOfDay(value: SqlValue): bigint {
  const [clock = '', fraction = ''] = String(value).split('.');
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return (
    BigInt((hours * 60 + minutes) * 60 + seconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))
  );
}

/** `1.5` at scale 2 → 150. */
function unscaledOf(value: SqlValue, scale: number): bigint {
  const text = typeof value === 'number' ? value.toFixed(scale) : String(value);
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale));
}
