import { expectedModelMs } from '../plan/model-refresh-decision.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import { trainingSetOf } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { modelRefreshInput, passedShare } from './model-refresh-input.ts';
import { pendingChange } from './pending-change.ts';
import { decide, type KeptEntry, sizeOf, withSources } from './refresh-views.ts';
import { attemptedStanding, type MaintainedEntry } from './standings.ts';
import { waitingExamples } from './waiting-change.ts';

/** What a refresh of the entry now is expected to cost, in ms: with that of the views it reads, where they are behind. */
export function expectedRefreshMs(core: EngineCore, entry: MaintainedEntry, nowMs: number): number {
  const { state } = core;
  if (entry.kind === 'model') return modelMs(core, state, entry, nowMs);
  return withSources(state, new Set([nameOf(entry).toLowerCase()])).reduce(
    (sum, one) => sum + viewMs(core, state, one, nowMs),
    0,
  );
}

/** The way a bare REFRESH would take; how much comes from views that are behind themselves is not known before. */
function viewMs(core: EngineCore, state: EngineState, entry: KeptEntry, nowMs: number): number {
  if (attemptedStanding(entry, state, nowMs)?.sinceMs === null) return 0;
  const known = state.cursors.get(nameOf(entry));
  const cursor = known?.hash === entry.declared.hash ? known : null;
  const { changedSources } = pendingChange(state, entry.handle, cursor, nowMs);
  const decision = decide(core, entry, cursor, sizeOf(state, entry, cursor, changedSources), 'auto');
  const { algebraic, domain, full } = decision.predictedMs;
  return decision.rung === null
    ? Math.min(...[algebraic, domain, full].filter((ms) => ms !== null))
    : (decision.predictedMs[decision.rung] ?? full);
}

/** Learned as a whole, its training set with it. */
function modelMs(core: EngineCore, state: EngineState, entry: ModelEntry, nowMs: number): number {
  const cursor = state.cursors.get(nameOf(entry));
  const set = trainingSetOf(entry, state.catalog);
  const left = cursor === undefined ? 0 : passedShare(set, cursor, nowMs) * (cursor.rows ?? 0);
  const { rows } = waitingExamples(entry, state, nowMs);
  const input = modelRefreshInput(core, state, entry, 'auto', rows + left);
  return expectedModelMs({ ...input, trainingRows: input.trainingRows + rows - left });
}
