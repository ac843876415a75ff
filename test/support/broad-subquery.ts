import { drawEquality, samePairs } from './broad-equality.ts';
import { drawCondition, drawExpression, type ScopedColumn, type TypedText } from './broad-expression.ts';
import { drawInput, type WriteBlock } from './broad-input.ts';
import type { Operator } from './broad-operator.ts';
import { type From, type Marks, type Pen, stableOf, totalOrder } from './broad-pen.ts';
import { emptySelect, renderQuery, type SelectQuery } from './broad-query.ts';

type Inner = { readonly from: From; readonly isCorrelated: boolean; readonly where: readonly string[] };

/** What a subquery reads, mostly tied to the row outside by an equality. */
function drawInner(pen: Pen, outer: readonly ScopedColumn[], depth: number, write: WriteBlock): Inner | null {
  const from = drawInput(pen, Math.min(depth, 1), write);
  if (from === null || from.ctes.length > 0) return null;
  const equality = pen.random.chance(0.7) ? drawEquality(pen, outer, from.columns) : null;
  const more = pen.random.chance(0.3) ? [drawCondition(pen.random, from.columns, 0)] : [];
  const tied = equality === null ? [] : [equality];
  return { from, isCorrelated: equality !== null, where: [...from.where, ...tied, ...more] };
}

/** EXISTS, IN, a comparison with a scalar subquery, and their negations, as one more condition. */
export function drawSubqueryCondition(pen: Pen, from: From, depth: number, write: WriteBlock): From | null {
  const inner = drawInner(pen, from.columns, depth, write);
  if (inner === null) return null;
  const kind = pen.random.weighted({ exists: 3, in: 3, scalar: 2, quantified: 0.7 });
  const made =
    kind === 'exists'
      ? existsText(pen, inner)
      : kind === 'scalar'
        ? comparisonText(pen, from, inner)
        : memberText(pen, from, inner, kind === 'quantified');
  if (made === null) return null;
  return {
    ...from,
    where: [...from.where, made.text],
    marks: from.marks.under(made.operator, inner.from.marks),
  };
}

type Made = { readonly text: string; readonly operator: Operator } | null;

function existsText(pen: Pen, inner: Inner): Exclude<Made, null> {
  const items = [{ expression: '1', name: pen.alias('n') }];
  const query = renderQuery({ ...emptySelect, items, from: inner.from.sources, where: inner.where });
  const isNegated = pen.random.chance(0.45);
  return {
    text: `${isNegated ? 'NOT ' : ''}EXISTS (${query})`,
    operator: isNegated ? 'not-exists' : 'exists',
  };
}

function memberText(pen: Pen, from: From, inner: Inner, isQuantified: boolean): Made {
  const pairs = samePairs(from.columns, inner.from.columns);
  if (pairs.length === 0) return null;
  const { one, other } = pen.random.pick(pairs);
  const query = renderQuery({
    ...emptySelect,
    items: [{ expression: other.text, name: pen.alias('n') }],
    from: inner.from.sources,
    where: inner.where,
  });
  if (isQuantified) {
    const text = `${one.text} ${pen.random.pick(['= ANY', '>= ALL', '< ANY', '<> ALL'])} (${query})`;
    return { text, operator: text.includes('ALL') ? 'not-in' : 'in' };
  }
  const isNegated = pen.random.chance(0.4);
  return {
    text: `${one.text} ${isNegated ? 'NOT ' : ''}IN (${query})`,
    operator: isNegated ? 'not-in' : 'in',
  };
}

function comparisonText(pen: Pen, from: From, inner: Inner): Made {
  const scalar = scalarOf(pen, inner);
  if (scalar === null) return null;
  const fitting = stableOf(from.columns).filter((column) => column.type === scalar.type);
  const left = fitting.length === 0 ? null : drawExpression(pen.random, fitting);
  if (left === null) return null;
  const text = `${left.text} ${pen.random.pick(['=', '>=', '<', '<>'])} ${scalar.text}`;
  return { text, operator: inner.isCorrelated ? 'correlated-scalar' : 'scalar-subquery' };
}

/** One stable value: an aggregate, or the first of a total order. */
function scalarOf(pen: Pen, inner: Inner): TypedText | null {
  const stable = stableOf(inner.from.columns);
  if (stable.length === 0) return null;
  const column = pen.random.pick(stable);
  const base: SelectQuery = { ...emptySelect, from: inner.from.sources, where: inner.where };
  const ask = (expression: string, rest: Partial<SelectQuery> = {}) =>
    `(${renderQuery({ ...base, ...rest, items: [{ expression, name: 'one' }] })})`;
  const kind = pen.random.weighted({ count: 3, most: 4, sum: 2, first: 1 });
  switch (kind) {
    case 'count':
      return { text: ask('count(*)'), type: 'bigint', stable: true };
    case 'sum':
      if (column.type !== 'int') return null;
      return { text: ask(`sum(${column.text})`), type: 'bigint', stable: true };
    case 'most':
      return {
        text: ask(`${pen.random.pick(['max', 'min'])}(${column.text})`),
        type: column.type,
        stable: true,
      };
    case 'first': {
      const rest = { orderBy: totalOrder(inner.from), limit: '1' };
      return { text: ask(column.text, rest), type: column.type, stable: true };
    }
  }
}

/** A scalar subquery as a column. */
export function drawSubqueryItem(
  pen: Pen,
  from: From,
  depth: number,
  write: WriteBlock,
): { readonly value: TypedText; readonly marks: Marks } | null {
  const inner = drawInner(pen, from.columns, depth, write);
  if (inner === null) return null;
  if (pen.random.chance(0.2)) {
    const exists = existsText(pen, inner);
    const value: TypedText = { text: exists.text, type: 'bool', stable: true };
    return { value, marks: from.marks.under(exists.operator, inner.from.marks) };
  }
  const value = scalarOf(pen, inner);
  if (value === null) return null;
  const operator = inner.isCorrelated ? 'correlated-scalar' : 'scalar-subquery';
  return { value, marks: from.marks.under(operator, inner.from.marks) };
}
