import {
  DuckDBDateValue,
  DuckDBDecimalType,
  DuckDBDecimalValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  jsToDuckDBValue,
} from '@duckdb/node-api';
import { FineDate, microsecondsOf } from '../core/fine-date.ts';
import type { SqlValue } from '../core/value.ts';

/** `'-12.50'` at scale 1 → −125n; digits beyond the scale round half away from zero, as DuckDB casts. */
function scaledDecimal(text: string, scale: number): bigint {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text.trim());
  if (match === null || (match[2] === '' && (match[3] ?? '') === ''))
    throw new TypeError(`not a decimal: ${text}`);
  const [, sign, whole = '', fraction = ''] = match;
  const kept = fraction.padEnd(scale + 1, '0');
  const digits =
    BigInt(`${whole}${kept.slice(0, scale)}` || '0') +
    (kept[scale] !== undefined && kept[scale] >= '5' ? 1n : 0n);
  return sign === '-' ? -digits : digits;
}

/** Types whose JavaScript values the appender takes as they are. */
const plainTypes: ReadonlyMap<DuckDBTypeId, 'boolean' | 'number' | 'string'> = new Map([
  [DuckDBTypeId.BOOLEAN, 'boolean'],
  [DuckDBTypeId.INTEGER, 'number'],
  [DuckDBTypeId.FLOAT, 'number'],
  [DuckDBTypeId.DOUBLE, 'number'],
  [DuckDBTypeId.VARCHAR, 'string'],
]);

/** Values `from` to `to` of a column as the appender takes them. @throws TypeError as `duckdbInput`. */
export function duckdbInputs(
  column: ArrayLike<SqlValue>,
  from: number,
  to: number,
  type: DuckDBType,
): DuckDBValue[] {
  const values = new Array<DuckDBValue>(to - from);
  const plain = plainTypes.get(type.typeId);
  for (let index = from; index < to; index++) {
    const value = column[index] ?? null;
    values[index - from] = isPlain(value, plain) ? value : duckdbInput(value, type);
  }
  return values;
}

function isPlain(value: SqlValue, plain: string | undefined): value is null | number | string | boolean {
  return value === null || typeof value === plain;
}

/**
 * JavaScript value → the value DuckDB's appender takes for a column of `type`. Strings are taken for DECIMAL and
 * UUID, numbers as days since 1970 for DATE; TIME and INTERVAL texts are for SQL casts and not for here.
 * @throws TypeError when the value cannot be one of the type.
 */
function duckdbInput(value: SqlValue, type: DuckDBType): DuckDBValue {
  if (value === null) return null;
  if (type instanceof DuckDBDecimalType && (typeof value === 'string' || typeof value === 'bigint')) {
    return new DuckDBDecimalValue(scaledDecimal(String(value), type.scale), type.width, type.scale);
  }
  if (type.typeId === DuckDBTypeId.BIGINT) {
    if (typeof value === 'bigint') return value;
    if (typeof value === 'number') return BigInt(value);
  }
  if (type.typeId === DuckDBTypeId.DATE && typeof value === 'number') return new DuckDBDateValue(value);
  if (type.typeId === DuckDBTypeId.TIMESTAMP && value instanceof FineDate) {
    return new DuckDBTimestampValue(microsecondsOf(value));
  }
  // The library checks the value against the type at run time; its static form needs the type known in advance.
  return jsToDuckDBValue(value as never, type as never);
}
