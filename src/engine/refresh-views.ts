import { clockSource } from '../algebra/clock-filter.ts';
import { EverviewError } from '../core/errors.ts';
import type { Moments } from '../core/moment.ts';
import type { Reason } from '../core/reasons.ts';
import { versionOf } from '../core/version.ts';
import type { RefreshPolicy } from '../declare/definition.ts';
import { type Cursor, type RefreshRecord, recordRefresh, saveCursor } from '../log/cursor-log.ts';
import { type CostModel, learn, regretMs } from '../plan/cost-model.ts';
import { readCostModel, writeCostModel } from '../plan/cost-state.ts';
import type { RefreshSize } from '../plan/cost-terms.ts';
import {
  type AskedRefresh,
  cheapestIncrementalMs,
  decideRefresh,
  type RefreshDecision,
} from '../plan/refresh-decision.ts';
import { type Rung, rungsOf } from '../plan/view-plan.ts';
import {
  type CatalogEntry,
  type DerivedEntry,
  isMaintained,
  nameOf,
  type TrainingSetEntry,
  type ViewEntry,
} from '../query/catalog.ts';
import type { RefreshOutcome, SourceChange, ViewHandle } from '../view/refresher.ts';
import type { EngineCore } from './engine-core.ts';
import { type EngineState, withEntry } from './engine-state.ts';
import { isBoundaryPassed, type PendingOnContents, pendingChange, rowsOf } from './pending-change.ts';
import { ChangeFailure, isOfRows, refreshFailure } from './refresh-failure.ts';
import { answeringVersions, forgetUnshown, movedModels } from './shown-models.ts';
import type { WriteDraft } from './write-draft.ts';

/** `algebraic` and `domain` are refused where the view has no such rung. */
export type HowToRefresh = AskedRefresh;

/** Why refreshes happen now, and how the asked-for one is to be done; what it needs is brought along as decided. */
export type RefreshRequest = {
  readonly trigger: Reason;
  readonly how: HowToRefresh;
  /** Whose change cannot be computed, in lower case: they are computed anew. */
  readonly anew?: ReadonlySet<string>;
};

export type KeptEntry = TrainingSetEntry | (ViewEntry & { readonly handle: ViewHandle });

/** Training sets have no policy of their own: they are as fresh as whoever reads them asks for. */
const trainingSetPolicy: RefreshPolicy = {
  refresh: 'auto',
  maxStalenessMs: 0,
  maxRows: null,
  stalenessPrice: null,
  onStaleRead: 'refresh',
};

export function isKept(entry: CatalogEntry): entry is KeptEntry {
  return isMaintained(entry) && entry.kind !== 'model';
}

export function policyOf(entry: CatalogEntry): RefreshPolicy {
  return entry.kind === 'view' || entry.kind === 'model'
    ? entry.declared.definition.policy
    : trainingSetPolicy;
}

/**
 * Brings views and training sets, and whatever kept views they read, to the version of the draft, in the order of
 * their dependence: views that are refreshed together end at one version.
 */
export async function refreshViews(
  core: EngineCore,
  draft: WriteDraft,
  names: readonly string[],
  request: RefreshRequest,
): Promise<RefreshRecord[]> {
  const asked = new Set(names.map((name) => name.toLowerCase()));
  const records: RefreshRecord[] = [];
  for (const entry of withSources(draft.state, asked)) {
    const isAsked = asked.has(nameOf(entry).toLowerCase());
    const record = await refreshView(core, draft, entry, {
      trigger: isAsked ? request.trigger : 'needed-by-dependent',
      how: isAsked ? request.how : 'auto',
      ...(request.anew === undefined ? {} : { anew: request.anew }),
    }).catch((failure: unknown) => {
      throw refreshFailure(nameOf(entry), request.trigger, failure);
    });
    if (record !== null) records.push(record);
  }
  return records;
}

/** Whether `refreshViews` of them, needed by a dependent, would do and record nothing: so it need not be begun. */
export function standAsNeeded(core: EngineCore, state: EngineState, names: readonly string[]): boolean {
  const nowMs = core.clock.nowMs();
  const needed = withSources(state, new Set(names.map((name) => name.toLowerCase())));
  return needed.every((entry) => {
    const cursor = cursorOf(state, entry);
    if (cursor === null || !nothingPending(state, entry, cursor, nowMs)) return false;
    const { changedSources } = pendingChange(state, entry.handle, cursor, nowMs);
    return decide(core, entry, cursor, sizeOf(state, entry, cursor, changedSources), 'auto').rung === null;
  });
}

