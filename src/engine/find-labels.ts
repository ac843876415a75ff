import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, versionColumn, weightColumn } from '../core/identifier.ts';
import { findColumn } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import { type ModelVersion, modelVersionOf, type Version, versionOf } from '../core/version.ts';
import { logRelation } from '../ingest/relation-names.ts';
import { contentsOf, type TrainingRelation } from '../model/row-source.ts';
import { eventTimeColumn, membershipCondition, trainingBoundsAt } from '../model/training-window.ts';
import type { LiveSlice } from '../promote/live-losses.ts';
import { type ModelEntry, nameOf, type TrainingSetEntry } from '../query/catalog.ts';
import { rewriteQuery } from '../query/rewrite-query.ts';
import type { EngineCore } from './engine-core.ts';
import { rewriteContext } from './read-context.ts';
import type { WriteDraft } from './write-draft.ts';

/** A logged prediction whose key has a label now. */
export type FoundLabel = {
  readonly predictionId: number;
  readonly modelVersion: ModelVersion;
  readonly prediction: string;
  /** JSON; null: none were given. */
  readonly probabilities: string | null;
  readonly label: string;
  readonly slices: readonly LiveSlice[];
  /** Rows with a label that have the key. */
  readonly rows: number;
  /** Nobody has looked for a label of it before. */
  readonly isNew: boolean;
  readonly newestVersion: Version;
  readonly predictedAtMs: number;
  /** From when on the label counts; null: from when it is there. */
  readonly countedAtMs: number | null;
};

/** Labels that are looked at in one go. */
export const labelsAtOnce = 50_000;

/** The key's columns with their types in the training set. */
function keyOf(entry: ModelEntry, set: TrainingSetEntry) {
  const { logPredictions } = entry.declared.definition;
  return logPredictions.flatMap((name) => findColumn(set.declared.schema, name) ?? []);
}

/** A SELECT of logged predictions with their keys as `__ev_k0`, …, of the types that the training set has. */
function typedKeysSql(entry: ModelEntry, set: TrainingSetEntry, where: string): string {
  const keys = keyOf(entry, set).map(
    ({ type }, place) => `TRY_CAST(key[${place + 1}] AS ${type}) AS __ev_k${place}`,
  );
  return `SELECT *, ${keys.join(', ')} FROM everview.predictions WHERE ${where}`;
}

function onKeys(entry: ModelEntry, set: TrainingSetEntry): string {
  return keyOf(entry, set)
    .map(({ name }, place) => `s.${quoteIdentifier(name)} = p.__ev_k${place}`)
    .join(' AND ');
}

const waits = `model = $1 AND state IN ('new', 'waiting')`;

function relationOf({ declared }: TrainingSetEntry): TrainingRelation {
  const { definition, schema } = declared;
  return { name: definition.name, eventTime: eventTimeColumn(definition, schema) };
}

/** The label as a condition of the training set: it is there, and of numbers it is finite. */
function hasLabel({ plan }: ModelEntry, { declared }: TrainingSetEntry): string {
  const label = `s.${quoteIdentifier(declared.definition.label)}`;
  return plan.task === 'number' ? `isfinite(CAST(${label} AS DOUBLE))` : `${label} IS NOT NULL`;
}

/** Null: there is no event time, and a label counts as soon as it is there. */
function counts(set: TrainingSetEntry, nowMs: number): string | null {
  const { training, holdout } = trainingBoundsAt(set.declared.definition, nowMs);
  const newest = holdout ?? training;
  if (newest.kind === 'all') return null;
  return membershipCondition(
    { kind: 'span', afterUs: null, untilUs: newest.untilUs },
    relationOf(set).eventTime,
  );
}

