import type { Everview, Row, SqlParameter, SqlValue, UpdateBuilder, UpdateResult } from '../../index.ts';
import { EverviewError, formatName } from '../../index.ts';
import type { TableRows } from '../history.ts';

/** Rows of one DELETE: their conditions are planned together. */
const deletedAtOnce = 200;

/**
 * What one arrival, or the start, does to the tables, as one update.
 * @param tables in the order of the declarations
 * @throws EverviewError of the update
 */
export function feedTables(engine: Everview, tables: readonly TableRows[]): Promise<UpdateResult> {
  const [only] = tables;
  if (only !== undefined && tables.length === 1 && (only.deleted ?? []).length === 0) {
    return engine.insert(only.table, only.rows, conflictOf(only));
  }
  return engine.transaction(async (update) => {
    // What refers to others goes before them, and comes after them.
    for (const { table, deleted = [] } of tables.toReversed()) await deleteRows(update, table, deleted);
    for (const one of tables) {
      if (one.rows.length > 0) await update.insert(one.table, one.rows, conflictOf(one));
    }
  });
}

function conflictOf({ replaces = false }: TableRows): { readonly onConflict?: 'update' } {
  return replaces ? { onConflict: 'update' } : {};
}

async function deleteRows(update: UpdateBuilder, table: string, rows: readonly Row[]): Promise<void> {
  for (let from = 0; from < rows.length; from += deletedAtOnce) {
    const parameters: SqlParameter[] = [];
    const conditions = rows.slice(from, from + deletedAtOnce).map((row) => {
      const parts = Object.entries(row).map(([column, value]) => {
        parameters.push(parameterOf(table, column, value));
        return `${formatName(column)} IS NOT DISTINCT FROM $${parameters.length}`;
      });
      return `(${parts.join(' AND ')})`;
    });
    await update.execute(`DELETE FROM ${formatName(table)} WHERE ${conditions.join(' OR ')}`, parameters);
  }
}

/** @throws EverviewError `unsupported` */
function parameterOf(table: string, column: string, value: SqlValue): SqlParameter {
  if (value === null || typeof value !== 'object' || value instanceof Date || value instanceof Uint8Array)
    return value;
  throw new EverviewError(
    'unsupported',
    `rows of "${table}" cannot be deleted by "${column}", a list or struct`,
    {
      hint: 'give the table a primary key',
    },
  );
}
