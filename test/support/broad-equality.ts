import { drawExpression, type ScopedColumn } from './broad-expression.ts';
import { type Pen, stableOf } from './broad-pen.ts';

export type ColumnPair = { readonly one: ScopedColumn; readonly other: ScopedColumn };

/** Stable columns of the two sides that have the same type. */
export function samePairs(left: readonly ScopedColumn[], right: readonly ScopedColumn[]): ColumnPair[] {
  return stableOf(left).flatMap((one) =>
    stableOf(right).flatMap((other) => (other.type === one.type ? [{ one, other }] : [])),
  );
}

/** An equality of a column of each side, of the same name where there are such; now and then of NULLs, or computed. */
export function drawEquality(
  pen: Pen,
  left: readonly ScopedColumn[],
  right: readonly ScopedColumn[],
): string | null {
  const pairs = samePairs(left, right);
  const small = pairs.filter(({ one }) => one.type !== 'bool' && one.type !== 'bigint');
  const named = small.filter(({ one, other }) => one.name === other.name && one.name !== 'id');
  const choices = named.length > 0 && pen.random.chance(0.75) ? named : small.length > 0 ? small : pairs;
  if (choices.length === 0) return null;
  const texts = pen.random.sample(choices, pen.random.chance(0.12) ? 2 : 1).map(({ one, other }) => {
    const operator = pen.random.chance(0.12) ? 'IS NOT DISTINCT FROM' : '=';
    const side = pen.random.chance(0.08) ? (drawExpression(pen.random, [one], one.type) ?? one) : one;
    return `${side.text} ${operator} ${other.text}`;
  });
  return texts.join(' AND ');
}
