import { quoteIdentifier } from '../core/identifier.ts';
import { findColumn, numericKindOf, type Schema } from '../core/schema.ts';
import type { Row, SqlValue } from '../core/value.ts';
import type { CyclePeriod, TimestampPart } from '../declare/expansion.ts';
import { bucketSql, bucketValue } from './source/hash-source.ts';
import { type SplineBasis, splineSql, splineValue } from './source/spline-source.ts';
import {
  cycleSql,
  cycleValue,
  elapsedSql,
  elapsedValue,
  momentOf,
  partSql,
  partValue,
  type Wave,
} from './source/timestamp-source.ts';

/** Where a feature's values come from: a column of the training set as it is, or something made of columns. */
export type FeatureSource =
  | { readonly kind: 'column'; readonly column: string }
  | { readonly kind: 'part'; readonly column: string; readonly part: TimestampPart }
  | { readonly kind: 'season'; readonly column: string; readonly parts: readonly TimestampPart[] }
  | { readonly kind: 'cycle'; readonly column: string; readonly period: CyclePeriod; readonly wave: Wave }
  | { readonly kind: 'elapsed'; readonly column: string }
  | { readonly kind: 'spline'; readonly column: string; readonly basis: SplineBasis }
  | { readonly kind: 'product'; readonly columns: readonly string[] }
  /** The levels of several categories as one text. */
  | { readonly kind: 'pair'; readonly columns: readonly string[] }
  | { readonly kind: 'bucket'; readonly column: string; readonly bucket: number; readonly buckets: number };

/** Columns of the input that the source reads, by the names the training set gives them. */
export function sourceColumns(source: FeatureSource): readonly string[] {
  return source.kind === 'product' || source.kind === 'pair' ? source.columns : [source.column];
}

export const pairSeparator = ' × ';

/** The value in SQL. `schema` tells how the input spells the columns; without one it is the training set's way. */
export function sourceSql(source: FeatureSource, schema: Schema | null = null): string {
  const [first = 'NULL', ...more] = sourceColumns(source).map((column) =>
    quoteIdentifier(findColumn(schema ?? [], column)?.name ?? column),
  );
  switch (source.kind) {
    case 'column':
      return first;
    case 'part':
      return partSql(source.part, first);
    case 'season':
      return `(${source.parts.map((part) => `CAST(${partSql(part, first)} AS VARCHAR)`).join(` || '${pairSeparator}' || `)})`;
    case 'cycle':
      return cycleSql(source.wave, source.period, first);
    case 'elapsed':
      return elapsedSql(first);
    case 'spline':
      return splineSql(source.basis, asDouble(first));
    case 'product':
      return `(${[first, ...more].map(asDouble).join(' * ')})`;
    case 'pair':
      return `(${[first, ...more].map((name) => `CAST(${name} AS VARCHAR)`).join(` || '${pairSeparator}' || `)})`;
    case 'bucket':
      return bucketSql(source.bucket, source.buckets, first);
  }
}

function asDouble(value: string): string {
  return `CAST(${value} AS DOUBLE)`;
}

/** DuckDB's type of the value, given the type of its first column. */
export function sourceType(source: FeatureSource, columnType: string): string {
  switch (source.kind) {
    case 'column':
      return columnType;
    case 'part':
    case 'bucket':
      return 'BIGINT';
    case 'pair':
    case 'season':
      return 'VARCHAR';
    case 'cycle':
    case 'elapsed':
    case 'spline':
    case 'product':
      return 'DOUBLE';
  }
}

/** What a column must be for the source to read it; null: any type, or what its reader asks for. */
export function wantedType(source: FeatureSource): string | null {
  switch (source.kind) {
    case 'part':
    case 'season':
    case 'cycle':
    case 'elapsed':
      return 'a DATE or TIMESTAMP';
    case 'spline':
    case 'product':
      return 'a number or BOOLEAN';
    case 'bucket':
      return 'VARCHAR';
    case 'pair':
      return 'a text, an integer or a BOOLEAN (or numbers alone, for their product)';
    case 'column':
      return null;
  }
}

/** Whether a column of the type is what the source wants. */
export function accepts(source: FeatureSource, columnType: string): boolean {
  switch (source.kind) {
    case 'part':
    case 'season':
    case 'cycle':
    case 'elapsed':
      return /^(DATE|TIMESTAMP)/.test(columnType);
    case 'spline':
    case 'product':
      return numericKindOf(columnType) !== null || columnType === 'BOOLEAN';
    case 'bucket':
      return columnType === 'VARCHAR';
    case 'pair':
      // what prints alike in SQL and in JavaScript
      return /^(VARCHAR|BOOLEAN|ENUM\()/.test(columnType) || numericKindOf(columnType) === 'integer';
    case 'column':
      return true;
  }
}

/** The value in one row, as the driver gives it; undefined or null: missing. */
export function sourceValue(source: FeatureSource, row: Row): SqlValue | undefined {
  switch (source.kind) {
    case 'column':
      return row[source.column];
    case 'part':
    case 'season':
    case 'cycle':
    case 'elapsed':
      return ofMoment(source, momentOf(row[source.column]));
    case 'spline': {
      const x = numberOf(row[source.column]);
      return x === null ? null : splineValue(source.basis, x);
    }
    case 'product': {
      const factors = source.columns.map((column) => numberOf(row[column]));
      return factors.includes(null) ? null : factors.reduce<number>((all, one) => all * (one ?? 1), 1);
    }
    case 'pair': {
      const levels = source.columns.map((column) => row[column] ?? null);
      return levels.includes(null) ? null : levels.map(String).join(pairSeparator);
    }
    case 'bucket': {
      const text = row[source.column];
      return text === null || text === undefined
        ? null
        : bucketValue(source.bucket, source.buckets, String(text));
    }
  }
}

function ofMoment(
  source: Extract<FeatureSource, { kind: 'part' | 'season' | 'cycle' | 'elapsed' }>,
  moment: Date | null,
): number | string | null {
  if (moment === null) return null;
  switch (source.kind) {
    case 'part':
      return partValue(source.part, moment);
    case 'season':
      return source.parts.map((part) => String(partValue(part, moment))).join(pairSeparator);
    case 'cycle':
      return cycleValue(source.wave, source.period, moment);
    case 'elapsed':
      return elapsedValue(moment);
  }
}

function numberOf(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
