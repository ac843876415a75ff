import { clockSource } from '../algebra/clock-filter.ts';
import { formatDurationMs } from '../core/duration.ts';
import { reasonTable } from '../core/reasons.ts';
import type { ModelVersion } from '../core/version.ts';
import type { RefreshPolicy } from '../declare/definition.ts';
import { stalenessPrice } from '../declare/option-kind.ts';
import type { Cursor } from '../log/cursor-log.ts';
import type { RefreshDecision } from '../plan/refresh-decision.ts';
import { deadlineOf } from '../plan/staleness.ts';
import type { WaitingReason } from '../plan/staleness-account.ts';
import { type Rung, rungsOf, type ViewPlan } from '../plan/view-plan.ts';
import { type CatalogEntry, nameOf } from '../query/catalog.ts';
import { unknownObject } from './declare-object.ts';
import type { EngineCore } from './engine-core.ts';
import { holdsOn } from './held-refreshes.ts';
import { type PendingOnContents, pendingChange } from './pending-change.ts';
import { assertKept, decide, isKept, isRead, type KeptEntry, policyOf, sizeOf } from './refresh-views.ts';
import type { Shown } from './show-objects.ts';
import { answeringVersion } from './shown-models.ts';
import { type Rental, rentalOf } from './staleness-rental.ts';
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
  const isFitted = core.state.cursors.get(nameOf(entry))?.hash === entry.declared.hash;
  return [
    ['object', `model ${nameOf(entry)}`],
    ['training set', entry.reads[0]],
    [
      'pending change',
      pending === undefined
        ? isFitted
          ? 'nothing since the last fit, which is to be judged anew'
          : 'never fitted'
        : `${pending.rows} rows of base tables, in ${pending.versions} versions`,
    ],
    [
      'decision',
      !isFitted ? 'full' : standing?.sinceMs === null ? 'none' : 'incremental, or full where cheaper',
    ],
    ['reason', !isFitted ? 'first-build' : standing?.sinceMs === null ? 'no-change' : 'read'],
    ['gate', entry.declared.definition.gate.map((condition) => condition.text).join(', ') || 'none'],
    ...policyFacts(core, entry),
  ];
}

function policyFacts(core: EngineCore, entry: MaintainedEntry): Fact[] {
  const policy = policyOf(entry);
  const bound = policy.maxStalenessMs === null ? 'unlimited' : formatDurationMs(policy.maxStalenessMs);
  const rental = rentalOf(core, entry, core.clock.nowMs());
  const reason = waitingReason(core, entry, rental);
  return [
    ['refresh', policy.refresh],
    ['max staleness', policy.maxRows === null ? bound : `${bound}, ${policy.maxRows} rows`],
    ...rentalFacts(policy, rental),
    ['waits for', waitsFor(core, entry, reason)],
    ['waits because', `${reason}: ${reasonTable[reason]}`],
  ];
}

function rentalFacts({ stalenessPrice: price }: RefreshPolicy, rental: Rental | null): Fact[] {
  if (price === null) return [];
  const declared: Fact = ['staleness price', stalenessPrice.toSql(price)];
  if (rental === null) return [declared];
  const { account, refreshMs } = rental;
  const rows = `${account.answers} ${account.answers === 1 ? 'row' : 'rows'} answered stale`;
  return [
    declared,
    ['staleness has cost', `${account.costMs.toFixed(2)} ms, for ${rows} since the last refresh`],
    ['a refresh would cost', `${refreshMs.toFixed(2)} ms`],
  ];
}

/** Why nobody has refreshed it yet, or it is due. */
function waitingReason(core: EngineCore, entry: MaintainedEntry, rental: Rental | null): WaitingReason {
  if (holdsOn(core.state, entry).length > 0) return 'refresh-held';
  const policy = policyOf(entry);
  const nowMs = core.clock.nowMs();
  const standing = attemptedStanding(entry, core.state, nowMs);
  if (standing?.sinceMs === null) return 'no-change';
  if (entry.kind === 'training-set') return 'waits-for-reader';
  if (policy.refresh === 'manual') return 'manual-refresh';
  if (policy.refresh === 'on_read') return 'read';
  if (standing === null) return 'first-build';
  const deadlineMs = deadlineOf(standing, policy);
  if (deadlineMs !== null && deadlineMs <= nowMs) return 'deadline';
  if (rental === null) return 'no-price';
  return rental.isEarned ? 'staleness-cost' : 'cost-below-refresh';
}

/** What would start the refresh if nobody asked for it by name. */
function waitsFor(core: EngineCore, entry: MaintainedEntry, reason: WaitingReason): string {
  const policy = policyOf(entry);
  switch (reason) {
    case 'refresh-held': {
      const updates = holdsOn(core.state, entry).map(({ updateId }) => updateId);
      return `APPROVE UPDATE ${updates.join(', ')}, or its deadline`;
    }
    case 'no-change':
      return policy.refresh === 'immediate' ? 'an update, in its transaction' : 'a change';
    case 'waits-for-reader':
      return 'a refresh of a model that reads it, or a query';
    case 'manual-refresh':
      return `REFRESH ${nameOf(entry)}`;
    case 'read':
      return 'a query that reads it';
    case 'first-build':
    case 'deadline':
    case 'staleness-cost':
      return 'nothing: it is due';
    case 'cost-below-refresh':
      return ['further stale answers', ...boundsThatCall(core, entry)].join(', or ');
    case 'no-price':
      return boundsThatCall(core, entry).join(', or ');
  }
}

function boundsThatCall(core: EngineCore, entry: MaintainedEntry): string[] {
  const policy = policyOf(entry);
  const standing = attemptedStanding(entry, core.state, core.clock.nowMs());
  const deadline = standing === null ? null : deadlineOf(standing, policy);
  const isJudgedAtRead = entry.kind === 'model' && entry.declared.definition.maxEffect !== null;
  return [
    ...(deadline === null ? [] : [`its deadline, ${new Date(deadline).toISOString()}`]),
    ...(policy.maxRows === null ? [] : [`more than ${policy.maxRows} rows of change`]),
    isJudgedAtRead ? 'a query that reads it' : 'a query that asks for fresher contents',
  ];
}
