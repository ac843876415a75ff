import type { WaitingChange } from '../plan/staleness-account.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import { trainingSetOf } from './answering-model.ts';
import type { EngineState } from './engine-state.ts';
import { modelCostOf } from './model-refresh-input.ts';
import { movedModels } from './shown-models.ts';
import { attemptedStanding, type MaintainedEntry } from './standings.ts';

/**
 * What has changed since the last refresh of the entry, whether or not its result answers: as far as another refresh
 * would mend it. By the writer's counts, without a query; null where nothing has, or it was never refreshed.
 */
export function waitingChange(
  entry: MaintainedEntry,
  state: EngineState,
  nowMs: number,
): WaitingChange | null {
  const standing = attemptedStanding(entry, state, nowMs);
  if (standing === null || standing.sinceMs === null) return null;
  const { ms, rows } = standing.staleness;
  const share =
    entry.kind === 'model' ? waitingExamples(entry, state, nowMs).share : changedShare(entry, state);
  return { ms, rows, share };
}

/**
 * Of the base tables that it reads the largest share of rows that changed since, for a row of a join is stale where any
 * of its parts is; all where another version of a model answers than its contents show. Rows that crossed a condition on
 * the clock nobody counted.
 */
function changedShare(entry: MaintainedEntry, state: EngineState): number {
  const cursor = state.cursors.get(nameOf(entry));
  if (cursor === undefined) return 0;
  const moved = movedModels(state, cursor.models).length > 0 ? 1 : 0;
  return Math.max(moved, changeOfBases(entry, state, Number.POSITIVE_INFINITY));
}

function changeOfBases(entry: MaintainedEntry, state: EngineState, untilMs: number): number {
  const from = state.cursors.get(nameOf(entry))?.version;
  if (from === undefined) return 0;
  const shares = entry.bases.map((base) => {
    const all = state.changes.pending(base, from, state.version);
    const counted = state.changes.pendingUntil(base, from, untilMs);
    const rowsThen = state.changes.rows(base) - all.inserted + all.deleted;
    return (counted.inserted + counted.deleted) / Math.max(1, rowsThen);
  });
  return Math.max(0, ...shares);
}

/**
 * Examples that the last fit has not learned and that count by now, and their share of those it has. Labels too young for
 * it come of age evenly over the label delay and the hold-out; rows that came since are taken to have happened as they came.
 */
export function waitingExamples(
  entry: ModelEntry,
  state: EngineState,
  nowMs: number,
): { readonly rows: number; readonly share: number } {
  const cursor = state.cursors.get(nameOf(entry));
  const set = trainingSetOf(entry, state.catalog);
  const examples = state.cursors.get(nameOf(set))?.rows ?? 0;
  if (cursor === undefined) return { rows: 0, share: 0 };
  const { eventTime, labelDelayMs, holdoutMs } = set.declared.definition;
  const youngMs = eventTime === null ? 0 : labelDelayMs + holdoutMs;
  const passed = youngMs === 0 ? 1 : Math.min(1, Math.max(0, nowMs - cursor.asOfMs) / youngMs);
  const ofAge = modelCostOf(state, entry).waitingRows * passed;
  const came = changeOfBases(entry, state, nowMs - youngMs) * examples;
  const moved = movedModels(state, cursor.models).length > 0 ? (cursor.rows ?? 0) : 0;
  const rows = ofAge + came + moved;
  return { rows, share: rows / Math.max(1, cursor.rows ?? 0) };
}
