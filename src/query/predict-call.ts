import { EverviewError, type TextPlace } from '../core/errors.ts';
import { type ModelFunction, modelFunctionOf } from '../core/model-functions.ts';
import { nearestHint } from '../core/nearest.ts';
import { type PredictArguments, type PredictReference, predictArguments } from '../core/prediction-call.ts';
import type { RelationReference } from '../core/relation-references.ts';
import type { Schema } from '../core/schema.ts';
import { explainedPredictionSql } from '../model/contributions-sql.ts';
import { predictionColumns } from '../model/head.ts';
import { assertFree, predictionSql } from '../model/predict-sql.ts';
import type { ModelParameters } from '../model/scorer.ts';
import type { Catalog } from './catalog.ts';
import { placeInQuery } from './query-place.ts';

/** A call of a model that is declared, by its declared name. */
export type PredictCall = PredictArguments & { readonly function: ModelFunction };

/** PREDICT, or another function of a model, as queries may call them. */
export function isModelCall(reference: RelationReference): reference is PredictReference {
  return reference.kind === 'function' && modelFunctionOf(reference.name) !== null;
}

/** @throws EverviewError `invalid-query`, `unknown-relation`, `wrong-kind`, with the place of the call. */
export function predictCall(reference: PredictReference, text: string, catalog: Catalog): PredictCall {
  const called = modelFunctionOf(reference.name) ?? 'predict';
  const word = called.toUpperCase();
  const at = placeInQuery(text, reference.offset, word.length);
  const hint = `${word} takes a model and its input: ${word}(m, (SELECT …)) or ${word}(m, v)`;
  const given = predictArguments(reference);
  if (given === 'arguments') {
    throw new EverviewError(
      'invalid-query',
      `${word} is called with other arguments than a model and an input`,
      { at, hint },
    );
  }
  if (given === 'input') {
    throw new EverviewError('invalid-query', `the input of ${word} is neither a query nor a name`, {
      at,
      hint,
    });
  }
  const entry = catalog.get(given.model);
  if (entry?.kind === 'model') return { ...given, function: called, model: entry.declared.definition.name };
  const models = catalog.entries().filter((known) => known.kind === 'model');
  const names = models.map((known) => known.declared.definition.name);
  throw new EverviewError(
    entry === undefined ? 'unknown-relation' : 'wrong-kind',
    `"${given.model}" is no model`,
    { at, hint: nearestHint(given.model, names) ?? hint, data: { relation: given.model } },
  );
}

/**
 * As `predictionSql`, or `explainedPredictionSql`; what the input lacks is told at the call.
 *
 * @param bounded whether the bounds of the predictions may be read: DuckDB takes longer to plan them than all the rest
 */
export function predictionAt(
  called: ModelFunction,
  { scorer }: ModelParameters,
  input: string,
  schema: Schema,
  bounded: boolean,
  at: TextPlace | undefined,
): string {
  try {
    assertFree(
      predictionColumns(scorer).map(({ name }) => name),
      schema,
    );
    const read = bounded ? scorer : { ...scorer, bound: null };
    return called === 'explain_predict'
      ? explainedPredictionSql(read, input, schema)
      : predictionSql(read, input, schema);
  } catch (failure) {
    if (!(failure instanceof EverviewError) || failure.at !== undefined) throw failure;
    throw new EverviewError(failure.code, failure.message, {
      at,
      hint: failure.hint,
      data: failure.data,
      cause: failure,
    });
  }
}
