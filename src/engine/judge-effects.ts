import { EverviewError } from '../core/errors.ts';
import { sameName } from '../core/schema.ts';
import type { UpdateContext } from '../ingest/change-outcome.ts';
import type { ModelEffect } from '../ingest/profile/model-effect.ts';
import { scorerContender } from '../model/contender.ts';
import { effectFigures } from '../model/effect-figures.ts';
import { predictedRows } from '../model/effect-rows.ts';
import { inputColumns } from '../model/feature-plan.ts';
import { eventTimeColumn } from '../model/training-window.ts';
import { type ModelEntry, nameOf, type TableEntry, type TrainingSetEntry } from '../query/catalog.ts';
import { broughtRows } from '../view/brought-rows.ts';
import { compileView } from '../view/compile-view.ts';
import type { SourceChange, ViewHandle } from '../view/refresher.ts';
import { answeringModel, trainingSetOf } from './answering-model.ts';
import { flatResolverOf } from './compile-query.ts';
import type { EngineCore } from './engine-core.ts';
import { withEntry } from './engine-state.ts';
import { foreseenMove } from './foresee-move.ts';
import { modelEnds } from './shown-models.ts';
import type { WriteDraft } from './write-draft.ts';

/** Features whose relation to the label is looked at. */
const relatedFeatures = 500;

/** What an update did so far, by table: rows that came and went. */
export type UpdateChanges = ReadonlyMap<string, SourceChange>;

/**
 * What the models that learn from a table make of the rows an update brings, before it is committed: these are the rows
 * that the training set's own rules give (law 6), whatever its contents stand at. A training set is asked about once an
 * update, by the first of its tables that is judged; models of which no version answers say nothing.
 */
export async function effectsOfUpdate(
  core: EngineCore,
  draft: WriteDraft,
  entry: TableEntry,
  context: Pick<UpdateContext, 'version' | 'nowMs'>,
  changes: UpdateChanges,
): Promise<ModelEffect[]> {
  const effects: ModelEffect[] = [];
  const selects = new Map<string, string | null>();
  for (const model of draft.state.catalog.entries()) {
    if (model.kind !== 'model' || model.plan.task === 'none' || !isAsked(draft, entry, model, changes))
      continue;
    const set = trainingSetOf(model, draft.state.catalog);
    const known = selects.get(nameOf(set));
    const select = known === undefined ? await rowsFor(core, draft, set, context, changes) : known;
    selects.set(nameOf(set), select);
    if (select === null) continue;
    try {
      const effect = await effectOn(core, draft, model, set, select, context.nowMs);
      if (effect !== null) effects.push(effect);
    } catch (cause) {
      if (!(cause instanceof EverviewError)) throw cause;
      throw new EverviewError(
        cause.code,
        `training set "${nameOf(set)}" cannot take the rows: ${cause.message}`,
        {
          hint: `correct the rows or the definition; with profile = off "${nameOf(entry)}" takes them, and the next refresh of the set fails`,
          cause,
        },
      );
    }
  }
  return effects;
}

function isAsked(
  { state }: WriteDraft,
  entry: TableEntry,
  model: ModelEntry,
  changes: UpdateChanges,
): boolean {
  if (answeringModel(state, nameOf(model)) === null) return false;
  const judged = model.bases.find((base) => {
    const table = state.catalog.get(base);
    return changes.has(base) && table?.kind === 'table' && table.declared.definition.isProfiled;
  });
  return judged !== undefined && sameName(judged, nameOf(entry));
}

/** A SELECT of the rows that come to the training set; null: none do, or nothing says which. */
async function rowsFor(
  core: EngineCore,
  draft: WriteDraft,
  set: TrainingSetEntry,
  { version, nowMs }: Pick<UpdateContext, 'version' | 'nowMs'>,
  changes: UpdateChanges,
): Promise<string | null> {
  const handle = await flatHandle(core, draft, set);
  const read = new Map([...changes].filter(([name]) => handle.reads.some((one) => one.name === name)));
  const models = modelEnds(draft.state, handle, null);
  return broughtRows(handle, {
    from: draft.state.version,
    to: version,
    changedSources: read,
    moments: { fromMs: nowMs, toMs: nowMs, models },
  });
}

/** The training set over tables alone: kept views it reads need not stand at the version of the update. */
export async function flatHandle(
  core: EngineCore,
  draft: WriteDraft,
  { handle, declared, tree }: TrainingSetEntry,
): Promise<ViewHandle> {
  if (handle.reads.every(({ kind }) => kind === 'table')) return handle;
  const known = draft.state.flatSets.get(declared.hash);
  if (known !== undefined) return known;
  const { name, query: text, tolerance } = declared.definition;
  const resolver = flatResolverOf(draft.state.catalog);
  const flat = await compileView(draft.tx, core.parser, {
    name,
    text,
    query: tree,
    resolver,
    tolerance,
    predictionTolerance: 0,
    isDeclared: false,
  });
  draft.update({ flatSets: withEntry(draft.state.flatSets, declared.hash, flat) });
  return flat;
}

async function effectOn(
  core: EngineCore,
  draft: WriteDraft,
  model: ModelEntry,
  set: TrainingSetEntry,
  select: string,
  nowMs: number,
): Promise<ModelEffect | null> {
  const promoted = answeringModel(draft.state, nameOf(model));
  if (promoted === null) return null;
  const { schema, definition } = set.declared;
  const rows = await predictedRows(draft.tx, {
    select,
    schema,
    label: definition.label,
    eventTime: eventTimeColumn(definition, schema),
    features: inputColumns(model.plan).slice(0, relatedFeatures),
    contender: scorerContender(promoted.parameters.scorer),
  });
  if (rows === null) return null;
  return {
    model: nameOf(model),
    label: definition.label,
    definition: model.declared.hash,
    version: promoted.modelVersion,
    ...effectFigures(rows),
    ...(await foreseenMove(core, draft, model, set, select, nowMs)),
  };
}
