import { EverviewError } from '../core/errors.ts';
import type { Reason } from '../core/reasons.ts';
import type { Session } from '../core/session.ts';
import type { TrainingSetDefinition } from '../declare/definition.ts';
import { hashGate } from '../declare/definition-hash.ts';
import { type Cursor, type RefreshRecord, recordRefresh } from '../log/cursor-log.ts';
import { assertFinite } from '../model/assert-finite.ts';
import { scorerContender } from '../model/contender.ts';
import type { Fit, FitTask, NeedsFull } from '../model/family.ts';
import type { ModelState } from '../model/model-state.ts';
import { advanceSources, contentsOf, type TrainingRelation } from '../model/row-source.ts';
import { nextBoundarySql, trainingBoundsAt } from '../model/training-window.ts';
import { decideModelRefresh, learnModelCost, type ModelRows } from '../plan/model-refresh-decision.ts';
import { type ModelEntry, nameOf, type TrainingSetEntry } from '../query/catalog.ts';
import { trainingSetOf } from './answering-model.ts';
import { commitRefreshed } from './commit-refreshed.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { evaluateCandidate } from './evaluate-candidate.ts';
import { fitTask, loadState } from './fit-task.ts';
import { modelCostOf, modelRefreshInput, rowsToAdvance } from './model-refresh-input.ts';
import { beginReadAhead, type ReadAhead, readInAdvance } from './read-ahead.ts';
import { ChangeFailure, inFullWhereChangesFail, isOfChange } from './refresh-failure.ts';
import { refreshImmediate } from './refresh-immediate.ts';
import {
  type HowToRefresh,
  overwritten,
  type RefreshRequest,
  standAsNeeded,
  whyOverwritten,
} from './refresh-views.ts';
import { type Candidate, settleCandidate } from './settle-candidate.ts';
import { attemptedStanding } from './standings.ts';
import { WriteDraft } from './write-draft.ts';

/**
 * Brings the training set up to date, fits a candidate on a snapshot (updates go on meanwhile), judges it, and lets
 * it answer if it passes. Sums, candidate, verdict and promotion commit together.
 */
export function refreshModel(
  core: EngineCore,
  name: string,
  request: RefreshRequest,
): Promise<RefreshRecord[]> {
  return core.fitting(async () => {
    const stopMeter = core.meter.start();
    const { records: sourceRecords, ahead } = await refreshTrainingSet(core, name, request.how);
    if (request.how !== 'full' && hasNothingNew(core, name)) {
      const record = await core.commit((tx, state) => {
        const draft = new WriteDraft(tx, state, core.clock.nowMs());
        return recordNoChange(draft, modelEntry(state, name), request.trigger).then((none) =>
          draft.committed(none),
        );
      });
      return [...sourceRecords, record];
    }
    const { candidate, declared } = await inFullWhereChangesFail((anew) =>
      core.store.readParallel(
        core.readStreams,
        () => core.state,
        async (snapshots, state) => {
          const entry = modelEntry(state, name);
          const asked = { how: request.how, isAnew: anew.has(name.toLowerCase()) };
          const fitted = await fitCandidate(core, snapshots, state, entry, asked, ahead, stopMeter);
          return { candidate: fitted, declared: entry.declared };
        },
      ),
    );
    const record = await core.commit(async (tx, state) => {
      const draft = new WriteDraft(tx, state, core.clock.nowMs());
      const entry = state.catalog.get(name);
      // Dropped or declared anew while the fit ran: the candidate belongs to nobody, or was scored for another gate.
      if (entry?.kind !== 'model' || !isAsFitted(entry, declared)) return draft.committed(null);
      const settled = await settleCandidate(draft, entry, candidate, request.trigger);
      await refreshImmediate(core, draft, name);
      return draft.committed(settled);
    });
    return record === null ? sourceRecords : [...sourceRecords, record];
  });
}

function isAsFitted({ declared }: ModelEntry, fitted: ModelEntry['declared']): boolean {
  return declared.hash === fitted.hash && hashGate(declared.definition) === hashGate(fitted.definition);
}

/** The training set refreshed, where it is behind, and what of its change could be read for the model meanwhile. */
async function refreshTrainingSet(
  core: EngineCore,
  name: string,
  how: HowToRefresh,
): Promise<{ readonly records: RefreshRecord[]; readonly ahead: ReadAhead | null }> {
  const set = modelEntry(core.state, name).reads[0];
  if (!core.isWriting && standAsNeeded(core, core.state, [set])) return { records: [], ahead: null };
  const reading = beginReadAhead(core, name, how);
  const records = await commitRefreshed(core, (state) => [modelEntry(state, name).reads[0]], {
    trigger: 'needed-by-dependent',
    how: 'auto',
  });
  return { records, ahead: await reading };
}

