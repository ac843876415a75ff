import type { StalenessReport } from '../core/staleness.ts';
import { versionOf } from '../core/version.ts';
import type { QueryPolicy, RefreshPolicy } from '../declare/definition.ts';
import { hashGate } from '../declare/definition-hash.ts';
import { declaredPolicy, policyFor } from '../declare/query-policy.ts';
import type { Cursor } from '../log/cursor-log.ts';
import type { MomentSpan, ReadObject } from '../plan/read-plan.ts';
import { type Standing, standingOf, withinPolicy } from '../plan/staleness.ts';
import { type CatalogEntry, isMaintained, type ModelEntry, nameOf } from '../query/catalog.ts';
import { answeringModel } from './answering-model.ts';
import { candidateHold } from './candidate-hold.ts';
import type { EngineState } from './engine-state.ts';
import { isRefreshHeld, policyNow } from './held-refreshes.ts';
import { policyOf } from './refresh-views.ts';
import { supersededSinceMs } from './shown-models.ts';

export type MaintainedEntry = Extract<CatalogEntry, { kind: 'view' | 'training-set' | 'model' }>;

/** The maintained entries of a catalog, each after what it reads. */
export function maintainedEntries(state: EngineState): MaintainedEntry[] {
  return state.catalog.entries().filter((entry): entry is MaintainedEntry => isMaintained(entry));
}

/** Where what answers for the entry stands: for a model its promoted version. Null when nothing can answer. */
export function servedStanding(entry: MaintainedEntry, state: EngineState, nowMs: number): Standing | null {
  const cursor = state.cursors.get(nameOf(entry));
  if (entry.kind !== 'model') {
    if (cursor?.hash !== entry.declared.hash || showsNoVersion(cursor)) return null;
    return standingAt(cursor, entry, state, nowMs);
  }
  const promoted = state.promoted.get(nameOf(entry));
  if (promoted?.definitionHash !== entry.declared.hash) return null;
  const isLatest =
    cursor !== undefined && state.lastModelVersion.get(nameOf(entry)) === promoted.modelVersion;
  // A version older than the last fit is stale since that fit's moment at the latest.
  const nextBoundaryMs = isLatest ? cursor.nextBoundaryMs : (cursor?.asOfMs ?? promoted.asOfMs);
  const models = isLatest ? cursor.models : new Map();
  return standingAt({ version: promoted.dataVersion, nextBoundaryMs, models }, entry, state, nowMs);
}

/** No row has predictions while no version of a model answers: such contents are no answer, however recent. */
function showsNoVersion({ models }: Cursor): boolean {
  return [...models.values()].includes(null);
}

function standingAt(
  { version, nextBoundaryMs, models }: Pick<Cursor, 'version' | 'nextBoundaryMs' | 'models'>,
  { bases }: MaintainedEntry,
  state: EngineState,
  nowMs: number,
): Standing {
  const supersededMs = supersededSinceMs(state, models, nowMs);
  const position = { version, nextBoundaryMs, supersededMs };
  return standingOf(position, bases, state.changes, state.version, nowMs);
}

/**
 * Where the last refresh left the entry, whether or not its result answers. Where the next one would come to another
 * result from the same rows, it is as if that had not been: where what answers stands.
 */
export function attemptedStanding(
  entry: MaintainedEntry,
  state: EngineState,
  nowMs: number,
): Standing | null {
  const cursor = state.cursors.get(nameOf(entry));
  if (cursor?.hash !== entry.declared.hash) return null;
  if (entry.kind === 'model' && isOvertaken(entry, state, cursor)) return servedStanding(entry, state, nowMs);
  return standingAt(cursor, entry, state, nowMs);
}

/**
 * The last fit passed its gate and does not answer, though nothing holds it any more (an incident ended, a rollback was
 * undone); or it failed a gate that is no longer declared.
 */
function isOvertaken(entry: ModelEntry, state: EngineState, { outcome }: Cursor): boolean {
  switch (outcome?.kind) {
    case 'passed': {
      const name = nameOf(entry);
      const answers = answeringModel(state, name)?.modelVersion === state.lastModelVersion.get(name);
      return !answers && candidateHold(state, entry) === null;
    }
    case 'failed':
      return outcome.gate !== hashGate(entry.declared.definition);
    case 'too-few-rows':
    case undefined:
      return false;
  }
}

/**
 * What an entry declares, a bound on the effect among it: what a pending change does to the predictions is known only
 * once it is in the sums, and until then counts as more than any.
 */
export function boundsOf(entry: MaintainedEntry): RefreshPolicy {
  const policy = policyOf(entry);
  const isEffectBound = entry.kind === 'model' && entry.declared.definition.maxEffect !== null;
  return isEffectBound ? { ...policy, maxStalenessMs: 0 } : policy;
}

/** The entry as the read plan of a query sees it that asks for `asked`. */
export function readObjectOf(
  entry: MaintainedEntry,
  state: EngineState,
  nowMs: number,
  asked: QueryPolicy = declaredPolicy,
): ReadObject {
  const served = servedStanding(entry, state, nowMs);
  const attempted = attemptedStanding(entry, state, nowMs);
  const policy = isRefreshHeld(state, entry) ? policyNow(state, entry) : policyFor(boundsOf(entry), asked);
  return {
    name: nameOf(entry),
    kind: entry.kind === 'model' ? 'model' : 'view',
    policy,
    standing: served,
    contentsVersion: state.cursors.get(nameOf(entry))?.version ?? null,
    moments: momentsOf(entry, state, nowMs),
    models: entry.kind === 'model' ? new Map() : (state.cursors.get(nameOf(entry))?.models ?? new Map()),
    refreshIsFutile: entry.kind === 'model' && attempted !== null && attempted.sinceMs === null,
  };
}

function momentsOf(entry: MaintainedEntry, state: EngineState, nowMs: number): MomentSpan | null {
  const cursor = state.cursors.get(nameOf(entry));
  if (cursor === undefined || entry.kind === 'model' || entry.handle?.isClocked !== true) return null;
  const { asOfMs, nextBoundaryMs } = cursor;
  const isPassed = nextBoundaryMs !== null && nextBoundaryMs <= nowMs;
  return { fromMs: asOfMs, untilMs: isPassed ? nextBoundaryMs : Number.POSITIVE_INFINITY };
}

/** How far behind an entry is that waits for nothing; of one that does, `heldReport` tells. */
export function reportOf(
  entry: MaintainedEntry,
  state: EngineState,
  nowMs: number,
  asked: QueryPolicy = declaredPolicy,
): StalenessReport | null {
  const standing = servedStanding(entry, state, nowMs);
  if (standing === null) return null;
  return {
    name: nameOf(entry),
    ...standing.staleness,
    asOf: versionOf(standing.asOf),
    policyMet: withinPolicy(standing, readObjectOf(entry, state, nowMs, asked).policy),
  };
}

export function modelEntries(state: EngineState): ModelEntry[] {
  return state.catalog.entries().filter((entry): entry is ModelEntry => entry.kind === 'model');
}
