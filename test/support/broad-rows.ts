import type { WriteBlock } from './broad-input.ts';
import { columnsOfOutputs, drawOutputs, itemsOf, keyOfOutputs, named, type Output } from './broad-outputs.ts';
import { type Block, type From, type Marks, type Pen, stableOf, totalOrder } from './broad-pen.ts';
import { emptySelect, type SelectQuery } from './broad-query.ts';
import { drawSubqueryItem } from './broad-subquery.ts';

export function selectOver(from: From): SelectQuery {
  return { ...emptySelect, ctes: from.ctes, from: from.sources, where: from.where };
}

type Parts = { readonly rows: number; readonly key?: string | null };

export function blockOf(query: SelectQuery, outputs: readonly Output[], marks: Marks, parts: Parts): Block {
  const { top, operators, pairs } = marks;
  return {
    query: { ...query, items: itemsOf(outputs) },
    columns: columnsOfOutputs(outputs),
    key: parts.key ?? null,
    rows: parts.rows,
    // Every block marks one operator at least.
    top: top === 'table' ? 'project' : top,
    operators,
    pairs,
  };
}

/** Rows as they are: some columns, expressions, subqueries as columns. */
export function drawProjection(pen: Pen, from: From, depth: number, write: WriteBlock): Block | null {
  const outputs = drawOutputs(pen, from.columns, pen.random.int(2, 4));
  if (outputs.length === 0) return null;
  let marks = from.marks;
  if (pen.random.chance(0.2)) {
    const asked = drawSubqueryItem(pen, { ...from, marks }, depth, write);
    if (asked !== null) {
      outputs.push(named(pen, outputs, asked.value));
      marks = asked.marks;
    }
  }
  const key = keyOfOutputs(outputs, from.key);
  return blockOf(selectOver(from), outputs, marks.under('project'), { rows: from.rows, key });
}

export function drawDistinct(pen: Pen, from: From): Block | null {
  const outputs = drawOutputs(pen, stableOf(from.columns), pen.random.int(1, 3));
  if (outputs.length === 0) return null;
  const query: SelectQuery = { ...selectOver(from), distinct: 'rows' };
  return blockOf(query, outputs, from.marks.under('distinct'), { rows: Math.ceil(from.rows / 2) });
}

export function drawDistinctOn(pen: Pen, from: From): Block | null {
  const stable = stableOf(from.columns);
  if (stable.length === 0) return null;
  const on = pen.random.pick(stable).text;
  const by = pen.random.pick(stable).text;
  const query: SelectQuery = {
    ...selectOver(from),
    distinct: { on: [on] },
    orderBy: `${on}, ${by}${pen.random.pick(['', ' DESC', ' NULLS FIRST'])}, ${totalOrder(from)}`,
  };
  const outputs = drawOutputs(pen, stable, pen.random.int(2, 4));
  return blockOf(query, outputs, from.marks.under('distinct-on'), { rows: Math.ceil(from.rows / 3) });
}

export function drawLimited(pen: Pen, from: From): Block | null {
  const stable = stableOf(from.columns);
  if (stable.length === 0) return null;
  const by = pen.random.pick(stable).text;
  const most = pen.random.int(1, 8);
  const query: SelectQuery = {
    ...selectOver(from),
    orderBy: `${by}${pen.random.pick(['', ' DESC', ' DESC NULLS LAST'])}, ${totalOrder(from)}`,
    limit: `${most}${pen.random.chance(0.25) ? ' OFFSET 2' : ''}`,
  };
  const outputs = drawOutputs(pen, stable, pen.random.int(2, 4));
  const key = keyOfOutputs(outputs, from.key);
  return blockOf(query, outputs, from.marks.under('order-limit'), { rows: most, key });
}

/** SELECT k, UNNEST(l). */
export function drawUnnestList(pen: Pen, from: From): Block | null {
  const lists = from.columns.filter(
    (column) => column.stable && (column.type === 'list' || column.type === 'int'),
  );
  if (lists.length === 0) return null;
  const list = pen.random.pick(lists);
  const outputs = drawOutputs(pen, from.columns, pen.random.int(1, 3));
  const isList = list.type === 'list';
  const text = isList ? `UNNEST(${list.text})` : `UNNEST(range(abs(${list.text}) % 4))`;
  outputs.push(named(pen, outputs, { text, type: isList ? 'int' : 'bigint', stable: true }));
  return blockOf(selectOver(from), outputs, from.marks.under('unnest-list'), { rows: from.rows * 2 });
}
