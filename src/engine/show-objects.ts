import { type Schema, sameName } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import type { Constraint } from '../declare/definition.ts';
import { formatDefinition } from '../declare/format-statement.ts';
import { predictedOf, type RefreshRecord } from '../log/cursor-log.ts';
import type { CatalogEntry } from '../query/catalog.ts';
import { unknownObject } from './declare-object.ts';
import type { EngineCore } from './engine-core.ts';

/** Rows with their schema, as SHOW, DESCRIBE, EXPLAIN and REFRESH answer. */
export type Shown = { readonly columns: Schema; readonly rows: readonly Row[] };

const text = (name: string) => ({ name, type: 'VARCHAR' });

export function describeObject(core: EngineCore, name: string): Shown & { readonly sql: string } {
  const entry = core.state.catalog.get(name);
  if (entry === undefined) throw unknownObject(core, name);
  const columns = ['column_name', 'column_type', 'nullable', 'role'].map(text);
  const rows = entry.declared.schema.map((column) => ({
    column_name: column.name,
    column_type: column.type,
    nullable: isNullable(entry, column.name) ? 'yes' : 'no',
    role: rolesOf(entry, column.name).join(', '),
  }));
  return { columns, rows, sql: formatDefinition(entry.declared.definition) };
}

function isNullable(entry: CatalogEntry, column: string): boolean {
  if (entry.kind !== 'table') return true;
  return !entry.declared.definition.constraints.some(
    (constraint) => constraint.kind === 'not-null' && sameName(constraint.column, column),
  );
}

function rolesOf(entry: CatalogEntry, column: string): string[] {
  switch (entry.kind) {
    case 'table': {
      const { definition } = entry.declared;
      const roles = definition.constraints.flatMap((constraint) => constraintRole(constraint, column));
      return definition.eventTime !== null && sameName(definition.eventTime, column)
        ? [...roles, 'event time']
        : roles;
    }
    case 'training-set': {
      const { label, eventTime } = entry.declared.definition;
      if (sameName(label, column)) return ['label'];
      return eventTime !== null && sameName(eventTime, column) ? ['event time'] : [];
    }
    case 'model': {
      const measured = entry.plan.measured.find((feature) => sameName(feature.name, column));
      return [measured === undefined ? 'categorical feature' : `${measured.kind} feature`];
    }
    case 'view':
      return [];
  }
}

function constraintRole(constraint: Constraint, column: string): string[] {
  if (constraint.kind === 'not-null' || constraint.kind === 'check') return [];
  if (!constraint.columns.some((name) => sameName(name, column))) return [];
  return [
    constraint.kind === 'references' ? `references ${constraint.table}` : constraint.kind.replace('-', ' '),
  ];
}

export function shownRefreshes(records: readonly RefreshRecord[]): Shown {
  return {
    columns: [
      text('name'),
      text('kind'),
      text('rung'),
      text('reason'),
      { name: 'from_version', type: 'BIGINT' },
      { name: 'to_version', type: 'BIGINT' },
      { name: 'rows', type: 'BIGINT' },
      { name: 'predicted_ms', type: 'DOUBLE' },
      { name: 'actual_ms', type: 'DOUBLE' },
    ],
    rows: records.map((record) => ({
      name: record.name,
      kind: record.kind,
      rung: record.rung,
      reason: record.reason,
      from_version: record.fromVersion,
      to_version: record.toVersion,
      rows: record.rows,
      predicted_ms: predictedOf(record),
      actual_ms: record.actualMs,
    })),
  };
}
