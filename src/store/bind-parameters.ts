import { type DuckDBPreparedStatement, DuckDBTypeId, timestampValue } from '@duckdb/node-api';
import { microsecondsOf } from '../core/fine-date.ts';
import type { SqlParameter, SqlValue } from '../core/value.ts';
import { duckdbInputs } from './duckdb-input.ts';

export function bindParameters(statement: DuckDBPreparedStatement, params: readonly SqlParameter[]): void {
  statement.clearBindings();
  for (const [index, param] of params.entries()) bind(statement, index + 1, param);
}

/**
 * Binds one parameter, a number as the type that the statement expects: DuckDB binds a prepared statement again whenever
 * a value's type is not the expected one, which costs more than running a small one.
 */
function bind(statement: DuckDBPreparedStatement, index: number, value: SqlParameter): void {
  if (value === null) statement.bindNull(index);
  else if (typeof value === 'string') statement.bindVarchar(index, value);
  else if (value instanceof Date) {
    statement.bindTimestamp(index, timestampValue(microsecondsOf(value)));
  } else if (value instanceof Uint8Array) statement.bindBlob(index, value);
  else if (isBigintSized(value) && expectedType(statement, index) === DuckDBTypeId.BIGINT)
    statement.bindBigInt(index, BigInt(value));
  else if (typeof value === 'number' && expectedType(statement, index) === DuckDBTypeId.DOUBLE)
    statement.bindDouble(index, value);
  else statement.bindValue(index, value);
}

function isBigintSized(value: SqlParameter): value is number | bigint {
  return typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value);
}

function expectedType(statement: DuckDBPreparedStatement, index: number): DuckDBTypeId | null {
  return index <= statement.parameterCount ? statement.parameterTypeId(index) : null;
}

/** Types whose values are bound as an appender takes them. */
export const typesOfParameters: ReadonlySet<string> = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'VARCHAR',
  'DATE',
  'TIMESTAMP',
]);

/** Binds values of columns of such types, as an appender takes them. */
export function bindAsAppended(
  statement: DuckDBPreparedStatement,
  values: readonly Exclude<SqlValue, null>[],
): void {
  statement.clearBindings();
  for (const index of values.keys()) {
    const type = statement.parameterType(index + 1);
    const [value = null] = duckdbInputs(values, index, index + 1, type);
    statement.bindValue(index + 1, value, type);
  }
}
