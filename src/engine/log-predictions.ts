import { sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Row } from '../core/value.ts';
import type { Version } from '../core/version.ts';
import { scorerContender } from '../model/contender.ts';
import type { Scorer } from '../model/scorer.ts';
import type { LoggedPrediction, PredictionBatch } from '../promote/prediction-log.ts';
import { nameOf } from '../query/catalog.ts';
import type { QueryReads } from '../query/query-reads.ts';
import type { LoggedCall } from '../query/rewrite-query.ts';
import { answeringModel } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import type { PausedAnswers } from './paused-models.ts';
import { settleLabels } from './settle-labels.ts';

/** What an answer rested on, so far as its predictions are logged. */
export type AnsweredPredictions = {
  readonly state: EngineState;
  readonly reads: QueryReads;
  readonly calls: readonly LoggedCall[];
  readonly version: Version;
  readonly paused: PausedAnswers;
  readonly nowMs: number;
};

/** Rows that may wait to be written before whoever logs more writes them. */
const manyRows = 50_000;

/**
 * Notes what a query that was answered has predicted, once it has its answer: the rows that PREDICT was given are
 * predicted again on the same snapshot, so that it does not matter what the query made of them, and nobody waits.
 * Of a model that another one stands in for nothing is logged.
 */
export async function logPredictions(
  core: EngineCore,
  snapshot: Session,
  answered: AnsweredPredictions,
): Promise<void> {
  const answer = core.predictions.nextAnswer();
  for (const { model, sql } of answered.calls) {
    const about = aboutModel(answered, model);
    if (about === null) continue;
    const { scorer, ...batch } = about;
    for await (const rows of snapshot.rowBatches(sql)) {
      const logged = rows.flatMap((row) => loggedPrediction(row, scorer) ?? []);
      if (logged.length > 0) core.predictions.add({ ...batch, answer, rows: logged });
      if (core.predictions.rows > manyRows && core.mayWrite) await settleLabels(core, 'write');
    }
  }
}

function aboutModel(
  { state, reads, version, paused, nowMs }: AnsweredPredictions,
  model: string,
): (Omit<PredictionBatch, 'rows' | 'answer'> & { readonly scorer: Scorer }) | null {
  const entry = state.catalog.get(model);
  const promoted = answeringModel(state, model);
  const standIn = paused.get(model);
  const modelVersion = standIn === undefined ? promoted?.modelVersion : standIn.version;
  const parameters = standIn?.parameters ?? promoted?.parameters;
  if (entry?.kind !== 'model' || modelVersion === null || modelVersion === undefined) return null;
  if (parameters === undefined) return null;
  const inputs = inputTables(state, reads);
  return {
    model,
    modelVersion,
    version,
    newestVersion: state.version,
    keyColumns: entry.declared.definition.logPredictions,
    inputs,
    validated: inputs.length > 0 && inputs.every((table) => isVouchedFor(state, table)),
    predictedAtMs: nowMs,
    scorer: parameters.scorer,
  };
}

function inputTables(state: EngineState, { relations }: QueryReads): string[] {
  const tables = relations.flatMap((name) => {
    const entry = state.catalog.get(name);
    return entry === undefined ? [] : entry.kind === 'table' ? [nameOf(entry)] : entry.bases;
  });
  return [...new Set(tables)].sort();
}

/** Its updates are judged, and what is in it was not found wrong, nor taken without anybody vouching for it. */
function isVouchedFor(state: EngineState, table: string): boolean {
  const entry = state.catalog.get(table);
  const isWrong = state.incidents.some((live) => sameName(live.name, table) && live.state !== 'accepted');
  const isMarked = state.marks.some((mark) => sameName(mark.table, table));
  return entry?.kind === 'table' && entry.declared.definition.isProfiled && !isWrong && !isMarked;
}

/** Null: the row has no key, or no prediction. */
function loggedPrediction(row: Row, scorer: Scorer): LoggedPrediction | null {
  const { key, prediction, probabilities } = row;
  if (typeof prediction !== 'string' || !Array.isArray(key)) return null;
  const texts = key.filter((part) => typeof part === 'string');
  if (texts.length < key.length) return null;
  const { output } = scorerContender(scorer);
  if (output.kind === 'number' || !Array.isArray(probabilities))
    return { key: texts, prediction, confidence: null, probabilities: null };
  const given = Object.fromEntries(
    output.classes.map((name, place): [string, number] => [name, Number(probabilities[place] ?? 0)]),
  );
  return { key: texts, prediction, confidence: given[prediction] ?? null, probabilities: given };
}
