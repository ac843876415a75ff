import {
  DuckDBDateValue,
  DuckDBDecimalType,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
  JSDuckDBValueConverter,
} from '@duckdb/node-api';
import type { SqlValue } from '../core/value.ts';

/** DECIMALs up to this many digits are exact as a double. */
const exactDecimalDigits = 15;

const printedTypes: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TIME,
  DuckDBTypeId.TIME_TZ,
  DuckDBTypeId.TIME_NS,
  DuckDBTypeId.INTERVAL,
  DuckDBTypeId.BIT,
  DuckDBTypeId.UUID,
]);

/** ECMAScript's `Date` ends 100,000,000 days from 1970. */
const mostDateMs = 8_640_000_000_000_000;

/** DuckDB's text of a moment that no `Date` holds, the infinities among them; null where one does. */
function textBeyondDate(value: DuckDBValue): string | null {
  if (value instanceof DuckDBDateValue) {
    if (Math.abs(value.days) <= mostDateMs / 86_400_000) return null;
    if (value.isFinite) return String(value);
    return value.days > 0 ? 'infinity' : '-infinity';
  }
  if (value instanceof DuckDBTimestampValue) return isDate(value.micros / 1_000n) ? null : String(value);
  if (value instanceof DuckDBTimestampTZValue) {
    if (isDate(value.micros / 1_000n)) return null;
    const utc = new DuckDBTimestampValue(value.micros);
    return utc.isFinite ? `${utc}+00` : String(utc);
  }
  if (value instanceof DuckDBTimestampSecondsValue)
    return isDate(value.seconds * 1_000n) ? null : String(value);
  if (value instanceof DuckDBTimestampMillisecondsValue) return isDate(value.millis) ? null : String(value);
  return null;
}

function isDate(ms: bigint): boolean {
  return ms <= mostDateMs && ms >= -mostDateMs;
}

const narrowDecimals: DuckDBValueConverter<SqlValue> = (value, type, converter) => {
  if (value === null || value === undefined) return null;
  if (printedTypes.has(type.typeId)) return String(value);
  if (type instanceof DuckDBDecimalType && type.width > exactDecimalDigits) return String(value);
  const beyond = textBeyondDate(value);
  if (beyond !== null) return beyond;
  // JS is the library's name for the same closed set of values, with `undefined` never among them.
  return JSDuckDBValueConverter(value, type, converter as never) as SqlValue;
};

/** DuckDB value → the JavaScript value of core/value.ts. */
export function sqlValueOf(value: DuckDBValue, type: Parameters<typeof narrowDecimals>[1]): SqlValue {
  return narrowDecimals(value, type, narrowDecimals);
}

export const sqlValueConverter = narrowDecimals;