/** Where the entry's contents stand; null when there are none by its present definition. */
function cursorOf(state: EngineState, entry: KeptEntry): Cursor | null {
  const cursor = state.cursors.get(nameOf(entry));
  return cursor?.hash === entry.declared.hash ? cursor : null;
}

/** The kept entries that the asked ones need, themselves among them, each after what it reads. */
export function withSources({ catalog }: EngineState, asked: ReadonlySet<string>): KeptEntry[] {
  const needed = new Set<string>();
  const need = (name: string): void => {
    const entry = catalog.get(name);
    // A model answers with the version it has; the rows it learned from are no rows of what it predicts.
    if (entry === undefined || entry.kind === 'table' || entry.kind === 'model') return;
    if (needed.has(name.toLowerCase())) return;
    needed.add(name.toLowerCase());
    for (const read of entry.reads) need(read);
  };
  for (const name of asked) need(name);
  return catalog
    .entries()
    .filter((entry): entry is KeptEntry => isKept(entry) && needed.has(nameOf(entry).toLowerCase()));
}

async function refreshView(
  core: EngineCore,
  draft: WriteDraft,
  entry: KeptEntry,
  request: RefreshRequest,
): Promise<RefreshRecord | null> {
  const name = nameOf(entry);
  const to = draft.state.version;
  const previous = draft.state.cursors.get(name);
  const cursor = cursorOf(draft.state, entry);
  const pending = pendingChange(draft.state, entry.handle, cursor, draft.nowMs);
  const { changedSources } = pending;
  const size = sizeOf(draft.state, entry, cursor, changedSources);
  const model = readCostModel(cursor?.costState ?? null);
  const decided = decideBy(core, entry, model, cursor !== null, size, request.how);
  const isAnew = decided.rung !== null && request.anew?.has(name.toLowerCase()) === true;
  const decision = isAnew ? ({ ...decided, rung: 'full', reason: 'change-failed' } as const) : decided;
  const isIdle = cursor !== null && nothingPending(draft.state, entry, cursor, draft.nowMs);
  if (decision.rung === null && isIdle && request.trigger !== 'asked') return null;

  await draft.tx.settled();
  const stopMeter = core.meter.start();
  const startedMs = performance.now();
  const outcome = await carryOut(core, draft, entry, decision, cursor, pending);
  const actualMs = performance.now() - startedMs;
  const moved = outcome.inserted + outcome.deleted;
  const cost = stopMeter(moved + sourceRowsTouched(draft, entry, outcome, changedSources));
  if (cursor !== null && moved > 0 && isRead(draft.state, name)) {
    draft.addChange(name, to, outcome.inserted, outcome.deleted);
  }
  invalidateOverwritten(draft, entry, cursor, outcome);
  const rows = (cursor?.rows ?? 0) + outcome.inserted - outcome.deleted;
  const lesson = lessonOf(
    entry,
    decision,
    outcome,
    { cursor, model },
    { ...size, contentRows: cursor?.rows ?? rows },
    cost,
  );
  const standing: Cursor = {
    version: to,
    asOfMs: draft.nowMs,
    hash: entry.declared.hash,
    rows,
    nextBoundaryMs: await nextBoundary(core, draft, entry, cursor, outcome, pending.moments),
    costState: lesson.costState,
    models: answeringVersions(draft.state, entry.models),
    outcome: null,
  };
  draft.update({ cursors: withEntry(draft.state.cursors, name, standing) });
  forgetUnshown(draft);
  const reason =
    previous !== undefined && cursor === null
      ? whyAnew(entry, previous, draft.nowMs)
      : (outcome.fallback ?? outcome.recomputed ?? decision.reason);
  const record: RefreshRecord = {
    refreshId: draft.state.lastRefreshId + 1,
    name,
    objectKind: entry.kind,
    kind: outcome.kind,
    rung: lesson.rung,
    reason,
    trigger: request.trigger,
    fromVersion: cursor?.version ?? null,
    toVersion: to,
    rows: moved,
    predictedMs: { ...decision.predictedMs, incremental: cheapestIncrementalMs(decision.predictedMs) },
    actualMs,
    regretMs: lesson.regretMs,
    refreshedAtMs: draft.nowMs,
  };
  draft.update({ lastRefreshId: record.refreshId });
  await recordRefresh(draft.tx, record, standing);
  return record;
}

