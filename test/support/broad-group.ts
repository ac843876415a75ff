import { type Aggregate, drawAggregate } from './broad-aggregate.ts';
import { drawExpression, type TypedText } from './broad-expression.ts';
import type { Operator } from './broad-operator.ts';
import { named, type Output } from './broad-outputs.ts';
import { type Block, type From, type Marks, type Pen, stableOf } from './broad-pen.ts';
import type { SelectQuery } from './broad-query.ts';
import { blockOf, selectOver } from './broad-rows.ts';
import { literalOf } from './broad-value.ts';

/** GROUP BY one to three expressions, written out, by their places, or ALL. */
export function drawGroup(pen: Pen, from: From): Block | null {
  const keys = drawKeys(pen, from, pen.random.pick([1, 1, 1, 2, 2, 3]));
  if (keys.length === 0) return null;
  const measured = drawMeasures(pen, from);
  const shown = pen.random.chance(0.08) ? keys.slice(1) : keys;
  const outputs = outputsOf(pen, shown, measured);
  if (outputs.length === 0) return null;
  const isAllShown = shown.length === keys.length;
  const form = pen.random.weighted({ written: 6, places: isAllShown ? 1 : 0, all: isAllShown ? 2 : 0 });
  const groupBy = {
    written: keys.map((key) => key.text).join(', '),
    places: keys.map((_, place) => place + 1).join(', '),
    all: 'ALL',
  }[form];
  const having = pen.random.chance(0.2) ? drawHaving(pen, from) : null;
  const query: SelectQuery = { ...selectOver(from), groupBy, having };
  const marks = marksOf(from.marks.under('group'), measured, having);
  const key = keys.length === 1 && shown.length === 1 ? (outputs[0]?.name ?? null) : null;
  return blockOf(query, outputs, marks, { rows: Math.min(from.rows, 10), key });
}

/** Aggregates without keys: always one row. */
export function drawGroupAll(pen: Pen, from: From): Block | null {
  const measured = drawMeasures(pen, from);
  const having = pen.random.chance(0.08) ? drawHaving(pen, from) : null;
  const query: SelectQuery = { ...selectOver(from), having };
  const outputs = outputsOf(pen, [], measured);
  if (outputs.length === 0) return null;
  return blockOf(query, outputs, marksOf(from.marks.under('group-all'), measured, having), { rows: 1 });
}

export function drawGroupingSets(pen: Pen, from: From): Block | null {
  const keys = drawKeys(pen, from, 2).filter((key) => from.columns.some((one) => one.text === key.text));
  const [first, second] = keys;
  if (first === undefined || second === undefined || first.text === second.text) return null;
  const [a, b] = [first.text, second.text];
  const groupBy = pen.random.pick([
    `ROLLUP (${a}, ${b})`,
    `CUBE (${a}, ${b})`,
    `GROUPING SETS ((${a}), (${b}), ())`,
    `GROUPING SETS ((${a}, ${b}), (${b}))`,
    `${a}, ROLLUP (${b})`,
  ]);
  const measured = drawMeasures(pen, from);
  const outputs = outputsOf(pen, keys, measured);
  outputs.push(named(pen, outputs, { text: `grouping(${a}, ${b})`, type: 'bigint', stable: true }));
  const having = pen.random.chance(0.12) ? 'count(*) > 1' : null;
  const query: SelectQuery = { ...selectOver(from), groupBy, having };
  const marks = marksOf(from.marks.under('grouping-sets'), measured, having);
  return blockOf(query, outputs, marks, { rows: Math.min(2 * from.rows, 20) });
}

function drawKeys(pen: Pen, from: From, count: number): (TypedText & { name?: string })[] {
  const stable = stableOf(from.columns).filter((column) => column.type !== 'list' || pen.random.chance(0.2));
  const small = stable.filter((column) => column.text !== from.key || pen.random.chance(0.1));
  return pen.random.sample(small, count).flatMap((column) => {
    if (pen.random.chance(0.75)) return [column];
    const computed = drawExpression(pen.random, small, column.type);
    return computed === null ? [column] : [computed];
  });
}

function drawMeasures(pen: Pen, from: From): Aggregate[] {
  return pen.random
    .list(pen.random.int(1, 3), () => drawAggregate(pen, from.columns, from.key))
    .filter((one) => one !== null);
}

/** Keys, then measures, now and then inside a larger expression. */
function outputsOf(
  pen: Pen,
  keys: readonly (TypedText & { name?: string })[],
  measured: readonly Aggregate[],
): Output[] {
  const outputs: Output[] = [];
  for (const key of keys) outputs.push(named(pen, outputs, key));
  for (const { text, type, stable } of measured) {
    const around = pen.random.weighted({ none: 8, coalesce: stable ? 1 : 0, null: 1 });
    const wrapped =
      around === 'coalesce'
        ? { text: `coalesce(${text}, ${literalOf(pen.random, type)})`, type, stable }
        : around === 'null'
          ? { text: `(${text} IS NULL)`, type: 'bool' as const, stable: true }
          : { text, type, stable };
    outputs.push(named(pen, outputs, wrapped));
  }
  return outputs;
}

function drawHaving(pen: Pen, from: From): string {
  const aggregate = drawAggregate(pen, from.columns, from.key);
  if (aggregate === null || !aggregate.stable || pen.random.chance(0.5)) {
    return `count(*) ${pen.random.pick(['>', '<=', '<>'])} ${pen.random.int(1, 3)}`;
  }
  return `${aggregate.text} ${pen.random.pick(['>=', '<', '<>'])} ${literalOf(pen.random, aggregate.type)}`;
}

function marksOf(group: Marks, measured: readonly Aggregate[], having: string | null): Marks {
  const inside = [...new Set(measured.flatMap((one): readonly Operator[] => one.operators))];
  const all = inside.reduce((marks, operator) => marks.inside(operator), group);
  return having === null ? all : all.under('having');
}
