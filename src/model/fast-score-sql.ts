import type { Schema } from '../core/schema.ts';
import {
  balancedSum,
  categoryTerm,
  doubleList,
  doubleLiteral,
  featureTerm,
  measuredSql,
} from './design-sql.ts';
import type { ScoredFeature, Scorer } from './scorer.ts';

/** With fewer features there is nothing to gain. */
const fewestFeatures = 8;

/** Products summed by one call, at most: shorter lists are more calls, longer ones are no faster. */
const listLength = 20;

/**
 * A centre of up to so many deviations is taken out of the sum, where it costs the term at most 9 of its 53 bits;
 * others are taken from the value first.
 */
const nearCentre = 2 ** 9;

/**
 * Score `k` of rows whose features are all there, as inner products, which DuckDB works out more than twice as fast as
 * a sum of terms that each look for what is missing. NULL or not finite for any other row: then `linearScoreSql` says
 * what it is. Null where that does as well from the start.
 */
export function fastScoreSql(scorer: Scorer, k: number, schema: Schema): string | null {
  const plain = scorer.features.filter(({ source }) => source.kind === 'column');
  if (plain.length < fewestFeatures) return null;
  const others = scorer.features.filter(({ source }) => source.kind !== 'column');
  let offset = scorer.offsets[k] ?? 0;
  const factors = plain.map((feature) => {
    const { value } = measuredSql(feature, schema);
    const weight = feature.weights[k] ?? 0;
    if (!isNear(feature)) return { value: `${value} - ${doubleLiteral(feature.center)}`, weight };
    offset -= weight * feature.center;
    return { value, weight };
  });
  const present = plain.map((feature) => `${measuredSql(feature, schema).raw} IS NOT NULL`);
  const sum = balancedSum([
    doubleLiteral(offset),
    ...chunks(factors).map((some) => {
      const values = some.map(({ value }) => value);
      return `list_inner_product([${values.join(', ')}], ${doubleList(some.map(({ weight }) => weight))})`;
    }),
    ...others.map((feature) => featureTerm(feature, k, scorer, schema)),
    ...scorer.categories.map((category) => categoryTerm(category, k, scorer, schema)),
  ]);
  // an inner product refuses lists that hold a NULL
  return `CASE WHEN ${present.join(' AND ')} THEN ${sum} END`;
}

function isNear({ center, deviation }: ScoredFeature): boolean {
  return Math.abs(center) <= nearCentre * deviation;
}

/** As few as may be, of like length. */
function chunks<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / listLength);
  const length = Math.ceil(items.length / count);
  return Array.from({ length: count }, (_, chunk) => items.slice(chunk * length, (chunk + 1) * length));
}
