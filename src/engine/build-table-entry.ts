import { EverviewError } from '../core/errors.ts';
import { placeColumn, quoteIdentifier, reservedPrefix } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { columnNames, type Schema, sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlParser } from '../core/sql-tree.ts';
import type { Constraint, TableDefinition } from '../declare/definition.ts';
import { hashDefinition } from '../declare/definition-hash.ts';
import { createIngestTarget, primaryKeyOf } from '../ingest/ingest-target.ts';
import type { Catalog, TableEntry } from '../query/catalog.ts';
import { queryFailure } from '../query/query-failure.ts';
import { assertColumnsKnown } from './assert-columns-known.ts';
import { clockedDefinition } from './table-clock.ts';

/**
 * A base table, once DuckDB knows its types and can evaluate its checks and defaults.
 * @param isDeclared whether somebody declares it now
 */
export async function buildTableEntry(
  session: Session,
  parser: SqlParser,
  definition: TableDefinition,
  catalog: Catalog,
  createdAtMs: number,
  isDeclared: boolean,
): Promise<TableEntry> {
  if (isDeclared) assertNoPlace(definition);
  const schema: Schema[number][] = [];
  for (const column of definition.columns) {
    if (column.name.toLowerCase().startsWith(reservedPrefix)) {
      throw new EverviewError(
        'invalid-definition',
        `column "${column.name}" of "${definition.name}" has a reserved name`,
        {
          hint: `names that start with ${reservedPrefix} are the engine's`,
        },
      );
    }
    schema.push({
      name: column.name,
      type: await canonicalType(session, definition.name, column.name, column.type),
    });
  }
  for (const column of definition.columns) {
    if (column.default !== null) {
      await assertEvaluates(
        session,
        `SELECT CAST((${column.default}) AS ${column.type})`,
        definition.name,
        'DEFAULT',
        schema,
      );
    }
  }
  const row = schema.map(({ name, type }) => `NULL::${type} AS ${quoteIdentifier(name)}`).join(', ');
  for (const constraint of definition.constraints) {
    assertColumnsKnown(definition.name, columnsOf(constraint), schema);
    if (constraint.kind === 'check') {
      await assertEvaluates(
        session,
        `SELECT (${constraint.expression}) FROM (SELECT ${row})`,
        definition.name,
        'CHECK',
        schema,
      );
    }
    if (constraint.kind === 'references') assertReference(definition, constraint, schema, catalog);
  }
  const declared = { definition, hash: hashDefinition(definition, []), schema };
  const others = catalog
    .entries()
    .filter(
      (entry): entry is TableEntry =>
        entry.kind === 'table' && !sameName(entry.declared.definition.name, definition.name),
    );
  return {
    kind: 'table',
    createdAtMs,
    declared,
    clocked: await clockedDefinition(parser, definition, schema),
    target: createIngestTarget(
      declared,
      others.map((entry) => entry.declared),
    ),
  };
}

function assertNoPlace({ name, columns }: TableDefinition): void {
  if (!columns.some((column) => sameName(column.name, placeColumn))) return;
  throw new EverviewError('invalid-definition', `column "${placeColumn}" of "${name}" has a reserved name`, {
    hint: 'DuckDB calls the place of a row so, by which rows are changed: call it row_id',
  });
}

async function canonicalType(session: Session, table: string, column: string, type: string): Promise<string> {
  try {
    const [described] = await session.describe(`SELECT CAST(NULL AS ${type}) AS c`);
    // To DuckDB's clients JSON is the text it is kept as; a table of it takes no other text.
    if (described?.type === 'VARCHAR' && /^json$/i.test(type.trim())) return 'JSON';
    if (described !== undefined) return described.type;
  } catch (cause) {
    const known = await session.rows(
      `SELECT DISTINCT upper(type_name) AS name FROM duckdb_types() ORDER BY 1`,
    );
    throw new EverviewError(
      'unknown-type',
      `column "${column}" of "${table}" has a type DuckDB does not know: ${type}`,
      {
        cause,
        hint: nearestHint(
          type.replace(/\(.*/, ''),
          known.map((row) => String(row.name)),
        ),
      },
    );
  }
  throw new EverviewError('unknown-type', `column "${column}" of "${table}" has no type`);
}

async function assertEvaluates(
  session: Session,
  sql: string,
  table: string,
  what: 'CHECK' | 'DEFAULT',
  schema: Schema,
): Promise<void> {
  try {
    await session.describe(sql);
  } catch (cause) {
    const failure = queryFailure(cause, '', null);
    if (!(failure instanceof EverviewError)) throw failure;
    const column = /"([^"]+)"/.exec(failure.message)?.[1];
    throw new EverviewError(
      failure.code === 'unknown-column' ? 'unknown-column' : 'invalid-definition',
      `a ${what} of "${table}" cannot be evaluated: ${failure.message}`,
      { cause, hint: column === undefined ? failure.hint : nearestHint(column, columnNames(schema)) },
    );
  }
}

function columnsOf(constraint: Constraint): readonly string[] {
  switch (constraint.kind) {
    case 'not-null':
      return [constraint.column];
    case 'check':
      return [];
    case 'unique':
    case 'primary-key':
    case 'references':
      return constraint.columns;
  }
}

function assertReference(
  definition: TableDefinition,
  constraint: Extract<Constraint, { kind: 'references' }>,
  schema: Schema,
  catalog: Catalog,
): void {
  const isSelf = sameName(constraint.table, definition.name);
  const entry = isSelf ? undefined : catalog.get(constraint.table);
  if (!isSelf && entry?.kind !== 'table') {
    const tables = catalog.entries().filter((known) => known.kind === 'table');
    throw new EverviewError(
      'unknown-relation',
      `"${definition.name}" references "${constraint.table}", which is no table`,
      {
        hint: nearestHint(
          constraint.table,
          tables.map((known) => known.declared.definition.name),
        ),
      },
    );
  }
  const parent = entry?.kind === 'table' ? entry.declared.definition : definition;
  const parentSchema = entry?.declared.schema ?? schema;
  const target = constraint.targetColumns.length > 0 ? constraint.targetColumns : primaryKeyOf(parent);
  assertColumnsKnown(parent.name, target, parentSchema);
  const isKey = parent.constraints.some(
    (known) =>
      (known.kind === 'unique' || known.kind === 'primary-key') &&
      known.columns.length === target.length &&
      known.columns.every((column) => target.some((name) => sameName(name, column))),
  );
  if (!isKey || target.length !== constraint.columns.length) {
    throw new EverviewError(
      'invalid-definition',
      `"${definition.name}" references columns of "${parent.name}" that are no PRIMARY KEY or UNIQUE of it`,
      {
        hint: `reference as many columns as the key has, or declare UNIQUE (${target.join(', ')}) on "${parent.name}"`,
      },
    );
  }
}
