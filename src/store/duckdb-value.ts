import {
  DuckDBDateValue,
  DuckDBDecimalType,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
  JSDuckDBValueConverter,
} from '@duckdb/node-api';
import { dateOfUnits } from '../core/fine-date.ts';
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
const mostDays = 100_000_000;
const mostSeconds = 86_400n * BigInt(mostDays);
const mostMs = mostSeconds * 1_000n;
const mostMicros = mostMs * 1_000n;
/** The infinite moment of every unit; no other is so late that it is told in nanoseconds and no `Date`. */
const infinite = 9_223_372_036_854_775_807n;

/** DuckDB's text of a moment that no `Date` holds, the infinities among them; null where one does. */
function textBeyondDate(value: DuckDBValue): string | null {
  if (typeof value !== 'object') return null;
  if (value instanceof DuckDBDateValue) {
    if (Math.abs(value.days) <= mostDays) return null;
    if (value.isFinite) return String(value);
    return value.days > 0 ? 'infinity' : '-infinity';
  }
  if (value instanceof DuckDBTimestampValue) return textBeyond(value.micros, mostMicros, value);
  if (value instanceof DuckDBTimestampTZValue) {
    const text = textBeyond(value.micros, mostMicros, new DuckDBTimestampValue(value.micros));
    return text === null || text.endsWith('infinity') ? text : `${text}+00`;
  }
  if (value instanceof DuckDBTimestampSecondsValue) return textBeyond(value.seconds, mostSeconds, value);
  if (value instanceof DuckDBTimestampMillisecondsValue) return textBeyond(value.millis, mostMs, value);
  if (value instanceof DuckDBTimestampNanosecondsValue) return textBeyond(value.nanos, infinite - 1n, value);
  return null;
}

function textBeyond(units: bigint, most: bigint, printed: DuckDBValue): string | null {
  if (units <= most && units >= -most) return null;
  if (units === infinite) return 'infinity';
  return units === -infinite ? '-infinity' : String(printed);
}

/** Where a moment may lie between two milliseconds. */
function momentOf(value: DuckDBValue): Date | null {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return dateOfUnits(value.micros, 1_000n);
  return value instanceof DuckDBTimestampNanosecondsValue ? dateOfUnits(value.nanos, 1_000_000n) : null;
}

const narrowDecimals: DuckDBValueConverter<SqlValue> = (value, type, converter) => {
  if (value === null || value === undefined) return null;
  if (printedTypes.has(type.typeId)) return String(value);
  if (type instanceof DuckDBDecimalType && type.width > exactDecimalDigits) return String(value);
  const beyond = textBeyondDate(value);
  if (beyond !== null) return beyond;
  const moment = momentOf(value);
  if (moment !== null) return moment;
  // JS is the library's name for the same closed set of values, with `undefined` never among them.
  return JSDuckDBValueConverter(value, type, converter as never) as SqlValue;
};

/** DuckDB value → the JavaScript value of core/value.ts. */
export function sqlValueOf(value: DuckDBValue, type: Parameters<typeof narrowDecimals>[1]): SqlValue {
  return narrowDecimals(value, type, narrowDecimals);
}

export const sqlValueConverter = narrowDecimals;