/** The last fit was of this very state and moment's training rows. */
function hasNothingNew(core: EngineCore, name: string): boolean {
  const { state } = core;
  return attemptedStanding(modelEntry(state, name), state, core.clock.nowMs())?.sinceMs === null;
}

async function recordNoChange(draft: WriteDraft, entry: ModelEntry, trigger: Reason): Promise<RefreshRecord> {
  const record: RefreshRecord = {
    refreshId: draft.state.lastRefreshId + 1,
    name: nameOf(entry),
    objectKind: 'model',
    kind: 'none',
    reason: 'no-change',
    trigger,
    fromVersion: draft.state.cursors.get(nameOf(entry))?.version ?? null,
    toVersion: draft.state.version,
    rows: 0,
    rung: null,
    predictedMs: { incremental: 0, algebraic: null, domain: null, full: null },
    actualMs: 0,
    regretMs: null,
    refreshedAtMs: draft.nowMs,
  };
  draft.update({ lastRefreshId: record.refreshId });
  await recordRefresh(draft.tx, record);
  return record;
}

function modelEntry(state: EngineState, name: string): ModelEntry {
  const entry = state.catalog.get(name);
  if (entry?.kind === 'model') return entry;
  throw new EverviewError('unknown-relation', `"${name}" is no model`);
}

/** `isAnew`: its change cannot be computed. */
type AskedFit = { readonly how: HowToRefresh; readonly isAnew: boolean };

async function fitCandidate(
  core: EngineCore,
  snapshots: readonly [Session, ...Session[]],
  state: EngineState,
  entry: ModelEntry,
  asked: AskedFit,
  ahead: ReadAhead | null,
  stopMeter: (rows: number) => number,
): Promise<Candidate> {
  const set = trainingSetOf(entry, state.catalog);
  const setCursor = state.cursors.get(nameOf(set));
  if (setCursor === undefined)
    throw new EverviewError('internal', `training set "${nameOf(set)}" has no contents`);
  const nowMs = core.clock.nowMs();
  const startedMs = performance.now();
  const { rows, gaveUp, ...fit } = await fitState(
    core,
    snapshots,
    state,
    entry,
    set,
    setCursor,
    asked,
    ahead,
    nowMs,
  );
  const rowsRead = rows.summed + rows.changed;
  const family = core.families.of(entry.declared.definition.method);
  const task = fitTask(snapshots, entry, set, nowMs);
  const { relation, bounds } = task;
  const parameters = family.solve(task, fit.state);
  if (parameters !== null) assertFinite(nameOf(entry), parameters.scorer);
  const current = state.promoted.get(nameOf(entry));
  const comparable = current?.definitionHash === entry.declared.hash ? current.parameters : null;
  const [first, second] = snapshots;
  const evaluating =
    parameters === null || entry.plan.task === 'none'
      ? Promise.resolve(null)
      : evaluateCandidate(first, entry.declared.definition, set, relation, bounds, [
          scorerContender(parameters.scorer),
          ...(comparable === null ? ([] as const) : ([scorerContender(comparable.scorer)] as const)),
        ]);
  // Scoring takes one stream; what else is to be asked of the same state is asked beside it.
  if (second === undefined) await evaluating;
  const bounding = nextBoundary(second ?? first, set.declared.definition, relation, nowMs);
  await Promise.allSettled([evaluating, bounding]);
  const [evaluation, { nextBoundaryMs, waitingRows, judgedMs }] = await Promise.all([evaluating, bounding]);
  const executed = { ...rows, gaveUp, ms: stopMeter(rowsRead), waitingRows };
  return {
    ...fit,
    rowsRead,
    trainingRows: family.rows(fit.state),
    parameters,
    evaluation,
    nextBoundaryMs: earliest(nextBoundaryMs, setCursor.nextBoundaryMs),
    nextJudgedMs: earliest(judgedMs, earliest(nextBoundaryMs, setCursor.nextBoundaryMs)),
    models: setCursor.models,
    version: setCursor.version,
    nowMs,
    durationMs: performance.now() - startedMs,
    cost: learnModelCost(modelCostOf(state, entry), executed),
  };
}

