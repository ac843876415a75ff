import { quoteIdentifier } from '../../core/identifier.ts';
import { type Column, numericKindOf } from '../../core/schema.ts';

/** What can be measured of a column's values. */
export type ColumnKind = 'number' | 'text' | 'time' | 'day' | 'boolean' | 'other';

export function columnKindOf(type: string): ColumnKind {
  if (numericKindOf(type) !== null) return 'number';
  if (type === 'DATE') return 'day';
  if (type.startsWith('TIMESTAMP')) return 'time';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'VARCHAR' || type === 'JSON' || type === 'UUID' || type.startsWith('ENUM')) return 'text';
  return 'other';
}

/** SQL that gives the column as it is measured: numbers as DOUBLE, times as milliseconds, texts as such. */
export function measuredSql({ name, type }: Column): string {
  const column = quoteIdentifier(name);
  switch (columnKindOf(type)) {
    case 'number':
      return castTo('DOUBLE', column, type);
    case 'time':
    case 'day':
      return withinDates(`TRY_CAST(${column} AS TIMESTAMP)`);
    case 'boolean':
      return `${column}::INTEGER`;
    case 'text':
      return castTo('VARCHAR', column, type);
    case 'other':
      return `(CASE WHEN ${column} IS NULL THEN NULL ELSE 1 END)::INTEGER`;
  }
}

/** What no JavaScript `Date` reaches, the infinities among it, is no moment to measure. */
function withinDates(moment: string): string {
  const [least, greatest] = [`'271821-01-01 (BC)'::TIMESTAMP`, `'275760-01-01'::TIMESTAMP`];
  return `(CASE WHEN ${moment} BETWEEN ${least} AND ${greatest} THEN epoch_ms(${moment}) END)::DOUBLE`;
}

/** Casts to the same type are planned all the same: of thousands of columns, half as long again as to select them. */
function castTo(wanted: string, column: string, type: string): string {
  return type === wanted ? column : `${column}::${wanted}`;
}
