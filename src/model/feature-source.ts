import { quoteIdentifier } from '../core/identifier.ts';
import { findColumn, type Schema } from '../core/schema.ts';
import type { Row, SqlValue } from '../core/value.ts';

/** Where a feature's values come from: a column of the training set, as it is. */
export type FeatureSource = { readonly kind: 'column'; readonly column: string };

/** Columns of the input that the source reads, by the names the training set gives them. */
export function sourceColumns(source: FeatureSource): readonly string[] {
  return [source.column];
}

/** The value in SQL. `schema` tells how the input spells the columns; without one it is the training set's way. */
export function sourceSql(source: FeatureSource, schema: Schema | null = null): string {
  const name = findColumn(schema ?? [], source.column)?.name ?? source.column;
  return quoteIdentifier(name);
}

/** The value in one row, as the driver gives it; undefined: not there. */
export function sourceValue(source: FeatureSource, row: Row): SqlValue | undefined {
  return row[source.column];
}