/** Logged predictions that wait and whose label counts by now, so many at most, the first logged first. */
export async function findLabels(
  draft: WriteDraft,
  entry: ModelEntry,
  set: TrainingSetEntry,
): Promise<FoundLabel[]> {
  const { definition } = set.declared;
  const { eventTime } = relationOf(set);
  const { slices } = entry.declared.definition;
  const condition = counts(set, draft.nowMs);
  const time =
    eventTime === null ? 'NULL' : `epoch_us(s.${quoteIdentifier(eventTime.name)}::TIMESTAMP)::DOUBLE`;
  const label = `s.${quoteIdentifier(definition.label)}`;
  const sliced = slices.map((column) => `CAST(s.${quoteIdentifier(column)} AS VARCHAR)`);
  const rows = await draft.tx.rows(
    `SELECT p.prediction_id AS id, any_value(p.model_version) AS model_version, any_value(p.prediction) AS prediction,
       any_value(p.probabilities) AS probabilities, any_value(p.state) AS state, any_value(p.newest_version) AS newest,
       epoch_ms(any_value(p.predicted_at)) AS predicted_ms, count(*) AS found,
       CAST(any_value(${entry.plan.task === 'number' ? `CAST(${label} AS DOUBLE)` : label}) AS VARCHAR) AS label,
       any_value(${time}) AS event_us, [${sliced.map((sql) => `min(${sql})`).join(', ')}]::VARCHAR[] AS slices
     FROM (${typedKeysSql(entry, set, waits)}) p JOIN ${contentsOf(relationOf(set))} s ON ${onKeys(entry, set)}
     WHERE ${hasLabel(entry, set)}${condition === null ? '' : ` AND s.${condition}`}
     GROUP BY p.prediction_id ORDER BY p.prediction_id LIMIT ${labelsAtOnce}`,
    [nameOf(entry)],
  );
  return rows.map((row) => foundLabel(row, slices, definition.labelDelayMs));
}

function foundLabel(row: Row, slices: readonly string[], labelDelayMs: number): FoundLabel {
  const {
    id,
    model_version,
    prediction,
    probabilities,
    state,
    newest,
    predicted_ms,
    found,
    label,
    event_us,
  } = row;
  const values = Array.isArray(row['slices']) ? row['slices'] : [];
  return {
    predictionId: Number(id),
    modelVersion: modelVersionOf(Number(model_version)),
    prediction: String(prediction),
    probabilities: typeof probabilities === 'string' ? probabilities : null,
    label: String(label),
    slices: slices.map((column, place) => {
      const value = values[place];
      return { column, value: typeof value === 'string' ? value : null };
    }),
    rows: Number(found),
    isNew: state === 'new',
    newestVersion: versionOf(Number(newest)),
    predictedAtMs: Number(predicted_ms),
    countedAtMs: typeof event_us === 'number' ? event_us / 1_000 + labelDelayMs : null,
  };
}

/** When the next label that is there already will count; null: none waits for the clock. */
export async function nextLabelMs(
  draft: WriteDraft,
  entry: ModelEntry,
  set: TrainingSetEntry,
): Promise<number | null> {
  const { eventTime } = relationOf(set);
  const condition = counts(set, draft.nowMs);
  if (eventTime === null || condition === null) return null;
  const time = `s.${quoteIdentifier(eventTime.name)}`;
  const [row] = await draft.tx.rows(
    `SELECT epoch_us(min(${time})::TIMESTAMP)::DOUBLE AS us
     FROM (${typedKeysSql(entry, set, waits)}) p JOIN ${contentsOf(relationOf(set))} s ON ${onKeys(entry, set)}
     WHERE ${hasLabel(entry, set)} AND NOT (s.${condition}) AND isfinite(${time})`,
    [nameOf(entry)],
  );
  const us = row?.['us'];
  return typeof us === 'number' ? Math.ceil(us / 1_000) + set.declared.definition.labelDelayMs : null;
}

/** Versions of the past that are asked at most; predictions of more are left out. */
const pastsAsked = 32;

/**
 * Which of the labels were there when their predictions were made, so that these say nothing: `known`; `unknown` where
 * history no longer tells. A label that counted only later was not there. One found for a prediction that had waited
 * came since (`labelsGoneSince`); and one of a version after which nothing changed was there. For the rest the training set is asked, by
 * its definition, at the newest version there was then.
 */
export async function labelsThereBefore(
  core: EngineCore,
  draft: WriteDraft,
  entry: ModelEntry,
  set: TrainingSetEntry,
  found: readonly FoundLabel[],
): Promise<ReadonlyMap<number, 'known' | 'unknown'>> {
  const before = new Map<number, 'known' | 'unknown'>();
  const asked: FoundLabel[] = [];
  const { changes, version } = draft.state;
  const { isClocked } = set.handle;
  for (const one of found) {
    const cameLater = one.countedAtMs !== null && one.countedAtMs > one.predictedAtMs;
    if (!one.isNew || cameLater) continue;
    const isChanged = set.bases.some(
      (base) => changes.firstChange(base, one.newestVersion, version) !== null,
    );
    if (!isChanged && !isClocked) {
      before.set(one.predictionId, 'known');
      continue;
    }
    asked.push(one);
  }
  return askPasts(core, draft, entry, set, asked, before);
}

