import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { ModelVersion, Version } from '../core/version.ts';

/**
 * `everview.predictions`: what a version of a model predicted for an example, once for each of the two. Its `state`:
 *
 * - `new`: nobody has looked for a label yet
 * - `waiting`: there was none
 * - `scored`: a label came after the prediction. Its loss was counted then, once; what becomes of the label later changes
 *   neither, since an interval for all looks is one of a stream that stays as it was
 * - `known`: the label was there before the prediction, which so says nothing of how the model does
 * - `ambiguous`: the key has more than one label, or history no longer tells whether it was there before
 */
export type PredictionState = 'new' | 'waiting' | 'scored' | 'known' | 'ambiguous';

/** One prediction, as it was given. */
export type LoggedPrediction = {
  readonly key: readonly string[];
  readonly prediction: string;
  /** Of the class that was predicted; null: the model gives none. */
  readonly confidence: number | null;
  /** By class; null: the model gives none. */
  readonly probabilities: Readonly<Record<string, number>> | null;
};

/** Predictions of one version in one answer. */
export type PredictionBatch = {
  /** Counts the answers since the engine opened. */
  readonly answer: number;
  readonly model: string;
  readonly modelVersion: ModelVersion;
  /** Of the answer, and the newest there was. */
  readonly version: Version;
  readonly newestVersion: Version;
  /** Names of the key's columns. */
  readonly keyColumns: readonly string[];
  /** Tables that the query read. */
  readonly inputs: readonly string[];
  /** Whether each of these is judged, and nothing spoke against one. */
  readonly validated: boolean;
  readonly predictedAtMs: number;
  readonly rows: readonly LoggedPrediction[];
};

/** What is known, without asking the file, of the predictions that a model has logged. */
export type LiveLog = {
  /** Those that wait for a label. */
  readonly waiting: number;
  /** Some were logged since labels were last looked for, and where that was. */
  readonly hasNew: boolean;
  readonly settledVersion: Version;
  readonly settledMs: number;
  /** When a label may come without an update, for it counts or rows of the training set follow the clock; null: none is to. */
  readonly nextMs: number | null;
  readonly oldestMs: number | null;
};

const staged = 'temp."__ev_predictions"';

const columns: Schema = [
  ['prediction_id', 'BIGINT'],
  ['model', 'VARCHAR'],
  ['model_version', 'BIGINT'],
  ['version', 'BIGINT'],
  ['newest_version', 'BIGINT'],
  ['key', 'VARCHAR[]'],
  ['prediction', 'VARCHAR'],
  ['confidence', 'DOUBLE'],
  ['probabilities', 'VARCHAR'],
  ['inputs', 'VARCHAR[]'],
  ['validated', 'BOOLEAN'],
  ['predicted_at', 'TIMESTAMP'],
].map(([name = '', type = '']) => ({ name, type }));

const names = columns.map(({ name }) => name).join(', ');

/**
 * Adds predictions, of each model version and key the first alone. Those of one answer are numbered by their keys, not
 * in the order that threads brought them in (law 7).
 * @param lastId the highest number a prediction has
 * @returns the highest then
 */
export async function appendPredictions(
  tx: Session,
  batches: readonly PredictionBatch[],
  lastId: number,
): Promise<number> {
  const rows = batches.flatMap((batch) => batch.rows.map((row) => ({ ...batch, ...row })));
  if (rows.length === 0) return lastId;
  await tx.run(
    `CREATE OR REPLACE TEMP TABLE "__ev_predictions" (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`,
  );
  await tx.append(staged, columns, [
    rows.map(({ answer }) => answer),
    rows.map(({ model }) => model),
    rows.map(({ modelVersion }) => modelVersion),
    rows.map(({ version }) => version),
    rows.map(({ newestVersion }) => newestVersion),
    rows.map(({ key }) => key),
    rows.map(({ prediction }) => prediction),
    rows.map(({ confidence }) => confidence),
    rows.map(({ probabilities }) => (probabilities === null ? null : JSON.stringify(probabilities))),
    rows.map(({ inputs }) => inputs),
    rows.map(({ validated }) => validated),
    rows.map(({ predictedAtMs }) => new Date(predictedAtMs)),
  ]);
  const added = await tx.run(
    `INSERT INTO everview.predictions (${names}, state)
     SELECT * REPLACE (${lastId} + row_number() OVER (ORDER BY prediction_id, model, model_version, key) AS prediction_id), 'new'
     FROM (SELECT * FROM ${staged}
           QUALIFY row_number() OVER (PARTITION BY model, model_version, key ORDER BY prediction_id, prediction) = 1)
     ANTI JOIN everview.predictions USING (model, model_version, key)`,
  );
  await tx.run(`DROP TABLE ${staged}`);
  return lastId + added;
}

