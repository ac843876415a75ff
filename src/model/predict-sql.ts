import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { findColumn, type Schema } from '../core/schema.ts';
import { doubleLiteral, linearScoreSql } from './design-sql.ts';
import { fastScoreSql } from './fast-score-sql.ts';
import { designLists, formSql } from './form-sql.ts';
import { predictionColumns } from './head.ts';
import { headSql } from './head-sql.ts';
import type { Scorer } from './scorer.ts';

const scorePrefix = '__ev_s';
const fastPrefix = '__ev_f';
const designPrefix = '__ev_d';
const formColumn = '__ev_bound';

/**
 * A SELECT of all columns of the input and those of `predictionColumns`: plain expressions, so rows keep their number
 * and order. A missing feature (NULL or NaN) is replaced by its mean, or makes the prediction NULL where the model was
 * declared with `missing = drop`; a level not in the training rows has the category's weight for unseen ones; a feature
 * that is infinite makes the prediction NULL.
 * @param input what can stand after FROM: a relation's name, or a SELECT in parentheses.
 * @throws EverviewError `unknown-column` when the input lacks a feature; `invalid-query` when it has one of a type the
 * model cannot read, or a column of the same name as one of the prediction's.
 */
export function predictionSql(scorer: Scorer, input: string, schema: Schema): string {
  assertFree(
    predictionColumns(scorer).map(({ name }) => name),
    schema,
  );
  return predictedSql(scorer, input, schema, (column) => column);
}

/** @throws EverviewError `invalid-query` when the input has a column of one of the names already. */
export function assertFree(names: readonly string[], schema: Schema): void {
  for (const name of names) {
    const taken = findColumn(schema, name);
    if (taken === undefined) continue;
    throw new EverviewError('invalid-query', `the input of PREDICT already has a column "${taken.name}"`, {
      hint: `rename it, or leave it out: SELECT * EXCLUDE ("${taken.name}")`,
    });
  }
}

/** As `predictionSql`, with other names for the new columns; null: that column is not made. */
export function predictedSql(
  scorer: Scorer,
  input: string,
  schema: Schema,
  nameOf: (column: string) => string | null,
): string {
  const scores = scorer.offsets.map((_, k) => `${scorePrefix}${k}`);
  const { linear, relation, made: fast } = linearScores(scorer, input, schema);
  const names = predictionColumns(scorer).map(({ name }) => nameOf(name));
  const output = (expressions: readonly string[]) =>
    names.flatMap((name, index) =>
      name === null ? [] : `${expressions[index]} AS ${quoteIdentifier(name)}`,
    );
  if (scorer.quadratic === null && scorer.bound === null) {
    const made = linear.map((score, k) => `${score} AS ${scores[k]}`);
    const columns = output(headSql(scorer, { scores, bound: null }));
    return `SELECT * EXCLUDE (${[...fast, ...scores].join(', ')}), ${columns.join(', ')} FROM (SELECT *, ${made.join(', ')} FROM ${relation})`;
  }
  const bound = scorer.bound === null ? null : formColumn;
  const made = [...fast, ...scores, ...(bound === null ? [] : [bound])];
  const columns = output(headSql(scorer, { scores, bound }));
  return `SELECT * EXCLUDE (${made.join(', ')}), ${columns.join(', ')} FROM (${scoredSql(scorer, linear, relation, schema)})`;
}

/** Linear scores over `relation`, which is the input with the columns `made`: those of the fast way where there is one. */
function linearScores(
  scorer: Scorer,
  input: string,
  schema: Schema,
): { linear: string[]; relation: string; made: string[] } {
  const fast = scorer.offsets.flatMap((_, k) => fastScoreSql(scorer, k, schema) ?? []);
  const made = fast.map((_, k) => `${fastPrefix}${k}`);
  const linear = scorer.offsets.map((_, k) => {
    const careful = linearScoreSql(scorer, k, schema);
    const column = made[k];
    return column === undefined
      ? careful
      : `CASE WHEN isfinite(${column}) THEN ${column} ELSE ${careful} END`;
  });
  if (fast.length === 0) return { linear, relation: input, made };
  const columns = fast.map((score, k) => `${score} AS ${made[k]}`);
  return { linear, relation: `(SELECT *, ${columns.join(', ')} FROM ${input})`, made };
}

/** The input with its scores, and the bound on them, through columns that hold the design. */
function scoredSql(scorer: Scorer, linear: readonly string[], input: string, schema: Schema): string {
  const { quadratic, bound } = scorer;
  const forms = [...(quadratic ?? []), ...(bound === null ? [] : [bound.form])];
  const lists = designLists(scorer, schema, forms, designPrefix);
  const columns = [
    ...linear.map((score, k) => `${score} AS ${scorePrefix}${k}`),
    ...lists.map(({ sql, column }) => `${sql} AS ${column}`),
  ];
  const designed = `SELECT *, ${columns.join(', ')} FROM ${input}`;
  const replaced = quadratic?.map(
    (form, k) => `${scorePrefix}${k} - (${formSql(form, lists)}) / 2 AS ${scorePrefix}${k}`,
  );
  const replace = replaced === undefined ? '' : ` REPLACE (${replaced.join(', ')})`;
  const exclude = lists.length === 0 ? '' : ` EXCLUDE (${lists.map(({ column }) => column).join(', ')})`;
  const bounded =
    bound === null
      ? ''
      : `, ${doubleLiteral(bound.radius)} * sqrt(${formSql(bound.form, lists)}) AS ${formColumn}`;
  return `SELECT *${exclude}${replace}${bounded} FROM (${designed})`;
}