/** What there is to keep of a refresh for the next decisions, and how good this one was. */
function lessonOf(
  entry: KeptEntry,
  decision: RefreshDecision,
  outcome: RefreshOutcome,
  { cursor, model }: { readonly cursor: Cursor | null; readonly model: CostModel },
  size: RefreshSize,
  actualMs: number,
): { readonly costState: string | null; readonly rung: Rung | null; readonly regretMs: number | null } {
  if (decision.rung === null || outcome.kind === 'none') {
    return { costState: cursor?.costState ?? null, rung: null, regretMs: null };
  }
  const fellBack = decision.rung !== 'full' && outcome.kind === 'full';
  const executed = { rung: decision.rung, fellBack, actualMs, extraMs: probeExtraMs(decision) };
  const learned = learn(model, size, executed);
  return {
    costState: writeCostModel(learned),
    rung: fellBack ? 'full' : decision.rung,
    regretMs: cursor === null ? 0 : regretMs(learned, rungsOf(entry.handle.plan), size, executed),
  };
}

function probeExtraMs({ rung, reason, predictedMs }: RefreshDecision): number {
  if (reason !== 'probe' || rung === null) return 0;
  const best = Math.min(predictedMs.full, cheapestIncrementalMs(predictedMs) ?? predictedMs.full);
  return (predictedMs[rung] ?? best) - best;
}