export type LabelledPrediction = {
  readonly predictionId: number;
  readonly state: PredictionState;
  readonly label: string | null;
  /** Squared error, or 0 and 1. */
  readonly loss: number | null;
};

const stagedLabels = 'temp."__ev_labels"';

export async function recordLabels(
  tx: Session,
  found: readonly LabelledPrediction[],
  version: Version,
  nowMs: number,
): Promise<void> {
  if (found.length === 0) return;
  await tx.run(
    'CREATE OR REPLACE TEMP TABLE "__ev_labels" (prediction_id BIGINT, state VARCHAR, label VARCHAR, loss DOUBLE)',
  );
  const schema = [
    { name: 'prediction_id', type: 'BIGINT' },
    { name: 'state', type: 'VARCHAR' },
    { name: 'label', type: 'VARCHAR' },
    { name: 'loss', type: 'DOUBLE' },
  ];
  await tx.append(stagedLabels, schema, [
    found.map(({ predictionId }) => predictionId),
    found.map(({ state }) => state),
    found.map(({ label }) => label),
    found.map(({ loss }) => loss),
  ]);
  await tx.run(
    `UPDATE everview.predictions AS p SET state = l.state, label = l.label, loss = l.loss,
       label_version = CASE WHEN l.state = 'scored' THEN ${version} END,
       labelled_at = CASE WHEN l.state = 'scored' THEN $1 END
     FROM ${stagedLabels} l WHERE p.prediction_id = l.prediction_id`,
    [new Date(nowMs)],
  );
  await tx.run(`DROP TABLE ${stagedLabels}`);
}

/** Those that no label was found for. */
export async function notePredictionsWaiting(tx: Session, model: string): Promise<void> {
  await tx.run(`UPDATE everview.predictions SET state = 'waiting' WHERE model = $1 AND state = 'new'`, [
    model,
  ]);
}

/** Forgets predictions that are older, and the losses of versions whose last prediction is. */
export async function prunePredictions(
  tx: Session,
  model: string,
  beforeMs: number,
  answering: ModelVersion | null,
): Promise<void> {
  const before = new Date(beforeMs);
  await tx.run('DELETE FROM everview.predictions WHERE model = $1 AND predicted_at < $2', [model, before]);
  await tx.run(
    `DELETE FROM everview.live_losses l WHERE model = $1 AND model_version <> ${answering ?? 0}
       AND coalesce(until < $2, true)
       AND NOT EXISTS (FROM everview.predictions p WHERE p.model = l.model AND p.model_version = l.model_version)`,
    [model, before],
  );
}

/** What waits is of a key or a label that the model has no longer. */
export async function forgetWaiting(tx: Session, model: string): Promise<void> {
  await tx.run(`DELETE FROM everview.predictions WHERE model = $1 AND state IN ('new', 'waiting')`, [model]);
}

export async function forgetPredictions(tx: Session, model: string): Promise<void> {
  await tx.run('DELETE FROM everview.predictions WHERE model = $1', [model]);
  await tx.run('DELETE FROM everview.live_losses WHERE model = $1', [model]);
}

/** How many wait, and since when any is kept. */
export async function countPredictions(
  session: Session,
  model: string,
): Promise<Pick<LiveLog, 'waiting' | 'oldestMs'>> {
  const [row] = await session.rows(
    `SELECT count(*) FILTER (state IN ('new', 'waiting')) AS waiting, epoch_ms(min(predicted_at)) AS oldest
     FROM everview.predictions WHERE model = $1`,
    [model],
  );
  const oldest = row?.['oldest'] ?? null;
  return { waiting: Number(row?.['waiting'] ?? 0), oldestMs: oldest === null ? null : Number(oldest) };
}

export async function lastPredictionId(session: Session): Promise<number> {
  const [row] = await session.rows('SELECT max(prediction_id) AS id FROM everview.predictions');
  return Number(row?.['id'] ?? 0);
}

/** The models that have logged predictions. */
export async function loggingModels(session: Session): Promise<readonly string[]> {
  const rows = await session.rows('SELECT DISTINCT model FROM everview.predictions ORDER BY model');
  return rows.map(({ model }) => String(model));
}
