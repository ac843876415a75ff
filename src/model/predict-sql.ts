import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { type Column, columnNames, findColumn, numericKindOf, type Schema } from '../core/schema.ts';
import { isText } from './feature-plan.ts';
import type { RidgeCategory, RidgeFeature, RidgeParameters } from './ridge-parameters.ts';

/** The column a prediction stands in. */
export const predictionColumn = 'prediction';

/**
 * A SELECT of all columns of the input and `prediction`, DOUBLE: plain expressions, so rows keep their number and
 * order. A missing feature (NULL or NaN) is replaced by its mean, or makes the prediction NULL where the model was
 * declared with `missing = drop`; a level not in the training rows adds nothing; a feature that is infinite makes the
 * prediction NULL.
 * @param input what can stand after FROM: a relation's name, or a SELECT in parentheses.
 * @throws EverviewError `unknown-column` when the input lacks a feature; `invalid-query` when it has one of a type the
 * model cannot read, or a column `prediction` already.
 */
export function predictionSql(parameters: RidgeParameters, input: string, schema: Schema): string {
  const taken = findColumn(schema, predictionColumn);
  if (taken !== undefined) {
    throw new EverviewError('invalid-query', `the input of PREDICT already has a column "${taken.name}"`, {
      hint: `rename it, or leave it out: SELECT * EXCLUDE ("${taken.name}")`,
    });
  }
  return predictedSql(parameters, input, schema, predictionColumn);
}

/** As `predictionSql`, under another name for the new column. */
export function predictedSql(
  parameters: RidgeParameters,
  input: string,
  schema: Schema,
  column: string,
): string {
  const name = quoteIdentifier(column);
  const raw = `SELECT *, ${predictionExpression(parameters, schema)} AS ${name} FROM ${input}`;
  return `SELECT * REPLACE (CASE WHEN isfinite(${name}) THEN ${name} END AS ${name}) FROM (${raw})`;
}

function predictionExpression(parameters: RidgeParameters, schema: Schema): string {
  const terms = [
    doubleLiteral(parameters.offset),
    ...parameters.features.map((feature) =>
      featureTerm(feature, parameters, inputColumn(feature.name, schema)),
    ),
    ...parameters.categories.map((category) =>
      categoryTerm(category, parameters, inputColumn(category.name, schema)),
    ),
  ];
  return balancedSum(terms);
}

/** Nested no deeper than need be: DuckDB plans deep expressions slowly and refuses those a thousand deep. */
function balancedSum(terms: readonly string[]): string {
  if (terms.length <= 8) return terms.join(' + ');
  const middle = Math.ceil(terms.length / 2);
  return `(${balancedSum(terms.slice(0, middle))}) + (${balancedSum(terms.slice(middle))})`;
}

function inputColumn(name: string, schema: Schema): Column {
  const column = findColumn(schema, name);
  if (column !== undefined) return column;
  throw new EverviewError('unknown-column', `the input of PREDICT lacks "${name}", which the model reads`, {
    hint: nearestHint(name, columnNames(schema)),
  });
}

function featureTerm(
  { weight, center, missingWeight }: RidgeFeature,
  { missing }: RidgeParameters,
  column: Column,
): string {
  if (numericKindOf(column.type) === null && column.type !== 'BOOLEAN')
    throw wrongType(column, 'a number or BOOLEAN');
  const name = quoteIdentifier(column.name);
  const value = column.type === 'DOUBLE' ? name : `CAST(${name} AS DOUBLE)`;
  const term = `${doubleLiteral(weight)} * (${value} - ${doubleLiteral(center)})`;
  if (missing === 'drop') return term;
  const present = `coalesce(${term}, ${doubleLiteral(missingWeight)})`;
  if (numericKindOf(column.type) !== 'float') return present;
  return `CASE WHEN isnan(${name}) THEN ${doubleLiteral(missingWeight)} ELSE ${present} END`;
}

/** The level's weight through a cast to an ENUM of the levels: the fastest look-up of an expression in DuckDB. */
function categoryTerm(category: RidgeCategory, { missing }: RidgeParameters, column: Column): string {
  if (!printsAlike(category.type, column.type)) throw wrongType(column, category.type);
  const text = `CAST(${quoteIdentifier(column.name)} AS VARCHAR)`;
  const known = category.levels.flatMap(({ level, weight }) => (level === null ? [] : [{ level, weight }]));
  const ofNull = category.levels.find(({ level }) => level === null)?.weight ?? 0;
  const whenNull = missing === 'drop' ? 'NULL' : doubleLiteral(ofNull);
  const enumType = `ENUM(${known.map(({ level }) => quoteLiteral(level)).join(', ')})`;
  const weights = `[${known.map(({ weight }) => doubleLiteral(weight)).join(', ')}]`;
  const place = `CAST(enum_code(TRY_CAST(${text} AS ${enumType})) AS BIGINT) + 1`;
  const weight = known.length === 0 ? '0e0' : `coalesce(list_extract(${weights}, ${place}), 0e0)`;
  return `CASE WHEN ${text} IS NULL THEN ${whenNull} ELSE ${weight} END`;
}

/** Whether equal values of the two types are the same text. */
function printsAlike(a: string, b: string): boolean {
  if (isText(a) && isText(b)) return true;
  if (numericKindOf(a) === 'integer' && numericKindOf(b) === 'integer') return true;
  return a === b;
}

function wrongType(column: Column, wanted: string): EverviewError {
  return new EverviewError(
    'invalid-query',
    `"${column.name}" is ${column.type} in the input of PREDICT, where the model reads ${wanted}`,
    { hint: `cast it in the SELECT that PREDICT reads` },
  );
}

/** With an exponent, so that DuckDB reads the shortest decimal text as the very double it stands for. */
export function doubleLiteral(value: number): string {
  if (!Number.isFinite(value)) return `CAST('${value}' AS DOUBLE)`;
  return value < 0 || Object.is(value, -0) ? `(${value.toExponential()})` : value.toExponential();
}