type Asked = Pick<FoundLabel, 'predictionId' | 'newestVersion' | 'predictedAtMs'>;

/** By the moment as of which the set is to be asked. */
function byMoment<T extends Asked>({ handle }: TrainingSetEntry, those: readonly T[]): Map<string, T[]> {
  const asked = new Map<string, T[]>();
  for (const one of those) {
    const moment = `${one.newestVersion} ${handle.isClocked ? one.predictedAtMs : ''}`;
    const group = asked.get(moment) ?? [];
    asked.set(moment, group);
    group.push(one);
  }
  return asked;
}

async function askPasts(
  core: EngineCore,
  draft: WriteDraft,
  entry: ModelEntry,
  set: TrainingSetEntry,
  asked: readonly Asked[],
  before: Map<number, 'known' | 'unknown'>,
): Promise<ReadonlyMap<number, 'known' | 'unknown'>> {
  for (const [place, those] of [...byMoment(set, asked).values()].entries()) {
    const known = place < pastsAsked ? await labelledThen(core, draft, entry, set, those) : null;
    for (const { predictionId } of those) {
      if (known === null) before.set(predictionId, 'unknown');
      else if (known.has(predictionId)) before.set(predictionId, 'known');
    }
  }
  return before;
}

/**
 * Predictions that nobody had looked at and whose label was there when they were made, but is gone, as while a table is
 * loaded anew: it would be taken for news when it is back. Asked are those whose label the training set has let go of
 * since.
 */
export async function labelsGoneSince(
  core: EngineCore,
  draft: WriteDraft,
  entry: ModelEntry,
  set: TrainingSetEntry,
): Promise<ReadonlyMap<number, 'known' | 'unknown'>> {
  const rows = await draft.tx.rows(
    `SELECT DISTINCT p.prediction_id AS id, p.newest_version AS newest, epoch_ms(p.predicted_at) AS predicted_ms
     FROM (${typedKeysSql(entry, set, `model = $1 AND state = 'new'`)}) p
       JOIN ${logRelation(nameOf(set))} s ON ${onKeys(entry, set)} AND s.${versionColumn} > p.newest_version
     WHERE s.${weightColumn} < 0 AND ${hasLabel(entry, set)} ORDER BY ALL`,
    [nameOf(entry)],
  );
  const gone = rows.map(({ id, newest, predicted_ms }) => ({
    predictionId: Number(id),
    newestVersion: versionOf(Number(newest)),
    predictedAtMs: Number(predicted_ms),
  }));
  return askPasts(core, draft, entry, set, gone, new Map());
}

/** Of predictions made at one version, those whose label was there then; null: history does not tell. */
async function labelledThen(
  core: EngineCore,
  draft: WriteDraft,
  entry: ModelEntry,
  set: TrainingSetEntry,
  those: readonly Asked[],
): Promise<ReadonlySet<number> | null> {
  const ids = those.map(({ predictionId }) => predictionId).join(', ');
  const [first] = those;
  if (first === undefined) return new Set();
  const nowMs = first.predictedAtMs;
  const text = `SELECT * FROM ${quoteIdentifier(nameOf(set))} AT (VERSION => ${first.newestVersion})`;
  const reading = { version: draft.state.version, inline: new Map(), paused: new Map() };
  try {
    const context = rewriteContext(core, draft.state, draft.tx, nowMs, [], reading);
    const { sql } = await rewriteQuery(await core.parser.parse(text), text, context);
    const rows = await draft.tx.rows(
      `SELECT DISTINCT p.prediction_id AS id FROM (${typedKeysSql(entry, set, `prediction_id IN (${ids})`)}) p
       JOIN (${sql}) s ON ${onKeys(entry, set)} WHERE ${hasLabel(entry, set)}`,
    );
    return new Set(rows.map(({ id }) => Number(id)));
  } catch (failure) {
    if (
      failure instanceof EverviewError &&
      (failure.code === 'history-expired' || failure.code === 'unsupported')
    )
      return null;
    throw failure;
  }
}
