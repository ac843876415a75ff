import type { Schema } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import { deadlineOf } from '../plan/staleness.ts';
import { nameOf } from '../query/catalog.ts';
import {
  type ComputedRelation,
  createSystemRelations,
  type SystemRelations,
} from '../query/system-relations.ts';
import { answeringModel } from './answering-model.ts';
import type { EngineState } from './engine-state.ts';
import { holdsOnAnswers, policyNow, versionUnderHold } from './held-refreshes.ts';
import { heldReport } from './held-report.ts';
import { lastHeardMs } from './last-heard.ts';
import { policyOf } from './refresh-views.ts';
import { maintainedEntries, modelEntries, reportOf, servedStanding } from './standings.ts';

export type ShownRelation = 'tables' | 'sources' | 'views' | 'models' | 'staleness';

const schemas: Readonly<Record<ShownRelation, Schema>> = {
  tables: [
    { name: 'name', type: 'VARCHAR' },
    { name: 'rows', type: 'BIGINT' },
    { name: 'columns', type: 'VARCHAR[]' },
    { name: 'event_time', type: 'VARCHAR' },
    { name: 'on_violation', type: 'VARCHAR' },
    { name: 'heartbeat_ms', type: 'DOUBLE' },
    { name: 'last_change', type: 'TIMESTAMP' },
    { name: 'overdue', type: 'BOOLEAN' },
    { name: 'constraints', type: 'VARCHAR[]' },
  ],
  sources: [
    { name: 'table', type: 'VARCHAR' },
    { name: 'source', type: 'VARCHAR' },
    { name: 'rows', type: 'BIGINT' },
    { name: 'last_change', type: 'TIMESTAMP' },
    { name: 'silence_ms', type: 'DOUBLE' },
    { name: 'overdue', type: 'BOOLEAN' },
  ],
  views: [
    { name: 'name', type: 'VARCHAR' },
    { name: 'kind', type: 'VARCHAR' },
    { name: 'maintenance', type: 'VARCHAR' },
    { name: 'detail', type: 'VARCHAR' },
    { name: 'version', type: 'BIGINT' },
    { name: 'rows', type: 'BIGINT' },
    { name: 'refresh', type: 'VARCHAR' },
    { name: 'max_staleness_ms', type: 'DOUBLE' },
    { name: 'max_rows', type: 'DOUBLE' },
    { name: 'on_stale_read', type: 'VARCHAR' },
    { name: 'reads', type: 'VARCHAR[]' },
    { name: 'query', type: 'VARCHAR' },
  ],
  models: [
    { name: 'name', type: 'VARCHAR' },
    { name: 'method', type: 'VARCHAR' },
    { name: 'training_set', type: 'VARCHAR' },
    { name: 'model_version', type: 'BIGINT' },
    { name: 'data_version', type: 'BIGINT' },
    { name: 'training_rows', type: 'BIGINT' },
    { name: 'refresh', type: 'VARCHAR' },
    { name: 'max_staleness_ms', type: 'DOUBLE' },
    { name: 'gate', type: 'VARCHAR' },
    { name: 'features', type: 'VARCHAR[]' },
  ],
  staleness: [
    { name: 'name', type: 'VARCHAR' },
    { name: 'kind', type: 'VARCHAR' },
    { name: 'as_of_version', type: 'BIGINT' },
    { name: 'versions', type: 'BIGINT' },
    { name: 'rows', type: 'BIGINT' },
    { name: 'ms', type: 'DOUBLE' },
    { name: 'effect', type: 'DOUBLE' },
    { name: 'policy_met', type: 'BOOLEAN' },
    { name: 'deadline', type: 'TIMESTAMP' },
  ],
};

export function shownSchema(what: ShownRelation): Schema {
  return schemas[what];
}

/** Schema `everview` at one state and moment. */
export function systemRelationsOf(state: EngineState, nowMs: number): SystemRelations {
  const computed = (what: ShownRelation): ComputedRelation => ({
    schema: schemas[what],
    rows: () => shownRows(what, state, nowMs),
  });
  return createSystemRelations({
    tables: computed('tables'),
    sources: computed('sources'),
    views: computed('views'),
    models: computed('models'),
    staleness: computed('staleness'),
  });
}

export function shownRows(what: ShownRelation, state: EngineState, nowMs: number): Row[] {
  switch (what) {
    case 'tables':
      return tableRows(state, nowMs);
    case 'sources':
      return sourceRows(state, nowMs);
    case 'views':
      return viewRows(state);
    case 'models':
      return modelRows(state);
    case 'staleness':
      return stalenessRows(state, nowMs);
  }
}

