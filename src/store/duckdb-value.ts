import {
  DuckDBDecimalType,
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

const narrowDecimals: DuckDBValueConverter<SqlValue> = (value, type, converter) => {
  if (value === null || value === undefined) return null;
  if (printedTypes.has(type.typeId)) return String(value);
  if (type instanceof DuckDBDecimalType && type.width > exactDecimalDigits) return String(value);
  // JS is the library's name for the same closed set of values, with `undefined` never among them.
  return JSDuckDBValueConverter(value, type, converter as never) as SqlValue;
};

/** DuckDB value → the JavaScript value of core/value.ts. */
export function sqlValueOf(value: DuckDBValue, type: Parameters<typeof narrowDecimals>[1]): SqlValue {
  return narrowDecimals(value, type, narrowDecimals);
}

export const sqlValueConverter = narrowDecimals;
