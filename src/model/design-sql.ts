import { EverviewError } from '../core/errors.ts';
import { quoteLiteral } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { type Column, columnNames, findColumn, numericKindOf, type Schema } from '../core/schema.ts';
import { isText } from './feature-plan.ts';
import { accepts, sourceColumns, sourceSql, sourceType, wantedType } from './feature-source.ts';
import { isInSpan, levelSpan, overSpan, placeInSpan } from './level-span.ts';
import type { ScoredCategory, ScoredFeature, Scorer } from './scorer.ts';

/** A DOUBLE with an exponent, so that DuckDB reads the shortest decimal text as the very double it stands for. */
export function doubleLiteral(value: number): string {
  if (!Number.isFinite(value)) return `CAST('${value}' AS DOUBLE)`;
  return value < 0 || Object.is(value, -0) ? `(${value.toExponential()})` : value.toExponential();
}

/** A DOUBLE[] out of one text, which DuckDB plans in less time than it does a literal for each of the values. */
export function doubleList(values: readonly number[]): string {
  return `CAST('[${values.map((value) => value.toExponential()).join(', ')}]' AS DOUBLE[])`;
}

/** Nested no deeper than need be: DuckDB plans deep expressions slowly and refuses those a thousand deep. */
export function balancedSum(terms: readonly string[]): string {
  if (terms.length <= 8) return terms.join(' + ');
  const middle = Math.ceil(terms.length / 2);
  return `(${balancedSum(terms.slice(0, middle))}) + (${balancedSum(terms.slice(middle))})`;
}

/** Score `k` of a row of the input but for its quadratic form; NULL, or not finite, where the model gives none. */
export function linearScoreSql(scorer: Scorer, k: number, schema: Schema): string {
  return balancedSum([doubleLiteral(scorer.offsets[k] ?? 0), ...linearTermsSql(scorer, k, schema)]);
}

/** What each feature, then each category, adds to the linear part of score `k`. */
export function linearTermsSql(scorer: Scorer, k: number, schema: Schema): string[] {
  return [
    ...scorer.features.map((feature) => featureTerm(feature, k, scorer, schema)),
    ...scorer.categories.map((category) => categoryTerm(category, k, scorer, schema)),
  ];
}

/** The first column a feature reads, as the input has it; all of them are looked at. */
function inputColumn({ name: feature, source }: ScoredFeature | ScoredCategory, schema: Schema): Column {
  const columns = sourceColumns(source).map((name) => {
    const column = findColumn(schema, name);
    if (column === undefined) {
      throw new EverviewError(
        'unknown-column',
        `the input of PREDICT lacks "${name}", which the model reads`,
        { hint: nearestHint(name, columnNames(schema)) },
      );
    }
    if (!accepts(source, column.type)) throw wrongType(column, wantedType(source) ?? 'another type');
    return column;
  });
  const [column] = columns;
  if (column !== undefined) return column;
  throw new EverviewError('internal', `feature "${feature}" reads no column`);
}

/** What a feature adds to score `k`, whether it is there or missing. */
export function featureTerm(feature: ScoredFeature, k: number, { missing }: Scorer, schema: Schema): string {
  const { type, value, raw } = measuredSql(feature, schema);
  const missingWeight = doubleLiteral(feature.missingWeights[k] ?? 0);
  const weight = doubleLiteral(feature.weights[k] ?? 0);
  const term = `${weight} * (${value} - ${doubleLiteral(feature.center)})`;
  if (missing === 'drop') return term;
  const present = `coalesce(${term}, ${missingWeight})`;
  if (numericKindOf(type) !== 'float') return present;
  return `CASE WHEN isnan(${raw}) THEN ${missingWeight} ELSE ${present} END`;
}

/** A feature's value in SQL, as it is and as DOUBLE, and its type. */
export function measuredSql(
  feature: ScoredFeature,
  schema: Schema,
): { type: string; value: string; raw: string } {
  const column = inputColumn(feature, schema);
  if (feature.source.kind === 'column' && numericKindOf(column.type) === null && column.type !== 'BOOLEAN')
    throw wrongType(column, 'a number or BOOLEAN');
  const raw = sourceSql(feature.source, schema);
  const type = sourceType(feature.source, column.type);
  return { type, raw, value: type === 'DOUBLE' ? raw : `CAST(${raw} AS DOUBLE)` };
}

/** What a row's level adds to score `k`. */
export function categoryTerm(
  category: ScoredCategory,
  k: number,
  { missing }: Scorer,
  schema: Schema,
): string {
  const value = categoryValue(category, schema);
  const known = category.levels.flatMap(({ level, weights }): Known[] =>
    level === null ? [] : [[level, weights[k] ?? 0]],
  );
  const ofNull = category.levels.find(({ level }) => level === null)?.weights ?? category.unseen;
  const whenNull = missing === 'drop' ? 'NULL' : doubleLiteral(ofNull[k] ?? 0);
  const unseen = category.unseen[k] ?? 0;
  const weight = known.length === 0 ? doubleLiteral(unseen) : weightSql(value, known, unseen);
  return `CASE WHEN ${value.sql} IS NULL THEN ${whenNull} ELSE ${weight} END`;
}

type Known = readonly [level: string, weight: number];

/**
 * The weight of a level. Of whole numbers that lie close together it is in a list at their place; of others a cast to
 * an ENUM of the levels finds the place, the fastest look-up of a text in DuckDB, at four times the cost.
 */
function weightSql({ sql, type }: CategoryValue, known: readonly Known[], unseen: number): string {
  const levels = known.map(([level]) => level);
  const span = numericKindOf(type) === 'integer' ? levelSpan(levels) : null;
  if (span !== null) {
    const weights = doubleList(overSpan(span, known, unseen));
    const weight = `list_extract(${weights}, ${placeInSpan(span, sql)})`;
    return `CASE WHEN ${isInSpan(span, sql)} THEN ${weight} ELSE ${doubleLiteral(unseen)} END`;
  }
  const enumType = `ENUM(${levels.map(quoteLiteral).join(', ')})`;
  const place = `CAST(enum_code(TRY_CAST(CAST(${sql} AS VARCHAR) AS ${enumType})) AS BIGINT) + 1`;
  const weights = doubleList(known.map(([, weight]) => weight));
  return `coalesce(list_extract(${weights}, ${place}), ${doubleLiteral(unseen)})`;
}

type CategoryValue = { readonly sql: string; readonly type: string };

function categoryValue(category: ScoredCategory, schema: Schema): CategoryValue {
  const column = inputColumn(category, schema);
  const type = sourceType(category.source, column.type);
  if (!printsAlike(category.type, type)) throw wrongType(column, category.type);
  return { sql: sourceSql(category.source, schema), type };
}

/** A category's value in SQL, as text. */
export function categoryText(category: ScoredCategory, schema: Schema): string {
  return `CAST(${categoryValue(category, schema).sql} AS VARCHAR)`;
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