function tableRows(state: EngineState, nowMs: number): Row[] {
  return state.catalog.entries().flatMap((entry) => {
    if (entry.kind !== 'table') return [];
    const { definition, schema } = entry.declared;
    const lastChangeMs = state.changes.lastChangeMs(definition.name);
    const silenceMs = nowMs - lastHeardMs(state, entry);
    return [
      {
        name: definition.name,
        rows: state.changes.rows(definition.name),
        columns: schema.map((column) => column.name),
        event_time: definition.eventTime,
        on_violation: definition.onViolation,
        heartbeat_ms: definition.heartbeatMs,
        last_change: lastChangeMs === null ? null : new Date(lastChangeMs),
        overdue: isOverdue(definition.heartbeatMs, silenceMs),
        constraints: definition.constraints.map((constraint) => constraint.name),
      },
    ];
  });
}

function sourceRows(state: EngineState, nowMs: number): Row[] {
  return state.catalog.entries().flatMap((entry) => {
    if (entry.kind !== 'table') return [];
    const { name, heartbeatMs } = entry.declared.definition;
    return [...(state.sources.get(name) ?? [])].map(([source, { rows, lastMs }]) => ({
      table: name,
      source,
      rows,
      last_change: new Date(lastMs),
      silence_ms: nowMs - lastMs,
      overdue: isOverdue(heartbeatMs, nowMs - lastMs),
    }));
  });
}

/** Null where no heartbeat is declared; silence counts from the declaration where nothing came yet. */
function isOverdue(heartbeatMs: number | null, silenceMs: number): boolean | null {
  return heartbeatMs === null ? null : silenceMs > heartbeatMs;
}

function viewRows(state: EngineState): Row[] {
  return state.catalog.entries().flatMap((entry) => {
    if (entry.kind !== 'view' && entry.kind !== 'training-set') return [];
    const { definition } = entry.declared;
    const cursor = state.cursors.get(definition.name);
    const plan = entry.handle?.plan;
    const policy = entry.handle === null ? null : policyOf(entry);
    return [
      {
        name: definition.name,
        kind:
          entry.kind === 'training-set'
            ? 'training set'
            : entry.handle === null
              ? 'view'
              : 'materialized view',
        maintenance: plan === undefined ? null : plan.kind === 'full-only' ? 'full' : 'incremental',
        detail: plan?.kind === 'full-only' ? plan.detail : null,
        version: cursor?.version ?? null,
        rows: cursor?.rows ?? null,
        refresh: policy?.refresh ?? null,
        max_staleness_ms: policy?.maxStalenessMs ?? null,
        max_rows: policy?.maxRows ?? null,
        on_stale_read: policy?.onStaleRead ?? null,
        reads: entry.reads,
        query: definition.query,
      },
    ];
  });
}

function modelRows(state: EngineState): Row[] {
  return modelEntries(state).map((entry) => {
    const { definition } = entry.declared;
    const promoted = answeringModel(state, definition.name);
    return {
      name: definition.name,
      method: definition.method,
      training_set: definition.trainingSet,
      model_version: promoted?.modelVersion ?? null,
      data_version: promoted?.dataVersion ?? null,
      training_rows: promoted?.parameters.rows ?? null,
      refresh: definition.policy.refresh,
      max_staleness_ms: definition.policy.maxStalenessMs,
      gate: definition.gate.map((condition) => condition.text).join(', '),
      features: entry.declared.schema.map((column) => column.name),
    };
  });
}

function stalenessRows(state: EngineState, nowMs: number): Row[] {
  return maintainedEntries(state).map((entry) => {
    const standing = servedStanding(entry, state, nowMs);
    const heldAt = versionUnderHold(holdsOnAnswers(state, entry));
    // What waits is told as answers over it are.
    const report =
      heldAt === null || standing === null
        ? reportOf(entry, state, nowMs)
        : heldReport(state, entry, heldAt, nowMs);
    const deadline = standing === null ? null : deadlineOf(standing, policyNow(state, entry));
    return {
      name: nameOf(entry),
      kind: entry.kind,
      as_of_version: report?.asOf ?? null,
      versions: report?.versions ?? null,
      rows: report?.rows ?? null,
      ms: report?.ms ?? null,
      effect: report?.effect ?? null,
      policy_met: report?.policyMet ?? false,
      deadline: deadline === null ? null : new Date(deadline),
    };
  });
}