type FittedState = Pick<Candidate, 'kind' | 'reason' | 'decision' | 'state'> & {
  readonly rows: ModelRows;
  /** An advance was begun, and its result would not do. */
  readonly gaveUp: boolean;
};

async function fitState(
  core: EngineCore,
  snapshots: readonly [Session, ...Session[]],
  state: EngineState,
  entry: ModelEntry,
  set: TrainingSetEntry,
  setCursor: Cursor,
  { how, isAnew }: AskedFit,
  ahead: ReadAhead | null,
  nowMs: number,
): Promise<FittedState> {
  const previous = state.cursors.get(nameOf(entry));
  const cursor = previous?.hash === entry.declared.hash ? previous : null;
  const changedRows = cursor === null ? 0 : rowsToAdvance(state, set, cursor, nowMs);
  const decided = decideModelRefresh(modelRefreshInput(core, state, entry, how, changedRows));
  const decision = isAnew ? ({ ...decided, kind: 'full', reason: 'change-failed' } as const) : decided;
  const family = core.families.of(entry.declared.definition.method);
  const task = fitTask(snapshots, entry, set, nowMs);
  let changed = 0;
  let gaveUp = false;
  let start: ModelState | null = null;
  let reason: Reason = decision.reason;
  if (previous?.hash === overwritten)
    reason = showsOthers(previous, setCursor)
      ? 'model-promoted'
      : whyOverwritten(set.handle, previous, nowMs);
  const advanced =
    decision.kind === 'incremental' && cursor !== null
      ? await advance(core, task, state, entry, setCursor, cursor, ahead).catch((failure: unknown) => {
          throw isOfChange(failure) ? new ChangeFailure(nameOf(entry), failure) : failure;
        })
      : null;
  if (advanced !== null) {
    changed = advanced.rowsRead;
    if ('state' in advanced) {
      const rows = { summed: 0, changed };
      return { kind: 'incremental', reason, decision, state: advanced.state, rows, gaveUp };
    }
    gaveUp = true;
    reason = advanced.needsFull;
    start = advanced.from ?? null;
  }
  const full = await family.fitFull(task, start);
  const rows = { summed: full.rowsRead, changed };
  return { kind: 'full', reason, decision, state: full.state, rows, gaveUp };
}

/** Adds and takes away what changed since the cursor; null where no state is kept that could be moved. */
async function advance(
  core: EngineCore,
  task: FitTask,
  state: EngineState,
  entry: ModelEntry,
  setCursor: Cursor,
  cursor: Cursor,
  ahead: ReadAhead | null,
): Promise<Fit | NeedsFull | null> {
  const set = trainingSetOf(entry, state.catalog);
  const logged = state.changes.pending(nameOf(set), cursor.version, setCursor.version);
  const read = readInAdvance(ahead, cursor, setCursor.version, logged);
  if (read !== null) return read;
  const known = await loadState(task.snapshots[0], state, nameOf(entry), cursor);
  if (known === null) return null;
  const from = {
    version: cursor.version,
    bounds: trainingBoundsAt(set.declared.definition, cursor.asOfMs),
  };
  const sources = advanceSources(
    task.relation,
    from,
    { version: setCursor.version, bounds: task.bounds },
    logged,
  );
  return core.families.of(entry.declared.definition.method).advance(task, known, sources);
}

/** The training set holds predictions of other versions of models than those that the sums are of. */
function showsOthers({ models }: Cursor, setCursor: Cursor): boolean {
  return [...setCursor.models].some(([model, version]) => models.get(model) !== version);
}

function earliest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

async function nextBoundary(
  session: Session,
  definition: TrainingSetDefinition,
  relation: TrainingRelation,
  nowMs: number,
): Promise<
  Pick<Candidate, 'nextBoundaryMs'> & { readonly waitingRows: number; readonly judgedMs: number | null }
> {
  if (relation.eventTime === null) return { nextBoundaryMs: null, waitingRows: 0, judgedMs: null };
  const [row] = await session.rows(
    nextBoundarySql(definition, relation.eventTime, contentsOf(relation), nowMs),
  );
  const moment = (ms: unknown) => (ms === null || ms === undefined ? null : Number(ms));
  return {
    nextBoundaryMs: moment(row?.next_ms),
    waitingRows: Number(row?.waiting ?? 0),
    judgedMs: moment(row?.judged_ms),
  };
}
