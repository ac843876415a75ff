import { columnsOf, type Relation } from '../algebra/node.ts';
import type { PredictNode } from '../algebra/predict.ts';
import { quoteIdentifier, quoteList, weightColumn } from '../core/identifier.ts';
import type { Predictor, PredictorEnds } from '../core/prediction.ts';
import type { Schema } from '../core/schema.ts';

const weight = quoteIdentifier(weightColumn);

/**
 * @param inside a SELECT of the input's rows
 * @param ends null: to ask DuckDB about types, of a model that perhaps never was fitted
 */
export function renderPredict(
  node: PredictNode<Relation>,
  inside: string,
  signed: boolean,
  ends: PredictorEnds | null,
): string {
  const names = columnsOf(node.input);
  const schema = names.map((name, place) => ({ name, type: node.types?.[place] ?? 'VARCHAR' }));
  const list = quoteList([...names, ...node.outputs.map((column) => column.name)]);
  const side = (predictor: Predictor | null, weights: string | null) => {
    const rows =
      ends === null
        ? unpredicted(`(${inside})`, node.outputs)
        : predictedRows(predictor, `(${inside})`, schema, node.outputs);
    return `SELECT ${list}${weights === null ? '' : `, ${weights}`} FROM (${rows})`;
  };
  const from = ends?.from ?? null;
  const to = ends?.to ?? null;
  if (node.at !== 'crossing') return side(node.at === 'from' ? from : to, signed ? weight : null);
  const terms = ends === null || to !== null ? [side(to, `1::TINYINT AS ${weight}`)] : [];
  if (from !== null || terms.length === 0) terms.push(side(from, `(-1)::TINYINT AS ${weight}`));
  return terms.join(' UNION ALL ');
}

/**
 * A SELECT of the input's columns and the predictions; of a model without a version there is none.
 *
 * @param input what can stand after FROM
 */
export function predictedRows(
  predictor: Predictor | null,
  input: string,
  schema: Schema,
  outputs: Schema,
): string {
  if (predictor !== null) return predictor.sql(input, schema);
  return `${unpredicted(input, outputs)} WHERE false`;
}

/** The input's columns with NULL for every prediction. */
export function unpredicted(input: string, outputs: Schema): string {
  const nulls = outputs.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`);
  return `SELECT ${['*', ...nulls].join(', ')} FROM ${input}`;
}
