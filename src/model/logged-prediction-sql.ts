import { quoteIdentifier } from '../core/identifier.ts';
import { findColumn, type Schema } from '../core/schema.ts';
import { scorerContender } from './contender.ts';
import { predictionSql } from './predict-sql.ts';
import type { Scorer } from './scorer.ts';

/** A column that says which example a row is, with its type in the training set. */
export type KeyColumn = { readonly name: string; readonly type: string };

/** A value of a key as text: the same whatever type the input has it in. */
export function keyTextSql(sql: string, type: string): string {
  return `CAST(TRY_CAST(${sql} AS ${type}) AS VARCHAR)`;
}

/**
 * A SELECT of what is logged of a prediction, a row for each of the input: `key` VARCHAR[], `prediction` VARCHAR, and of
 * classifiers `probabilities` DOUBLE[] in the order of their classes. NULL where the row has no such value.
 *
 * @param input what can stand after FROM
 * @returns null where the input has not every column of the key: such rows cannot be told apart
 */
export function loggedPredictionSql(
  scorer: Scorer,
  input: string,
  schema: Schema,
  key: readonly KeyColumn[],
): string | null {
  if (key.some(({ name }) => findColumn(schema, name) === undefined)) return null;
  const { output } = scorerContender(scorer);
  const keys = key.map(({ name, type }) => keyTextSql(quoteIdentifier(name), type));
  const [first, ...others] =
    output.kind === 'class' ? output.probabilities.map((name) => quoteIdentifier(name)) : [];
  const probabilities =
    first === undefined
      ? 'NULL::DOUBLE[]'
      : `[${(others.length === 0 ? [`1 - ${first}`, first] : [first, ...others]).join(', ')}]`;
  // Bounds are left out: nobody logs them, and DuckDB is slow to plan them.
  const predicted = predictionSql({ ...scorer, bound: null }, input, schema);
  return `SELECT [${keys.join(', ')}] AS key, CAST(${quoteIdentifier(output.prediction)} AS VARCHAR) AS prediction,
    ${probabilities} AS probabilities FROM (${predicted})`;
}
