import { EverviewError } from '../core/errors.ts';
import type { Cursor } from '../log/cursor-log.ts';
import type { Fit, FitTask, ModelFamily, NeedsFull } from '../model/family.ts';
import type { ModelState } from '../model/model-state.ts';
import { decodeModelState } from '../model/model-state-codec.ts';
import { type PredictionMove, predictionMove } from '../model/prediction-move.ts';
import { contentsOf, type RowSource } from '../model/row-source.ts';
import { designSize, type ModelParameters } from '../model/scorer.ts';
import { membershipCondition } from '../model/training-window.ts';
import { loadModelState } from '../promote/model-versions.ts';
import { type ModelEntry, nameOf, type TrainingSetEntry } from '../query/catalog.ts';
import { answeringModel } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import { fitTask } from './fit-task.ts';
import { stateAt, withState } from './kept-states.ts';
import type { WriteDraft } from './write-draft.ts';

const notForeseen: PredictionMove = { move: Number.NaN, largestMove: Number.NaN };

/** Columns of a design beyond which to solve it twice with each update costs more than it tells. */
const mostColumns = 256;

/**
 * What a model would make of rows that are not committed yet: its state with and without them, solved, and compared on
 * the rows of its hold-out. For families whose refresh by the change is exact or certified, and designs of moderate
 * width; NaN for others.
 */
export async function foreseenMove(
  core: EngineCore,
  draft: WriteDraft,
  model: ModelEntry,
  set: TrainingSetEntry,
  select: string,
  nowMs: number,
): Promise<PredictionMove> {
  const family = core.families.of(model.declared.definition.method);
  const { inserts } = family.capability;
  if (inserts !== 'exact' && inserts !== 'certified') return notForeseen;
  const cursor = draft.state.cursors.get(nameOf(model));
  if (cursor?.hash !== model.declared.hash) return notForeseen;
  const promoted = answeringModel(draft.state, nameOf(model));
  if (promoted === null || designSize(promoted.parameters.scorer) > mostColumns) return notForeseen;
  const kept = await stateOf(draft, nameOf(model), cursor);
  if (kept === null) return notForeseen;
  const task = fitTask([draft.tx], model, set, nowMs);
  const rows: RowSource = { sign: 1, why: 'change', relation: `(${select})`, conditions: [], mostRows: null };
  const before = trySolve(family, task, kept);
  if (before === null) return notForeseen;
  const advanced = await tryAdvance(family, task, kept, rows);
  const after = advanced !== null && 'state' in advanced ? trySolve(family, task, advanced.state) : null;
  if (after === null) return notForeseen;
  const { relation, bounds } = task;
  const condition = membershipCondition(bounds.holdout ?? bounds.training, relation.eventTime);
  const recent = `(SELECT * FROM ${contentsOf(relation)}${condition === null ? '' : ` WHERE ${condition}`})`;
  return predictionMove(draft.tx, before.scorer, after.scorer, recent, set.declared.schema);
}

/** From memory; once the file was opened again, from there, and then kept: what is foreseen must not depend on it. */
async function stateOf(draft: WriteDraft, name: string, cursor: Cursor): Promise<ModelState | null> {
  const kept = stateAt(draft.state.modelStates.get(name), cursor);
  if (kept !== null) return kept;
  const encoded = await loadModelState(draft.tx, name);
  if (encoded === null) return null;
  const state = decodeModelState(encoded);
  draft.update({ modelStates: withState(draft.state.modelStates, name, cursor, state, encoded.length) });
  return state;
}

/** Null: with the rows there are more levels or classes than a model may have, as the fit will say if they stay. */
async function tryAdvance(
  family: ModelFamily,
  task: FitTask,
  state: ModelState,
  rows: RowSource,
): Promise<Fit | NeedsFull | null> {
  try {
    return await family.advance(task, state, [rows]);
  } catch (failure) {
    if (failure instanceof EverviewError && failure.code === 'unsupported') return null;
    throw failure;
  }
}

/** Null: the rows determine no model, as the fit will say. */
function trySolve(family: ModelFamily, task: FitTask, state: ModelState): ModelParameters | null {
  try {
    return family.solve(task, state);
  } catch (failure) {
    if (failure instanceof EverviewError) return null;
    throw failure;
  }
}