/** When what was just refreshed may change by the clock: of itself, or with what it reads. */
async function nextBoundary(
  core: EngineCore,
  draft: WriteDraft,
  entry: KeptEntry,
  cursor: Cursor | null,
  outcome: RefreshOutcome,
  moments: Moments,
): Promise<number | null> {
  const { handle } = entry;
  const stands = cursor !== null && outcome.kind === 'none' && !isBoundaryPassed(cursor, draft.nowMs);
  if (stands) return cursor.nextBoundaryMs;
  const own = await core.refresher.nextBoundary(draft.tx, handle, moments);
  const boundaries = handle.reads.map(({ name }) => draft.state.cursors.get(name)?.nextBoundaryMs ?? null);
  const known = [own, ...boundaries].filter((boundary) => boundary !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** No base table has changed since, no model it shows has moved, nor has the clock passed what the contents wait for. */
function nothingPending(state: EngineState, entry: KeptEntry, cursor: Cursor, nowMs: number): boolean {
  const isChanged = (base: string) => state.changes.firstChange(base, cursor.version, state.version) !== null;
  const isMoved = movedModels(state, cursor.models).length > 0;
  return !entry.bases.some(isChanged) && !isBoundaryPassed(cursor, nowMs) && !isMoved;
}

/** Which way the entry would be refreshed, and why. */
export function decide(
  core: EngineCore,
  entry: KeptEntry,
  cursor: Cursor | null,
  size: RefreshSize,
  asked: HowToRefresh,
): RefreshDecision {
  return decideBy(core, entry, readCostModel(cursor?.costState ?? null), cursor !== null, size, asked);
}

function decideBy(
  core: EngineCore,
  entry: KeptEntry,
  model: CostModel,
  hasContents: boolean,
  size: RefreshSize,
  asked: HowToRefresh,
): RefreshDecision {
  const { refresh } = policyOf(entry);
  return decideRefresh(nameOf(entry), entry.handle.plan, size, model, {
    hasContents,
    forced: core.forced,
    asked,
    declared: refresh === 'incremental' || refresh === 'full' ? refresh : 'auto',
  });
}

/** What the writer's counters say of a refresh that would start now. */
export function sizeOf(
  state: EngineState,
  entry: KeptEntry,
  cursor: Cursor | null,
  changedSources: ReadonlyMap<string, SourceChange>,
): RefreshSize {
  const { plan } = entry.handle;
  const models = entry.handle.models.flatMap(({ name }) => changedSources.get(name) ?? []);
  return {
    shape: plan.kind,
    sources: [
      ...entry.handle.reads.map(({ name }) => sourceSize(rowsOf(state, name), changedSources.get(name))),
      // What a model predicts anew is no more to read, unless it does.
      ...models.map((change) => sourceSize(change.inserted, change)),
    ],
    contentRows: cursor?.rows ?? 0,
    keepLog: isRead(state, nameOf(entry)),
    clockMoved: changedSources.has(clockSource),
    modelMoved: models.length > 0,
    hasExtremes: plan.kind === 'group' && plan.group.arguments.some(({ min, max }) => min || max),
  };
}

function sourceSize(rows: number, change: SourceChange | undefined): RefreshSize['sources'][number] {
  return { rows, inserted: change?.inserted ?? 0, deleted: change?.deleted ?? 0 };
}

async function carryOut(
  core: EngineCore,
  draft: WriteDraft,
  entry: KeptEntry,
  decision: RefreshDecision,
  cursor: Cursor | null,
  pending: PendingOnContents,
): Promise<RefreshOutcome> {
  const { rung } = decision;
  if (rung === null) return { kind: 'none', inserted: 0, deleted: 0 };
  if (cursor === null) await core.refresher.drop(draft.tx, nameOf(entry));
  const context = {
    tx: draft.tx,
    from: cursor?.version ?? null,
    to: draft.state.version,
    ...pending,
    contentRows: cursor?.rows ?? undefined,
    rowsOf: (relation: string) => rowsOf(draft.state, relation),
    keepLog: isRead(draft.state, nameOf(entry)),
  };
  if (rung === 'full') return core.refresher.rebuild(entry.handle, context);
  return core.refresher.advance(entry.handle, context, rung).catch((failure: unknown) => {
    throw isOfRows(failure) ? new ChangeFailure(nameOf(entry), failure) : failure;
  });
}

/** Whether something kept rests on the view and so reads its change log. */
export function isRead(state: EngineState, name: string): boolean {
  return state.catalog.fedBy(name).some(isMaintained);
}

function sourceRowsTouched(
  draft: WriteDraft,
  entry: KeptEntry,
  outcome: RefreshOutcome,
  changedSources: ReadonlyMap<string, SourceChange>,
): number {
  if (outcome.kind === 'none') return 0;
  if (outcome.kind === 'incremental') {
    return [...changedSources.values()].reduce((sum, change) => sum + change.inserted + change.deleted, 0);
  }
  return entry.handle.reads.reduce((sum, { name }) => sum + rowsOf(draft.state, name), 0);
}

/**
 * A rebuild at the version the views over it already stand at can still differ in the last digits of its sums. That
 * change lies behind their cursors, so they start again.
 */
function invalidateOverwritten(
  draft: WriteDraft,
  entry: KeptEntry,
  cursor: Cursor | null,
  outcome: RefreshOutcome,
): void {
  if (cursor === null || outcome.inserted + outcome.deleted === 0) return;
  for (const dependent of draft.state.catalog.fedBy(nameOf(entry))) {
    const stale = draft.state.cursors.get(nameOf(dependent));
    if (stale?.version !== draft.state.version || willFind(dependent, stale, draft, entry)) continue;
    const cursor: Cursor = { ...stale, hash: overwritten, version: versionOf(0), outcome: null };
    saveCursor(draft.tx, nameOf(dependent), cursor, draft.state.lastRefreshId);
    draft.update({ cursors: withEntry(draft.state.cursors, nameOf(dependent), cursor) });
  }
}

/** Views find what the clock changed by its moment; models read their training set by version alone. */
function willFind(dependent: DerivedEntry, stale: Cursor, draft: WriteDraft, entry: KeptEntry): boolean {
  if (!entry.handle.isClocked) return false;
  return dependent.kind === 'model' ? dependent.reads[0] !== nameOf(entry) : stale.asOfMs < draft.nowMs;
}

/** The hash of a cursor whose contents missed a change of what they read, or of the clock. */
export const overwritten = '';

function whyAnew({ handle }: KeptEntry, previous: Cursor, nowMs: number): Reason {
  return previous.hash === overwritten ? whyOverwritten(handle, previous, nowMs) : 'definition-changed';
}

/** @param handle of the contents, or of those that a model learns from */
export function whyOverwritten(
  { isClocked }: ViewHandle,
  { asOfMs }: Pick<Cursor, 'asOfMs'>,
  nowMs: number,
): Reason {
  return isClocked || nowMs < asOfMs ? 'clock-moved' : 'state-rebase';
}

/** @throws EverviewError `wrong-kind`. */
export function assertKept(entry: CatalogEntry): KeptEntry {
  if (isKept(entry)) return entry;
  throw new EverviewError('wrong-kind', `"${nameOf(entry)}" has no contents of its own to refresh`, {
    hint: 'materialized views, training sets and models are refreshed; tables and plain views are always current',
  });
}
