import { quoteIdentifier, quoteList, quoteLiteral, versionColumn } from '../core/identifier.ts';
import { findColumn } from '../core/schema.ts';
import type { RuleKind, ViolationResponse } from '../declare/definition.ts';
import { withinRanges } from '../store/key-range.ts';
import type { IngestTarget } from './ingest-target.ts';
import { baseRelation, dataRelation } from './relation-names.ts';
import { type Stage, stageRelation } from './stage.ts';

/**
 * One way to break one constraint, as SQL over the stage. `row`: seen on the row, or against what is committed.
 * `duplicate`: against earlier rows of the same batch. `removal`: a row of another table still needs the one removed.
 */
export type Rule = {
  /** The constraint, or the rule about arrival, that it is about. */
  readonly constraint: { readonly name: string; readonly kind: RuleKind };
  /** In place of the table's `on_violation`. */
  readonly response?: ViolationResponse;
  /** The table that declares the constraint. */
  readonly table: string;
  readonly phase: 'row' | 'duplicate' | 'removal';
  /** An aggregate over the stage under the table's name: 0 exactly when no row breaks the rule. */
  readonly count: string;
  /**
   * Asked instead of `count` where it is enough to know that nothing is broken: 0 exactly then. Null: the screen of
   * another rule tells this one's violations as well.
   */
  readonly screen?: string | null;
  /** A SELECT of `r` (row number) and `reason`, one for each row that breaks the rule. */
  readonly find: string;
};

export function touches(stage: Stage, columns: readonly string[]): boolean {
  const { changed } = stage;
  return changed === null || columns.some((column) => changed.has(column.toLowerCase()));
}

/** True or NULL passes, as in SQL; a CHECK that fails to evaluate does not hold. */
export function checkHolds(expression: string): string {
  return `TRY(coalesce(CAST((${expression}\n) AS BOOLEAN), true)) IS TRUE`;
}

/** SQL text for `a = 1, b = 'x'`, of the columns as `prefix` names them. */
export function shownPairs(target: IngestTarget, columns: readonly string[], prefix = ''): string {
  return columns
    .map((column) => {
      const isText = findColumn(target.schema, column)?.type === 'VARCHAR';
      return `${quoteLiteral(`${column} = `)} || ${shown(prefix + quoteIdentifier(column), isText)}`;
    })
    .join(` || ', ' || `);
}

export function shown(reference: string, isText: boolean): string {
  const text = `left(CAST(${reference} AS VARCHAR), 80)`;
  return `coalesce(${isText ? `'''' || ${text} || ''''` : text}, 'NULL')`;
}

export function allPresent(columns: readonly string[], prefix = ''): string {
  return columns.map((column) => `${prefix}${quoteIdentifier(column)} IS NOT NULL`).join(' AND ');
}

/** `l."a" = r."x" AND …` */
export function equalKeys(
  left: string,
  leftColumns: readonly string[],
  right: string,
  rightColumns: readonly string[],
): string {
  return leftColumns
    .map((column, index) => {
      const other = rightColumns[index] ?? column;
      return `${left}.${quoteIdentifier(column)} = ${right}.${quoteIdentifier(other)}`;
    })
    .join(' AND ');
}

/** What holds for rows whose `columns` equal those of a row of the batch, as far as is known what it holds. */
export function batchBounds(
  columns: readonly string[],
  { ranges }: Pick<Stage, 'ranges'>,
  prefix = '',
): readonly string[] {
  return withinRanges(
    columns.map((column) => prefix + quoteIdentifier(column)),
    columns.map((column) => ranges?.get(column.toLowerCase()) ?? null),
  );
}

/** The rows of a relation, `columns` of them, that may equal one of the batch in these. */
export function withinBatch(relation: string, columns: readonly string[], stage: Stage): string {
  const conditions = batchBounds(columns, stage);
  if (conditions.length === 0) return relation;
  return `(SELECT ${quoteList(columns)} FROM ${relation} WHERE ${conditions.join(' AND ')})`;
}

/** The rows of the table beside the staged ones, and that these do not replace. */
export function remaining({ name }: IngestTarget, stage: Stage, columns: readonly string[]): string {
  if (stage.inTable !== undefined)
    return `(SELECT ${quoteList(columns)} FROM ${baseRelation(name)} WHERE ${versionColumn} < ${stage.inTable})`;
  if (!stage.replaces) return dataRelation(name);
  const list = quoteList(columns, 'd.');
  return `(SELECT ${list} FROM ${baseRelation(name)} AS d ANTI JOIN ${stageRelation} AS o ON o.__ev_old = d.rowid)`;
}
