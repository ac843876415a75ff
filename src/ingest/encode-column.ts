import { isUtf8 } from 'node:buffer';
import { EverviewError } from '../core/errors.ts';
import { writtenMoment } from '../core/fine-date.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Column } from '../core/schema.ts';
import type { AppendedColumn } from '../core/session.ts';
import type { SqlValue } from '../core/value.ts';
import { fitsFloat, packColumn } from './pack-column.ts';
import type { StageColumn } from './stage.ts';

/** A checked column of a batch from TypeScript, ready to be appended. */
export type EncodedColumn = {
  readonly column: Column;
  /** The column's own type, or VARCHAR where the store still has to read the text. */
  readonly stagedType: string;
  readonly values: AppendedColumn;
  /** True where the row does not have the column and takes its DEFAULT; null: no such row. */
  readonly missing: readonly boolean[] | null;
  stageColumn(alias: string): StageColumn;
};

/** How JavaScript values become values of a column type; `undefined`: it is none. */
type Codec = {
  readonly native: (value: unknown) => SqlValue | undefined;
  /** The value as text for SQL to read; null: only `native` will do. */
  readonly text: ((value: unknown) => string | undefined) | null;
  readonly isJson: boolean;
};

/** @throws EverviewError `invalid-row` with row, column and value for the first value that is none of the type. */
export function encodeColumn(
  table: string,
  column: Column,
  values: ArrayLike<unknown>,
  hasDefault: boolean,
): EncodedColumn {
  const codec = codecOf(column.type);
  // One row is no column: it goes in by its values.
  const packed = values.length > 1 ? packColumn(column.type, values) : null;
  if (packed !== null) return encoded(column, column.type, codec, packed, values, hasDefault);
  const native = encodeAll(values, codec.native);
  if (native.failedAt === null) return encoded(column, column.type, codec, native.values, values, hasDefault);
  const { text } = codec;
  const asText = text === null ? native : encodeAll(values, text);
  if (asText.failedAt === null) return encoded(column, 'VARCHAR', codec, asText.values, values, hasDefault);
  const row = asText.failedAt + 1;
  const value = values[asText.failedAt];
  throw new EverviewError(
    'invalid-row',
    `row ${row}, column "${column.name}" of "${table}": ${shownValue(value)} is no ${column.type}`,
    { hint: hintFor(value, column.type), data: { table, row, column: column.name } },
  );
}

function encoded(
  column: Column,
  stagedType: string,
  codec: Codec,
  values: AppendedColumn,
  given: ArrayLike<unknown>,
  hasDefault: boolean,
): EncodedColumn {
  const missing = hasDefault ? Array.from(given, (value) => value === undefined) : [];
  const name = quoteIdentifier(column.name);
  const anyMissing = missing.includes(true);
  return {
    column,
    stagedType,
    values,
    missing: anyMissing ? missing : null,
    stageColumn(alias) {
      const reference = `${alias}.${name}`;
      const defaultWhen = anyMissing ? `${alias}.${missingName(column)}` : undefined;
      if (!codec.isJson || stagedType === column.type) {
        return { column: column.name, expression: reference, type: stagedType, lossless: true, defaultWhen };
      }
      const expression = `CAST(${reference} AS JSON)`;
      return { column: column.name, expression, type: 'JSON', lossless: true, defaultWhen, isJson: true };
    },
  };
}

/** Beside the column in the raw table: the row does not have it. */
export function missingName(column: Column): string {
  return quoteIdentifier(`__ev_no_${column.name}`);
}

function encodeAll(
  values: ArrayLike<unknown>,
  encode: (value: unknown) => SqlValue | undefined,
): { values: SqlValue[]; failedAt: number | null } {
  const result = new Array<SqlValue>(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const one = value === null || value === undefined ? null : encode(value);
    if (one === undefined) return { values: result, failedAt: index };
    result[index] = one;
  }
  return { values: result, failedAt: null };
}

