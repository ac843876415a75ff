import { quoteLiteral } from '../core/identifier.ts';
import { numericKindOf, type Schema } from '../core/schema.ts';
import { balancedSum, categoryText, doubleList, doubleLiteral, measuredSql } from './design-sql.ts';
import type { QuadraticForm, Scorer } from './scorer.ts';

/** Some of the columns of a row's design (`QuadraticForm` says which), in a column that holds them as a DOUBLE[]. */
export type DesignList = {
  readonly column: string;
  readonly sql: string;
  readonly places: readonly number[];
};

/** A form over ordered columns needs few of these for most of its lines, and an inner product is quick over each. */
const listLength = 16;

/** Up to so many weights of a list are multiplied one by one. */
const fewWeights = 2;

/** The columns of the design that the forms read, cut into lists. */
export function designLists(
  scorer: Scorer,
  schema: Schema,
  forms: readonly QuadraticForm[],
  prefix: string,
): DesignList[] {
  const entries = designEntries(scorer, schema);
  const isUsed = (place: number) => forms.some(({ rows }) => rows.some((row) => (row[place] ?? 0) !== 0));
  const places = [...entries.keys()].filter(isUsed);
  return Array.from({ length: Math.ceil(places.length / listLength) }, (_, list) => {
    const own = places.slice(list * listLength, (list + 1) * listLength);
    const sql = `[${own.map((place) => entries[place]).join(', ')}]`;
    return { column: `${prefix}${list}`, sql, places: own };
  });
}

/** The design of a row: 1 or 0 but for present numbers. Where a missing one makes the score NULL it may be anything. */
export function designEntries(scorer: Scorer, schema: Schema): string[] {
  const absent = scorer.features.map((feature) => {
    const { type, raw } = measuredSql(feature, schema);
    return numericKindOf(type) === 'float' ? `(${raw} IS NULL OR isnan(${raw}))` : `(${raw} IS NULL)`;
  });
  const present = scorer.features.map((feature, index) => {
    const centred = `${measuredSql(feature, schema).value} - ${doubleLiteral(feature.center)}`;
    return `CASE WHEN ${absent[index]} THEN 0e0 ELSE ${centred} END`;
  });
  const levels = scorer.categories.flatMap((category) => {
    const text = categoryText(category, schema);
    return category.levels.map(({ level }) =>
      level === null
        ? `CAST(${text} IS NULL AS DOUBLE)`
        : `coalesce(CAST(${text} = ${quoteLiteral(level)} AS DOUBLE), 0e0)`,
    );
  });
  return [...present, ...absent.map((one) => `CAST(${one} AS DOUBLE)`), ...levels];
}

/** The value of a form over the columns of `designLists`. */
export function formSql({ constants, rows }: QuadraticForm, lists: readonly DesignList[]): string {
  if (rows.length === 0) return '0e0';
  const lines = rows.map((row, index) => {
    const products = lists.flatMap((list) => listProduct(list, row) ?? []);
    return `pow(${balancedSum([doubleLiteral(constants[index] ?? 0), ...products])}, 2)`;
  });
  return balancedSum(lines);
}

function listProduct({ column, places }: DesignList, row: readonly number[]): string | null {
  const weights = places.map((place) => row[place] ?? 0);
  const some = weights.flatMap((weight, index) => (weight === 0 ? [] : [{ weight, index }]));
  if (some.length === 0) return null;
  if (some.length > fewWeights) return `list_inner_product(${column}, ${doubleList(weights)})`;
  return some
    .map(({ weight, index }) => `${doubleLiteral(weight)} * list_extract(${column}, ${index + 1})`)
    .join(' + ');
}
