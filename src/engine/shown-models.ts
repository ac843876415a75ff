import type { ModelEnds, ModelVersions, Predictor } from '../core/prediction.ts';
import type { ModelVersion } from '../core/version.ts';
import { createPredictor, predictionSchema } from '../model/predictor.ts';
import type { AnsweringModels, ReadObject } from '../plan/read-plan.ts';
import type { SupersededVersion } from '../promote/model-versions.ts';
import type { CatalogEntry, TableEntry } from '../query/catalog.ts';
import type { ViewHandle } from '../view/refresher.ts';
import { answeringModel } from './answering-model.ts';
import { type EngineState, withEntry, withoutEntries } from './engine-state.ts';
import type { WriteDraft } from './write-draft.ts';

/**
 * Which version of each model the contents of views show. A promotion makes no new version of the data: what holds
 * predictions is stale from then on because its cursor names another version of the model than the one that answers.
 * The parameters of a version that answered are kept in memory for as long as contents show its predictions, for
 * these have to be taken out again.
 */

/** The version that answers; null: none does. */
export function answeringVersion(state: EngineState, model: string): ModelVersion | null {
  return answeringModel(state, model)?.modelVersion ?? null;
}

/** What contents of the entry show once they are brought up to date. */
export function answeringVersions(state: EngineState, models: readonly string[]): ModelVersions {
  return new Map(models.map((model) => [model, answeringVersion(state, model)]));
}

/** What a read of the objects is planned by. */
export function answeringModels(
  state: EngineState,
  objects: readonly ReadObject[],
  predicted: readonly string[],
): AnsweringModels {
  const names = [...predicted, ...objects.flatMap(({ models }) => [...models.keys()])];
  return { versions: answeringVersions(state, names), predicted };
}

/** The models of which another version answers than the contents show. */
export function movedModels(state: EngineState, shown: ModelVersions): string[] {
  return [...shown.keys()].filter((model) => shown.get(model) !== answeringVersion(state, model));
}

/** Since when the contents show a version that no longer answers; null: they show none. */
export function supersededSinceMs(state: EngineState, shown: ModelVersions, nowMs: number): number | null {
  const since = movedModels(state, shown).map(
    (model) => state.superseded.get(keyOf(model, shown.get(model) ?? null))?.untilMs ?? nowMs,
  );
  return since.length === 0 ? null : Math.min(...since);
}

/** What predicts at both ends of a refresh of contents that show `shown`; null: there are none. */
export function modelEnds(
  state: EngineState,
  { models }: Pick<ViewHandle, 'models'>,
  shown: ModelVersions | null,
): ModelEnds {
  return new Map(
    models.map(({ name }) => {
      const to = predictorOf(state, name, answeringVersion(state, name));
      return [name, { from: shown === null ? to : predictorOf(state, name, shown.get(name) ?? null), to }];
    }),
  );
}

function predictorOf(state: EngineState, model: string, version: ModelVersion | null): Predictor | null {
  if (version === null) return null;
  const promoted = state.promoted.get(model);
  const parameters =
    promoted?.modelVersion === version
      ? promoted.parameters
      : state.superseded.get(keyOf(model, version))?.parameters;
  const entry = state.catalog.get(model);
  if (parameters === undefined || parameters === null || entry?.kind !== 'model') return null;
  return createPredictor(version, parameters, predictionSchema(entry.plan, entry.declared.definition));
}

/** To be said before another version comes to answer, or none. */
export function noteSuperseded(draft: WriteDraft, model: string): void {
  const { state } = draft;
  const version = answeringVersion(state, model);
  const key = keyOf(model, version);
  if (state.superseded.has(key) || !isShown(state, model, version)) return;
  const parameters = version === null ? null : (state.promoted.get(model)?.parameters ?? null);
  const superseded = { model, version, parameters, untilMs: draft.nowMs };
  draft.update({ superseded: withEntry(state.superseded, key, superseded) });
}

/** Forgets the versions that no contents show any more. */
export function forgetUnshown(draft: WriteDraft): void {
  const { state } = draft;
  const unshown = [...state.superseded].filter(([, { model, version }]) => !isShown(state, model, version));
  if (unshown.length === 0) return;
  const keys = unshown.map(([key]) => key);
  draft.update({ superseded: withoutEntries(state.superseded, keys) });
}

function isShown(state: EngineState, model: string, version: ModelVersion | null): boolean {
  return [...state.cursors.values()].some(
    ({ models }) => models.has(model) && (models.get(model) ?? null) === version,
  );
}

/** As `EngineState.superseded` has them. */
export function supersededByKey(
  versions: readonly SupersededVersion[],
): ReadonlyMap<string, SupersededVersion> {
  return new Map(versions.map((one) => [keyOf(one.model, one.version), one]));
}

function keyOf(model: string, version: ModelVersion | null): string {
  return `${version ?? 'none'} ${model}`;
}

/** Whether the entry's rows hold predictions of the model. */
export function showsModel(entry: CatalogEntry, model: string): entry is Exclude<CatalogEntry, TableEntry> {
  return entry.kind !== 'table' && entry.models.includes(model);
}
