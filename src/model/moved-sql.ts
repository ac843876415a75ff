import { quoteIdentifier } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import { type Contender, scorerContender } from './contender.ts';
import { predictionColumns } from './head.ts';
import type { Scorer } from './scorer.ts';

/** Predictions nearer than so, by their size, count as equal: what is left is rounding. */
const roundingShare = 1e-9;

/**
 * A SELECT of one row: `rows` of the input, those that both models answer (`answered`), those whose answer changed
 * (`moved`), and, of numbers, the mean and the largest change (`mean_move`, `largest_move`).
 * @param input what can stand after FROM
 */
export function movedSql(before: Scorer, after: Scorer, input: string, schema: Schema): string {
  const select = (contender: Contender, from: string, prefix: string) =>
    contender.select(from, schema, (column) => `${prefix}${column}`);
  const earlier = `(${select(scorerContender(before), input, '__ev_b_')})`;
  const both = `(${select(scorerContender(after), earlier, '__ev_a_')})`;
  const [one, other] = [mainColumn(before), mainColumn(after)];
  const b = quoteIdentifier(`__ev_b_${one.name}`);
  const a = quoteIdentifier(`__ev_a_${other.name}`);
  const isNumber = one.type === 'DOUBLE' && other.type === 'DOUBLE';
  const hasMoved = isNumber
    ? `abs(${a} - ${b}) > ${roundingShare} * greatest(abs(${a}), abs(${b}))`
    : `CAST(${a} AS VARCHAR) <> CAST(${b} AS VARCHAR)`;
  const move = isNumber ? `abs(${a} - ${b})` : 'NULL::DOUBLE';
  const answered = `${a} IS NOT NULL AND ${b} IS NOT NULL`;
  return `SELECT count(*)::DOUBLE AS rows, (count(*) FILTER (${answered}))::DOUBLE AS answered,
    (count(*) FILTER (${answered} AND ${hasMoved}))::DOUBLE AS moved,
    avg(${move}) FILTER (${answered}) AS mean_move, max(${move}) FILTER (${answered}) AS largest_move FROM ${both}`;
}

function mainColumn(scorer: Scorer) {
  return predictionColumns(scorer)[0] ?? { name: 'prediction', type: 'DOUBLE' };
}
