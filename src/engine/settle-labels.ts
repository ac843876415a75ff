import { z } from 'zod';
import { modelVersionOf, versionOf } from '../core/version.ts';
import { LiveLosses } from '../promote/live-losses.ts';
import { classLosses, type LiveLoss, type LiveMetric, numberLosses } from '../promote/live-metrics.ts';
import {
  appendPredictions,
  countPredictions,
  type LabelledPrediction,
  type LiveLog,
  notePredictionsWaiting,
  type PredictionBatch,
  prunePredictions,
  recordLabels,
} from '../promote/prediction-log.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import { answeringModel, trainingSetOf } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import { type EngineState, withEntry } from './engine-state.ts';
import {
  type FoundLabel,
  findLabels,
  labelsAtOnce,
  labelsGoneSince,
  labelsThereBefore,
  nextLabelMs,
} from './find-labels.ts';
import { isRefreshHeld } from './held-refreshes.ts';
import { hasStaleLiveIncident, noteLivePerformance } from './live-incidents.ts';
import { inFullWhereChangesFail } from './refresh-failure.ts';
import { refreshViews } from './refresh-views.ts';
import { modelEntries } from './standings.ts';
import { WriteDraft } from './write-draft.ts';

/**
 * Live performance. What models predict that log it is written by the writer (`PredictionBuffer`), and held against the
 * labels that their training sets have by then: the row with the same key, once its label counts (`label_delay`). What
 * is found is added to the sums of the version that had answered (`LiveLosses`), and if these prove it worse than its
 * promotion promised, there is an incident.
 *
 * How labels are looked for: `due`, a minute apart, where something has changed; `asked`, now; `write`, not at all.
 */
export type Settling = 'due' | 'asked' | 'write';

const settleEveryMs = 60_000;

/**
 * @param only the model that is asked about; null: all
 * @throws the first failure, once every other model was seen to
 */
export async function settleLabels(
  core: EngineCore,
  how: Settling,
  only: string | null = null,
): Promise<void> {
  if (!core.mayWrite) return;
  // Whoever notes predictions asks for `write`, and would wait for itself.
  if (how !== 'write') await core.predictions.settled();
  if (!core.mayWrite) return;
  if (!core.predictions.isEmpty) await writePredictions(core);
  if (how === 'write') return;
  const due = dueModels(core.state, core.clock.nowMs(), how);
  const failures: unknown[] = [];
  for (const { name } of due.filter((model) => only === null || model.name === only)) {
    const settled = inFullWhereChangesFail((anew) =>
      core.commit(async (tx, state) => {
        const draft = new WriteDraft(tx, state, core.clock.nowMs());
        const entry = state.catalog.get(name);
        if (entry?.kind === 'model') await settleModel(core, draft, entry, anew);
        return draft.committed(undefined);
      }),
    );
    await settled.catch((failure: unknown) => failures.push(failure));
  }
  if (failures.length > 0) throw failures[0];
}

/** In a transaction of their own, which makes no version. */
export async function writePredictions(core: EngineCore): Promise<void> {
  const taken: PredictionBatch[] = [];
  try {
    await core.commit(async (tx, state) => {
      const draft = new WriteDraft(tx, state, core.clock.nowMs());
      taken.push(...core.predictions.take());
      const wanted = taken.filter((batch) => isWanted(state, batch));
      const lastPredictionId = await appendPredictions(tx, wanted, state.lastPredictionId);
      draft.update({ lastPredictionId });
      const models = lastPredictionId === state.lastPredictionId ? [] : wanted.map(({ model }) => model);
      for (const model of new Set(models)) await noteLogged(draft, model, { hasNew: true });
      return draft.committed(undefined);
    });
  } catch (failure) {
    core.predictions.giveBack(taken);
    throw failure;
  }
}

/** The model may have been dropped since, and another have its name, or log by another key. */
function isWanted(state: EngineState, { model, modelVersion, keyColumns }: PredictionBatch): boolean {
  const entry = state.catalog.get(model);
  if (modelVersion <= (state.droppedModels.get(model) ?? 0)) return false;
  return entry?.kind === 'model' && entry.declared.definition.logPredictions.join() === keyColumns.join();
}

const noLog: LiveLog = {
  waiting: 0,
  hasNew: false,
  settledVersion: versionOf(0),
  settledMs: 0,
  nextMs: null,
  oldestMs: null,
};

async function noteLogged(draft: WriteDraft, model: string, fields: Partial<LiveLog>): Promise<void> {
  const before = draft.state.liveLogs.get(model) ?? noLog;
  const counted = await countPredictions(draft.tx, model);
  draft.update({ liveLogs: withEntry(draft.state.liveLogs, model, { ...before, ...fields, ...counted }) });
}

function dueModels(state: EngineState, nowMs: number, how: Settling): { readonly name: string }[] {
  if (state.liveLogs.size === 0) return [];
  return modelEntries(state).flatMap((entry) => {
    const name = nameOf(entry);
    const log = state.liveLogs.get(name);
    if (log === undefined) return [];
    const isDue =
      isPruneDue(entry, log, nowMs) ||
      hasStaleLiveIncident(state, entry) ||
      (mayHaveLabels(state, entry, log, nowMs) &&
        (how === 'asked' || log.settledMs + settleEveryMs <= nowMs));
    return isDue ? [{ name }] : [];
  });
}