function codecOf(type: string): Codec {
  const range = integerRange(type);
  if (range !== null) return integerCodec(type, range);
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type);
  if (decimal !== null) return decimalCodec(Number(decimal[1]), Number(decimal[2]));
  if (/\]$|^(STRUCT|MAP|UNION)\(/.test(type)) return { native: none, text: nestedText(type), isJson: true };
  switch (type) {
    case 'BOOLEAN':
      return natively((value) => (typeof value === 'boolean' ? value : undefined));
    case 'FLOAT':
      return natively((value) => {
        const number = doubleOf(value);
        return number === undefined || fitsFloat(number) ? number : undefined;
      });
    case 'DOUBLE':
      return natively(doubleOf);
    case 'VARCHAR':
      return natively((value) => (typeof value === 'string' && value.isWellFormed() ? value : undefined));
    case 'BLOB':
      return natively((value) => (value instanceof Uint8Array ? value : undefined));
    case 'DATE':
      return {
        native: dayOf,
        text: (value) => dayText(value) ?? textOf(value),
        isJson: false,
      };
    case 'TIMESTAMP':
      return {
        native: dateOf,
        text: (value) => momentText(value) ?? textOf(value),
        isJson: false,
      };
    case 'JSON':
      return {
        native: none,
        text: (value) => (typeof value === 'string' ? value : (scalarText(value) ?? jsonText(value))),
        isJson: false,
      };
    default:
      return { native: none, text: (value) => momentText(value) ?? textOf(value), isJson: false };
  }
}

function natively(native: Codec['native']): Codec {
  return { native, text: null, isJson: false };
}

function none(): undefined {
  return undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function dateOf(value: unknown): Date | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined;
}

function dayOf(value: unknown): Date | undefined {
  const date = dateOf(value);
  return date !== undefined && date.getTime() % 86_400_000 === 0 ? date : undefined;
}

function momentText(value: unknown): string | undefined {
  const date = dateOf(value);
  return date === undefined ? undefined : writtenMoment(date);
}

function dayText(value: unknown): string | undefined {
  return dayOf(value) === undefined ? undefined : momentText(value)?.replace(/T.*/, '');
}

function doubleOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const number = typeof value === 'bigint' ? Number(value) : Number.NaN;
  return Number.isFinite(number) && BigInt(number) === value ? number : undefined;
}

type IntegerRange = { readonly least: bigint; readonly most: bigint; readonly wide: boolean };

