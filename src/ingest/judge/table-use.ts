import type { FindingSeverity } from '../../core/verdict.ts';

/** What is made from a table's columns; names in lower case. */
export type TableUse = {
  /** Columns that a view or a model uses; null: nothing is made from the table, and queries may use any. */
  readonly used: ReadonlySet<string> | null;
  /** Columns that labels of models are made from. */
  readonly labels: ReadonlySet<string>;
};

export const unknownUse: TableUse = { used: null, labels: new Set() };

/** A broken column that nothing uses stops no update. */
export function cappedByUse(
  severity: FindingSeverity,
  columns: readonly string[],
  { used }: TableUse,
): FindingSeverity {
  const isUsed =
    used === null || columns.length === 0 || columns.some((name) => used.has(name.toLowerCase()));
  return severity === 'block' && !isUsed ? 'notice' : severity;
}

export function areLabels(columns: readonly string[], { labels }: TableUse): boolean {
  return columns.some((name) => labels.has(name.toLowerCase()));
}
