import { formatDurationMs } from '../core/duration.ts';
import { type Schema, sameName } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import type { Constraint, RefreshPolicy } from '../declare/definition.ts';
import { formatDefinition } from '../declare/format-statement.ts';
import type { RefreshRecord } from '../log/cursor-log.ts';
import { deadlineOf } from '../plan/staleness.ts';
import { type CatalogEntry, nameOf } from '../query/catalog.ts';
import { unknownObject } from './declare-object.ts';
import type { EngineCore } from './engine-core.ts';
import { assertKept, decide, policyOf, sizeOf } from './refresh-views.ts';
import { attemptedStanding, type MaintainedEntry } from './standings.ts';

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
      reason: record.reason,
      from_version: record.fromVersion,
      to_version: record.toVersion,
      rows: record.rows,
      predicted_ms: record.kind === 'full' ? record.predictedFullMs : record.predictedIncrementalMs,
      actual_ms: record.actualMs,
    })),
  };
}

/** What a REFRESH of the object would do now, and why; nothing is done. */
export function explainRefresh(core: EngineCore, name: string): Shown {
  const { state } = core;
  const entry = state.catalog.get(name);
  if (entry === undefined) throw unknownObject(core, name);
  const facts = entry.kind === 'model' ? explainModel(core, entry) : explainView(core, entry);
  return {
    columns: [text('property'), text('value')],
    rows: facts.map(([property, value]) => ({ property, value })),
  };
}

type Fact = readonly [property: string, value: string];

function explainView(core: EngineCore, entry: CatalogEntry): Fact[] {
  const kept = assertKept(entry);
  const { state } = core;
  const { changes } = state;
  const cursor = state.cursors.get(nameOf(kept));
  const valid = cursor?.hash === kept.declared.hash ? cursor : null;
  const changed = new Map(
    kept.handle.reads.flatMap(({ name: source }) => {
      const pending = valid === null ? null : changes.pending(source, valid.version, state.version);
      return pending === null || pending.versions === 0 ? [] : [[source, pending] as const];
    }),
  );
  const decision = decide(core, kept, valid, sizeOf(state, kept, valid, changed), 'auto');
  const { plan } = kept.handle;
  return [
    ['object', `${entry.kind} ${nameOf(entry)}`],
    ['maintenance', plan.kind === 'full-only' ? `full only: ${plan.detail}` : `incremental (${plan.kind})`],
    ...[...changed].map(
      ([source, pending]): Fact => [
        'pending change',
        `${source}: ${pending.inserted} rows in, ${pending.deleted} rows out, in ${pending.versions} versions`,
      ],
    ),
    ['decision', decision.kind],
    ['reason', decision.reason],
    ['predicted incremental ms', decision.predictedMs.incremental?.toFixed(2) ?? 'not possible'],
    ['predicted full ms', decision.predictedMs.full.toFixed(2)],
    ['query', kept.handle.sql],
    ...policyFacts(core, kept),
  ];
}

function explainModel(core: EngineCore, entry: Extract<MaintainedEntry, { kind: 'model' }>): Fact[] {
  const standing = attemptedStanding(entry, core.state, core.clock.nowMs());
  const pending = standing?.staleness;
  return [
    ['object', `model ${nameOf(entry)}`],
    ['training set', entry.reads[0]],
    [
      'pending change',
      pending === undefined
        ? 'never fitted'
        : `${pending.rows} rows of base tables, in ${pending.versions} versions`,
    ],
    [
      'decision',
      standing === null ? 'full' : standing.sinceMs === null ? 'none' : 'incremental, or full where cheaper',
    ],
    ['reason', standing === null ? 'first-build' : standing.sinceMs === null ? 'no-change' : 'read'],
    ['gate', entry.declared.definition.gate.map((condition) => condition.text).join(', ') || 'none'],
    ...policyFacts(core, entry),
  ];
}

function policyFacts(core: EngineCore, entry: MaintainedEntry): Fact[] {
  const policy: RefreshPolicy = policyOf(entry);
  const standing = attemptedStanding(entry, core.state, core.clock.nowMs());
  const deadline = standing === null ? null : deadlineOf(standing, policy);
  const bound = policy.maxStalenessMs === null ? 'unlimited' : formatDurationMs(policy.maxStalenessMs);
  return [
    ['refresh', policy.refresh],
    ['max staleness', policy.maxRows === null ? bound : `${bound}, ${policy.maxRows} rows`],
    ['due', deadline === null ? 'not due' : new Date(deadline).toISOString()],
  ];
}