function integerRange(type: string): IntegerRange | null {
  const match = /^(U?)(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.exec(type);
  if (match === null) return null;
  const bits =
    { TINYINT: 8n, SMALLINT: 16n, INTEGER: 32n, BIGINT: 64n, HUGEINT: 128n }[match[2] ?? ''] ?? 32n;
  const unsigned = match[1] === 'U';
  return {
    least: unsigned ? 0n : -(1n << (bits - 1n)),
    most: (1n << (unsigned ? bits : bits - 1n)) - 1n,
    wide: bits > 32n,
  };
}

/** Numbers must be whole and exact; texts of digits are taken for the types a JSON number cannot hold. */
function integerCodec(type: string, { least, most, wide }: IntegerRange): Codec {
  const native = (value: unknown): SqlValue | undefined => {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined;
    const isDigits = wide && typeof value === 'string' && /^[+-]?\d+$/.test(value.trim());
    if (typeof value !== 'number' && typeof value !== 'bigint' && !isDigits) return undefined;
    const whole = BigInt(isDigits ? String(value).trim().replace(/^\+/, '') : (value as number | bigint));
    if (whole < least || whole > most) return undefined;
    return wide ? whole : Number(whole);
  };
  return natively(type === 'INTEGER' ? (value) => fastInteger(value) ?? native(value) : native);
}

function fastInteger(value: unknown): number | undefined {
  return typeof value === 'number' && (value | 0) === value ? value : undefined;
}

/** Numbers are rounded to the scale (a double is no decimal); texts must fit it. */
function decimalCodec(width: number, scale: number): Codec {
  const limit = 10 ** (width - scale);
  return natively((value) => {
    if (typeof value === 'number') {
      if (!Number.isFinite(value) || Math.abs(value) >= limit) return undefined;
      const text = Math.abs(value) < 1e21 && scale <= 100 ? value.toFixed(scale) : undefined;
      // 9.999 rounds to 10.00, which has a digit more
      return text !== undefined && Math.abs(Number(text)) < limit ? text : undefined;
    }
    const text = typeof value === 'bigint' ? String(value) : textOf(value)?.trim();
    const match = text === undefined ? null : /^[+-]?0*(\d*)(?:\.(\d*?)0*)?$/.exec(text);
    if (text === undefined || match === null || !/\d/.test(text)) return undefined;
    const fits = (match[1] ?? '').length <= width - scale && (match[2] ?? '').length <= scale;
    return fits ? text : undefined;
  });
}

/** A number or truth value is JSON as it is. */
function scalarText(value: unknown): string | undefined {
  const isScalar = typeof value === 'boolean' || typeof value === 'bigint' || Number.isFinite(value);
  return isScalar ? String(value) : undefined;
}

/** JSON of a nested value; 64-bit integers and moments go as strings, which the cast reads again. */
function jsonText(value: unknown): string | undefined {
  return writtenJson(value, { bytes: () => undefined, number: (one) => (one === 0 ? 0 : undefined) });
}

/** The same for a type that is not JSON: what the store casts to it, of values as queries give them. */
function nestedText(type: string): (value: unknown) => string | undefined {
  const written: Written = {
    bytes: type.includes('BLOB') ? textOfBytes : (bytes) => Array.from(bytes),
    // no number of JSON, and cast from its text
    number: (value) => (Object.is(value, -0) ? '-0.0' : String(value)),
  };
  const isMap = type.startsWith('MAP(');
  return (value) => writtenJson(isMap ? (entriesOf(value) ?? value) : value, written);
}

/** A map as a query gives it: a list of what has a key and a value; null: it is none, or has a key twice. */
function entriesOf(value: unknown): ReadonlyMap<unknown, unknown> | null {
  if (!Array.isArray(value)) return null;
  const entries: [unknown, unknown][] = [];
  for (const one of value) {
    if (typeof one !== 'object' || one === null || !('key' in one && 'value' in one)) return null;
    entries.push([one.key, one.value]);
  }
  const map = new Map(entries);
  return map.size === entries.length ? map : null;
}

/** What stands for what JSON cannot say; undefined: nothing does. */
type Written = {
  readonly bytes: (value: Uint8Array) => unknown;
  /** NaN, an infinity, or minus zero. */
  readonly number: (value: number) => unknown;
};

function writtenJson(value: unknown, written: Written): string | undefined {
  let isBad = typeof value !== 'object';
  const replaced = function (this: unknown, key: string, inner: unknown): unknown {
    // Buffers and Dates have become something else by now.
    const given = typeof this === 'object' && this !== null ? Reflect.get(this, key) : inner;
    if (given instanceof Uint8Array) return written.bytes(given) ?? fail();
    if (inner instanceof Map) return mapObject(inner) ?? fail();
    if (inner instanceof Set) return [...inner];
    if (ArrayBuffer.isView(inner) || inner instanceof RegExp || inner instanceof WeakMap) return fail();
    switch (typeof inner) {
      case 'bigint':
        return String(inner);
      case 'number':
        return Number.isFinite(inner) && !Object.is(inner, -0) ? inner : (written.number(inner) ?? fail());
      case 'string':
        return inner.isWellFormed() ? inner : fail();
      case 'function':
      case 'symbol':
        return fail();
      default:
        return inner;
    }
  };
  const fail = () => {
    isBad = true;
    return undefined;
  };
  const text = JSON.stringify(value, replaced);
  return isBad ? undefined : text;
}

/** Null where two keys have one text, or one has none, or an object would have them in another order: another map. */
function mapObject(map: ReadonlyMap<unknown, unknown>): { readonly [key: string]: unknown } | null {
  const object: { [key: string]: unknown } = Object.create(null);
  const texts: string[] = [];
  for (const [key, value] of map) {
    const text = key instanceof Date ? dateOf(key)?.toISOString() : keyText(key);
    if (text === undefined || text in object) return null;
    object[text] = value;
    texts.push(text);
  }
  return Object.keys(object).every((key, place) => key === texts[place]) ? object : null;
}

function keyText(key: unknown): string | undefined {
  return typeof key === 'string' ? key : scalarText(key);
}

/** Casts from JSON take the text of a nested BLOB for its bytes: others than those of a text cannot be said. */
function textOfBytes(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? Buffer.from(bytes).toString() : undefined;
}

function shownValue(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (typeof value === 'object' || typeof value === 'string') {
    try {
      return JSON.stringify(value)?.slice(0, 80) ?? 'it';
    } catch {
      return 'an object';
    }
  }
  return String(value).slice(0, 80);
}

function hintFor(value: unknown, type: string): string | undefined {
  if (type === 'DATE' && value instanceof Date)
    return 'a DATE is a Date at midnight UTC, or a text YYYY-MM-DD';
  if (type.startsWith('TIMESTAMP') && typeof value === 'number')
    return 'give a Date or an ISO text, not a number';
  if (type === 'VARCHAR')
    return typeof value === 'string'
      ? 'it has half of a surrogate pair, which is no character'
      : 'give a string';
  if (type.includes('BLOB') && typeof value === 'object')
    return 'bytes within lists, structs and maps have to be those of a text in UTF-8';
  if (typeof value === 'string' && /^(FLOAT|DOUBLE|.*INT.*)$/.test(type))
    return 'give a number, not its text';
  return undefined;
}
