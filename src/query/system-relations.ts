import { EverviewError, type TextPlace } from '../core/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import type { Schema } from '../core/schema.ts';
import type { Row, SqlValue } from '../core/value.ts';

/** Schema `everview` as queries see it: some relations are kept in the file, some reflect the engine's state. */
export interface SystemRelations {
  /** @throws EverviewError `unknown-relation`. */
  assertKnown(name: string, at: TextPlace | undefined): void;
  /** A SELECT that gives the relation. */
  sql(name: string): string;
}

const stored = [
  'updates',
  'refreshes',
  'regret',
  'model_versions',
  'gates',
  'quarantine',
  'incidents',
  'incident_events',
  'deliveries',
  'promotions',
  'held_updates',
  'marks',
  'verdicts',
  'predictions',
  'performance',
] as const;

export type ComputedRelation = { readonly schema: Schema; rows(): readonly Row[] };

export function createSystemRelations(computed: Readonly<Record<string, ComputedRelation>>): SystemRelations {
  const names: readonly string[] = [...Object.keys(computed), ...stored];
  return {
    assertKnown(name, at) {
      if (names.includes(name.toLowerCase())) return;
      throw new EverviewError('unknown-relation', `"everview.${name}" is no system table`, {
        at,
        hint: nearestHint(name, names),
      });
    },
    sql(name) {
      const relation = computed[name.toLowerCase()];
      return relation === undefined
        ? storedSql(name.toLowerCase())
        : valuesSql(relation.schema, relation.rows());
    },
  };
}

/** But for what the engine keeps there for itself. */
function storedSql(name: string): string {
  const columns = name === 'refreshes' ? '* EXCLUDE (cursor)' : '*';
  return `SELECT ${columns} FROM everview.${quoteIdentifier(name)}`;
}

function valuesSql(schema: Schema, rows: readonly Row[]): string {
  const nulls = schema.map((column) => `NULL::${column.type} AS ${quoteIdentifier(column.name)}`).join(', ');
  const empty = `SELECT ${nulls} WHERE false`;
  const selects = rows.map((row) => {
    const cells = schema.map((column) => `${literal(row[column.name] ?? null)}::${column.type}`);
    return `SELECT ${cells.join(', ')}`;
  });
  return [empty, ...selects].join(' UNION ALL ');
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return quoteLiteral(String(value));
  if (value instanceof Date) return quoteLiteral(value.toISOString().replace('Z', ''));
  if (Array.isArray(value)) return `[${value.map((item: SqlValue) => literal(item)).join(', ')}]`;
  return quoteLiteral(typeof value === 'string' ? value : JSON.stringify(value));
}
