import { clockSource } from '../algebra/clock-filter.ts';
import { formatDurationMs } from '../core/duration.ts';
import { reasonTable } from '../core/reasons.ts';
import type { ModelVersion } from '../core/version.ts';
import type { Cursor } from '../log/cursor-log.ts';
import type { RefreshDecision } from '../plan/refresh-decision.ts';
import { deadlineOf } from '../plan/staleness.ts';
import { type Rung, rungsOf, type ViewPlan } from '../plan/view-plan.ts';
import { type CatalogEntry, nameOf } from '../query/catalog.ts';
import { unknownObject } from './declare-object.ts';
import type { EngineCore } from './engine-core.ts';
import { holdsOn } from './held-refreshes.ts';
import { type PendingOnContents, pendingChange } from './pending-change.ts';
import { assertKept, decide, isKept, isRead, type KeptEntry, policyOf, sizeOf } from './refresh-views.ts';
import type { Shown } from './show-objects.ts';
import { answeringVersion } from './shown-models.ts';
import { attemptedStanding, type MaintainedEntry } from './standings.ts';

/** What a REFRESH of the object would do now, and why; nothing is done. */
export function explainRefresh(core: EngineCore, name: string): Shown {
  const entry = core.state.catalog.get(name);
  if (entry === undefined) throw unknownObject(core, name);
  const facts = entry.kind === 'model' ? explainModel(core, entry) : explainView(core, entry);
  return {
    columns: ['property', 'value'].map((column) => ({ name: column, type: 'VARCHAR' })),
    rows: facts.map(([property, value]) => ({ property, value })),
  };
}

type Fact = readonly [property: string, value: string];

function explainView(core: EngineCore, entry: CatalogEntry): Fact[] {
  const kept = assertKept(entry);
  const { state } = core;
  const known = state.cursors.get(nameOf(kept));
  const cursor = known?.hash === kept.declared.hash ? known : null;
  const pending = pendingChange(state, kept.handle, cursor, core.clock.nowMs());
  const changed = pending.changedSources;
  const decision = decide(core, kept, cursor, sizeOf(state, kept, cursor, changed), 'auto');
  const { plan } = kept.handle;
  return [
    ['object', `${entry.kind.replace('-', ' ')} ${nameOf(entry)}`],
    ['rungs', plan.kind === 'full-only' ? `full only: ${plan.detail}` : rungsOf(plan).join(', ')],
    ...staleSources(core, kept),
    ...modelFacts(core, kept, cursor),
    ...pendingFacts(kept, cursor, pending),
    ['decision', decision.rung ?? 'none'],
    ['reason', `${decision.reason}: ${reasonTable[decision.reason]}`],
    ...predictions(plan, decision),
    ...statements(core, kept, cursor, pending, decision.rung),
    ...policyFacts(core, kept),
  ];
}

/** Views it reads whose own pending change has yet to be known: they are refreshed first. */
function staleSources(core: EngineCore, entry: KeptEntry): Fact[] {
  const { state } = core;
  return entry.handle.reads.flatMap(({ name }): Fact[] => {
    const source = state.catalog.get(name);
    if (source === undefined || !isKept(source)) return [];
    const standing = attemptedStanding(source, state, core.clock.nowMs());
    return standing !== null && standing.sinceMs === null ? [] : [['refreshed first', name]];
  });
}

/** Whose predictions the contents hold, of themselves or with a view they read. */
function modelFacts({ state }: EngineCore, entry: KeptEntry, cursor: Cursor | null): Fact[] {
  return entry.models.map((model): Fact => {
    const answers = answeringVersion(state, model);
    const shown = cursor === null ? null : (cursor.models.get(model) ?? null);
    const told =
      cursor === null || shown === answers
        ? versionText(answers)
        : `${versionText(shown)} is shown, ${versionText(answers)} answers`;
    return ['predictions of', `${model}: ${told}`];
  });
}

function versionText(version: ModelVersion | null): string {
  return version === null ? 'no version' : `version ${version}`;
}

function pendingFacts(
  { handle }: KeptEntry,
  cursor: Cursor | null,
  { changedSources: changed }: PendingOnContents,
): Fact[] {
  if (cursor === null) return [['pending change', 'all: there are no contents of this definition yet']];
  if (changed.size === 0) return [['pending change', 'nothing']];
  return [...changed].map(
    ([source, { inserted, deleted, versions }]): Fact => [
      'pending change',
      source === clockSource
        ? 'the clock: rows that crossed a condition on it'
        : handle.models.some(({ name }) => name === source)
          ? `${source}: another version of the model answers, for ${inserted} rows`
          : `${source}: ${inserted} rows in, ${deleted} rows out, in ${versions} ${versions === 1 ? 'version' : 'versions'}`,
    ],
  );
}

function predictions(plan: ViewPlan, { predictedMs }: RefreshDecision): Fact[] {
  return rungsOf(plan).map((rung) => [
    `predicted ${rung} ms`,
    predictedMs[rung]?.toFixed(2) ?? 'not possible without contents',
  ]);
}

function statements(
  core: EngineCore,
  entry: KeptEntry,
  cursor: Cursor | null,
  pending: PendingOnContents,
  rung: Rung | null,
): Fact[] {
  if (rung === null) return [];
  const context = {
    from: cursor?.version ?? null,
    to: core.state.version,
    ...pending,
    contentRows: cursor?.rows ?? undefined,
    keepLog: isRead(core.state, nameOf(entry)),
  };
  return core.refresher.explain(entry.handle, context, rung).map((sql): Fact => ['sql', sql]);
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
  const policy = policyOf(entry);
  const bound = policy.maxStalenessMs === null ? 'unlimited' : formatDurationMs(policy.maxStalenessMs);
  return [
    ['refresh', policy.refresh],
    ['max staleness', policy.maxRows === null ? bound : `${bound}, ${policy.maxRows} rows`],
    ['waits for', waitsFor(core, entry)],
  ];
}

/** What would start the refresh if nobody asked for it by name. */
function waitsFor(core: EngineCore, entry: MaintainedEntry): string {
  const held = holdsOn(core.state, entry);
  if (held.length > 0)
    return `APPROVE UPDATE ${held.map(({ updateId }) => updateId).join(', ')}, or its deadline`;
  const policy = policyOf(entry);
  const { refresh } = policy;
  const standing = attemptedStanding(entry, core.state, core.clock.nowMs());
  if (standing?.sinceMs === null)
    return refresh === 'immediate' ? 'an update, in its transaction' : 'a change';
  if (entry.kind === 'training-set') return 'a refresh of a model that reads it, or a query';
  if (refresh === 'manual') return `REFRESH ${nameOf(entry)}`;
  if (refresh === 'on_read') return 'a query that reads it';
  const deadline = standing === null ? null : deadlineOf(standing, policy);
  if (deadline === null) return standing === null ? 'nothing: it is due' : 'a query that reads it';
  if (deadline <= core.clock.nowMs()) return 'nothing: it is due';
  return `its deadline, ${new Date(deadline).toISOString()}, or a query that asks for fresher contents`;
}
