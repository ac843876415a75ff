import type { Session } from '../core/session.ts';
import type { Cursor } from '../log/cursor-log.ts';
import type { FitTask } from '../model/family.ts';
import type { ModelState } from '../model/model-state.ts';
import { decodeModelState } from '../model/model-state-codec.ts';
import type { TrainingRelation } from '../model/row-source.ts';
import { eventTimeColumn, trainingBoundsAt } from '../model/training-window.ts';
import { loadModelState } from '../promote/model-versions.ts';
import { type ModelEntry, nameOf, type TrainingSetEntry } from '../query/catalog.ts';
import type { EngineState } from './engine-state.ts';
import { stateAt } from './kept-states.ts';

function trainingRelation(set: TrainingSetEntry): TrainingRelation {
  return { name: nameOf(set), eventTime: eventTimeColumn(set.declared.definition, set.declared.schema) };
}

/** What a fit of the model as of a moment reads. */
export function fitTask(
  snapshots: readonly [Session, ...Session[]],
  entry: ModelEntry,
  set: TrainingSetEntry,
  nowMs: number,
): FitTask {
  return {
    plan: entry.plan,
    options: entry.declared.definition.options,
    relation: trainingRelation(set),
    bounds: trainingBoundsAt(set.declared.definition, nowMs),
    nowMs,
    maxEffect: entry.declared.definition.maxEffect,
    snapshots,
  };
}

/** A model's state as it was committed with the cursor; null: the file has none. */
export async function loadState(
  session: Session,
  state: EngineState,
  name: string,
  cursor: Cursor,
): Promise<ModelState | null> {
  const kept = stateAt(state.modelStates.get(name), cursor);
  if (kept !== null) return kept;
  const encoded = await loadModelState(session, name);
  return encoded === null ? null : decodeModelState(encoded);
}