function mayHaveLabels(state: EngineState, entry: ModelEntry, log: LiveLog, nowMs: number): boolean {
  // What waits is not told to anybody, and so is no label.
  if (log.waiting === 0 || isRefreshHeld(state, trainingSetOf(entry, state.catalog))) return false;
  const isChanged = (base: string) =>
    state.changes.firstChange(base, log.settledVersion, state.version) !== null;
  return log.hasNew || entry.bases.some(isChanged) || (log.nextMs !== null && log.nextMs <= nowMs);
}

/** Predictions are not forgotten one by one. */
function isPruneDue({ declared }: ModelEntry, { oldestMs }: LiveLog, nowMs: number): boolean {
  const { predictionRetentionMs } = declared.definition;
  if (predictionRetentionMs === null || oldestMs === null) return false;
  const slackMs = Math.min(predictionRetentionMs / 20, 86_400_000);
  return oldestMs < nowMs - predictionRetentionMs - slackMs;
}

async function settleModel(
  core: EngineCore,
  draft: WriteDraft,
  entry: ModelEntry,
  anew: ReadonlySet<string>,
): Promise<void> {
  const name = nameOf(entry);
  const set = trainingSetOf(entry, draft.state.catalog);
  const log = draft.state.liveLogs.get(name) ?? noLog;
  const losses = new LiveLosses(draft.tx, name);
  let nextMs = log.nextMs;
  const looks = log.waiting > 0 && !isRefreshHeld(draft.state, set);
  if (looks) {
    await refreshViews(core, draft, [nameOf(set)], { trigger: 'labels-wanted', how: 'auto', anew });
    await openVersions(draft, entry, losses);
    // Each that is found waits no more.
    for (;;) {
      const found = await findLabels(draft, entry, set);
      const before = await labelsThereBefore(core, draft, entry, set, found);
      const labelled: LabelledPrediction[] = [];
      for (const one of found) labelled.push(await counted(entry, one, before, losses, draft.nowMs));
      await recordLabels(draft.tx, labelled, draft.state.version, draft.nowMs);
      if (found.length < labelsAtOnce) break;
    }
    const gone = [...(await labelsGoneSince(core, draft, entry, set))].map(
      ([predictionId, there]): LabelledPrediction => ({
        predictionId,
        state: there === 'known' ? 'known' : 'ambiguous',
        label: null,
        loss: null,
      }),
    );
    await recordLabels(draft.tx, gone, draft.state.version, draft.nowMs);
    await notePredictionsWaiting(draft.tx, name);
    await losses.save();
    const boundaryMs = draft.state.cursors.get(nameOf(set))?.nextBoundaryMs ?? null;
    const moments = [await nextLabelMs(draft, entry, set), boundaryMs].filter((ms) => ms !== null);
    nextMs = moments.length === 0 ? null : Math.min(...moments);
  }
  await noteLivePerformance(draft, entry, losses);
  const { predictionRetentionMs } = entry.declared.definition;
  if (predictionRetentionMs !== null && isPruneDue(entry, log, draft.nowMs)) {
    const answering = answeringModel(draft.state, name)?.modelVersion ?? null;
    await prunePredictions(draft.tx, name, draft.nowMs - predictionRetentionMs, answering);
  }
  const settled = { hasNew: false, settledVersion: draft.state.version, settledMs: draft.nowMs, nextMs };
  await noteLogged(draft, name, looks ? settled : {});
}

/** Versions that have predicted are shown, whether or not a label has come. */
async function openVersions(draft: WriteDraft, entry: ModelEntry, losses: LiveLosses): Promise<void> {
  const rows = await draft.tx.rows(
    `SELECT model_version AS version, bool_or(probabilities IS NOT NULL) AS probable FROM everview.predictions
     WHERE model = $1 AND state = 'new' GROUP BY 1 ORDER BY 1`,
    [nameOf(entry)],
  );
  for (const { version, probable } of rows)
    await losses.open(modelVersionOf(Number(version)), metricsOf(entry, probable === true));
}

function metricsOf({ plan }: ModelEntry, isProbable: boolean): readonly LiveMetric[] {
  if (plan.task === 'number') return ['rmse', 'mae'];
  return isProbable ? ['accuracy', 'log_loss', 'brier'] : ['accuracy'];
}

async function counted(
  entry: ModelEntry,
  found: FoundLabel,
  before: ReadonlyMap<number, 'known' | 'unknown'>,
  losses: LiveLosses,
  nowMs: number,
): Promise<LabelledPrediction> {
  const { predictionId, modelVersion, label, rows, slices } = found;
  const there = before.get(predictionId);
  if (there === 'known') return { predictionId, state: 'known', label, loss: null };
  const of = rows > 1 || there === 'unknown' ? [] : lossesOf(entry, found);
  const [first] = of;
  if (first === undefined) return { predictionId, state: 'ambiguous', label: null, loss: null };
  await losses.add(modelVersion, slices, of, nowMs);
  return { predictionId, state: 'scored', label, loss: first.loss };
}

const shares = z.record(z.string(), z.number());

function lossesOf({ plan }: ModelEntry, { prediction, probabilities, label }: FoundLabel): LiveLoss[] {
  if (plan.task === 'class')
    return classLosses(
      prediction,
      probabilities === null ? null : shares.parse(JSON.parse(probabilities)),
      label,
    );
  const of = numberLosses(Number(prediction), Number(label));
  return of.every(({ loss }) => Number.isFinite(loss)) ? of : [];
}
