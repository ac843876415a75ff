import { EverviewError, type TextPlace } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { type PredictArguments, type PredictReference, predictArguments } from '../core/prediction-call.ts';
import type { Schema } from '../core/schema.ts';
import { predictionSql } from '../model/predict-sql.ts';
import type { ModelParameters } from '../model/scorer.ts';
import type { Catalog } from './catalog.ts';
import { placeInQuery } from './query-place.ts';

/** A call of a model that is declared, by its declared name. */
export type PredictCall = PredictArguments;

/** @throws EverviewError `invalid-query`, `unknown-relation`, `wrong-kind`, with the place of the call. */
export function predictCall(reference: PredictReference, text: string, catalog: Catalog): PredictCall {
  const at = placeInQuery(text, reference.offset, 'PREDICT'.length);
  const hint = 'PREDICT takes a model and its input: PREDICT(m, (SELECT …)) or PREDICT(m, v)';
  const given = predictArguments(reference);
  if (given === 'arguments') {
    throw new EverviewError(
      'invalid-query',
      'PREDICT is called with other arguments than a model and an input',
      { at, hint },
    );
  }
  if (given === 'input') {
    throw new EverviewError('invalid-query', 'the input of PREDICT is neither a query nor a name', {
      at,
      hint,
    });
  }
  const entry = catalog.get(given.model);
  if (entry?.kind === 'model') return { ...given, model: entry.declared.definition.name };
  const models = catalog.entries().filter((known) => known.kind === 'model');
  const names = models.map((known) => known.declared.definition.name);
  throw new EverviewError(
    entry === undefined ? 'unknown-relation' : 'wrong-kind',
    `"${given.model}" is no model`,
    { at, hint: nearestHint(given.model, names) ?? hint, data: { relation: given.model } },
  );
}

/** As `predictionSql`; what the input lacks is told at the call. */
export function predictionAt(
  { scorer }: ModelParameters,
  input: string,
  schema: Schema,
  at: TextPlace | undefined,
): string {
  try {
    return predictionSql(scorer, input, schema);
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
