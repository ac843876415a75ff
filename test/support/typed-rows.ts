import type { SqlValue } from '../../src/core/value.ts';
import type { TableShape } from './history.ts';
import type { RefRow, RefType, RefValue } from './reference/value.ts';

/** The rows as a TypeScript program would give them. */
export function typedRows(shape: TableShape, rows: readonly RefRow[]): Record<string, SqlValue>[] {
  return rows.map((row) =>
    Object.fromEntries(
      shape.columns.map((column, place) => [column.name, typedValue(row[place] ?? null, column.type)]),
    ),
  );
}

function typedValue(value: RefValue, type: RefType): SqlValue {
  if (value === null) return null;
  switch (type) {
    case 'decimal':
      return Number(value) / 100;
    case 'time':
      return new Date(Number(BigInt(value) / 1_000n));
    case 'int':
    case 'double':
    case 'text':
    case 'bool':
      return value;
  }
}
