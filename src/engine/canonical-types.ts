import { hasSameColumns } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Definition, TableDefinition } from '../declare/definition.ts';

/**
 * The definition with types as DuckDB spells them, so that `INT`, `INTEGER` and `t.integer()` declare the same table. One
 * with the columns of the table that stands there has its spelling: by that an older release hashed what is in the file.
 */
export async function withCanonicalTypes(
  session: Session,
  definition: Definition,
  existing: Definition | undefined,
): Promise<Definition> {
  if (definition.kind !== 'table') return definition;
  const canonical = await canonicalOf(session, definition);
  if (existing?.kind !== 'table') return canonical;
  if (!sameColumns(canonical, await canonicalOf(session, existing))) return canonical;
  const columns = definition.columns.map((column, index) => ({
    ...column,
    type: existing.columns[index]?.type ?? column.type,
  }));
  return { ...definition, columns };
}

/** A type that DuckDB does not know stays as it is, for whoever builds the table to tell of. */
async function canonicalOf(session: Session, table: TableDefinition): Promise<TableDefinition> {
  const types = table.columns.map(({ type }, index) => `typeof(CAST(NULL AS ${type})) AS c${index}`);
  const [row] = await session.rows(`SELECT ${types.join(', ')}`).catch(() => []);
  if (row === undefined) return table;
  const columns = table.columns.map((column, index) => ({ ...column, type: String(row[`c${index}`]) }));
  return { ...table, columns };
}

/** Of definitions with canonical types, or of one and its replacement. */
export function sameColumns(a: TableDefinition, b: TableDefinition): boolean {
  return hasSameColumns(a.columns, b.columns);
}
