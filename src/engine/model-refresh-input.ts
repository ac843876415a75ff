import type { Cursor } from '../log/cursor-log.ts';
import { readModelCost } from '../plan/cost-state.ts';
import type { ModelCost, ModelRefreshInput } from '../plan/model-refresh-decision.ts';
import { type ModelEntry, nameOf, type TrainingSetEntry } from '../query/catalog.ts';
import { trainingSetOf } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import type { HowToRefresh } from './refresh-views.ts';

/** What the model's refreshes have taught. */
export function modelCostOf(state: EngineState, entry: ModelEntry): ModelCost {
  return readModelCost(state.cursors.get(nameOf(entry))?.costState ?? null);
}

/** What the choice between the ways of refreshing a model rests on. */
export function modelRefreshInput(
  core: EngineCore,
  state: EngineState,
  entry: ModelEntry,
  how: HowToRefresh,
  changedRows: number,
): ModelRefreshInput {
  const previous = state.cursors.get(nameOf(entry));
  const cursor = previous?.hash === entry.declared.hash ? previous : null;
  const set = trainingSetOf(entry, state.catalog);
  return {
    mode: entry.declared.definition.policy.refresh,
    forced: core.forced,
    how,
    hasState: cursor !== null,
    definitionChanged: previous !== undefined,
    changedRows,
    trainingRows: cursor?.rows ?? state.cursors.get(nameOf(set))?.rows ?? 0,
    cost: modelCostOf(state, entry),
  };
}

/**
 * Rows an advance is expected to read. Without a window that is the logged change. With one, rows that are new enter
 * as the window passes over them: the share of it that has passed, at both ends, and what changed of the old rows.
 */
export function rowsToAdvance(
  state: EngineState,
  set: TrainingSetEntry,
  cursor: Cursor,
  nowMs: number,
): number {
  const logged = state.changes.pending(nameOf(set), cursor.version, state.version);
  const { windowMs, eventTime } = set.declared.definition;
  if (eventTime === null || windowMs === null) return logged.inserted + logged.deleted;
  return 2 * passedShare(set, cursor, nowMs) * (cursor.rows ?? 0) + 2 * logged.deleted;
}

/** How much of its window has passed since the last refresh; 0 where it has none. */
export function passedShare(set: TrainingSetEntry, { asOfMs }: Cursor, nowMs: number): number {
  const { windowMs, holdoutMs, eventTime } = set.declared.definition;
  if (eventTime === null || windowMs === null) return 0;
  return Math.min(1, (nowMs - asOfMs) / Math.max(1, windowMs - holdoutMs));
}
