import type { Schema } from './schema.ts';
import type { ModelVersion } from './version.ts';

/** A model at one of its versions, as SQL. */
export type Predictor = {
  readonly version: ModelVersion;
  /**
   * A SELECT of all columns of the input, then the model's: row by row, so that rows keep their number, and the same
   * row gives the same bits wherever it is predicted.
   *
   * @param input what can stand after FROM
   */
  readonly sql: (input: string, schema: Schema) => string;
};

/**
 * What answers for a model at both ends of a refresh; null: no version did, and then no row has predictions and none
 * is there.
 */
export type PredictorEnds = { readonly from: Predictor | null; readonly to: Predictor | null };

/** By the models' declared names. */
export type ModelEnds = ReadonlyMap<string, PredictorEnds>;

/** Which version of each model contents show; null: none answered then. */
export type ModelVersions = ReadonlyMap<string, ModelVersion | null>;
