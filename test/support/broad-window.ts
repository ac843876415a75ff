import { drawExpression, type ScopedColumn, type TypedText } from './broad-expression.ts';
import type { Operator } from './broad-operator.ts';
import { drawOutputs, named, type Output } from './broad-outputs.ts';
import { type Block, type From, type Pen, stableOf, totalOrder } from './broad-pen.ts';
import { emptySelect, type SelectQuery } from './broad-query.ts';
import { blockOf, selectOver } from './broad-rows.ts';

type WindowFunction = TypedText & { readonly operator: Operator };

/** Rows with one or two window functions, over partitions or over all. */
export function drawWindows(pen: Pen, from: From): Block | null {
  const stable = stableOf(from.columns);
  if (stable.length === 0) return null;
  const isGlobal = pen.random.chance(0.15);
  const written = isGlobal ? '' : partitionOf(pen, from);
  const isNamed = !isGlobal && pen.random.chance(0.12);
  const name = pen.alias('w');
  const partition = isNamed ? `${name} ` : written;
  const outputs = drawOutputs(pen, stable, pen.random.int(1, 3));
  let { marks } = from;
  for (let count = pen.random.int(1, 2); count > 0; count--) {
    const made = drawFunction(pen, from, partition);
    outputs.push(named(pen, outputs, made));
    marks = marks.under(made.operator);
  }
  if (isGlobal) marks = marks.under('global-window');
  const query: SelectQuery = { ...selectOver(from), window: isNamed ? `${name} AS (${written})` : null };
  return blockOf(query, outputs, marks, { rows: from.rows });
}

function partitionOf(pen: Pen, from: From): string {
  const columns = stableOf(from.columns).filter((column) => column.text !== from.key);
  const keys = pen.random.sample(
    columns.length > 0 ? columns : stableOf(from.columns),
    pen.random.pick([1, 1, 1, 2]),
  );
  const texts = keys.map((key) => {
    return pen.random.chance(0.12) ? (drawExpression(pen.random, [key], key.type) ?? key).text : key.text;
  });
  return `PARTITION BY ${texts.join(', ')} `;
}

function drawFunction(pen: Pen, from: From, partition: string): WindowFunction {
  const { random } = pen;
  const stable = stableOf(from.columns);
  const column = random.pick(stable);
  const by = `${random.pick(stable).text}${random.pick(['', ' DESC', ' NULLS FIRST'])}`;
  const total = `${by}, ${totalOrder(from)}`;
  const over = (order: string, frame = '') => `OVER (${partition}ORDER BY ${order}${frame})`;
  const kind = random.weighted({ number: 2, rank: 2, offset: 2, frame: 4 });
  switch (kind) {
    case 'number':
      return rank(random.pick([`row_number() ${over(total)}`, `ntile(3) ${over(total)}`]));
    case 'rank':
      return rank(`${random.pick(['rank()', 'dense_rank()'])} ${over(by)}`);
    case 'offset': {
      const call = random.pick([
        `lag(${column.text})`,
        `lead(${column.text}, 2)`,
        `first_value(${column.text})`,
        `last_value(${column.text})`,
        `lag(${column.text} IGNORE NULLS)`,
      ]);
      return { text: `${call} ${over(total)}`, type: column.type, stable: true, operator: 'window-offset' };
    }
    case 'frame':
      return drawFrame(pen, stable, partition, by, total);
  }
}

function rank(text: string): WindowFunction {
  return { text, type: 'bigint', stable: true, operator: 'window-rank' };
}

function drawFrame(
  pen: Pen,
  stable: readonly ScopedColumn[],
  partition: string,
  by: string,
  total: string,
): WindowFunction {
  const { random } = pen;
  const numbers = stable.filter((column) => column.type === 'int' || column.type === 'decimal');
  const measure = numbers.length === 0 ? null : random.pick(numbers);
  const column = random.pick(stable);
  const sum = (one: ScopedColumn): TypedText => {
    return { text: `sum(${one.text})`, type: one.type === 'int' ? 'bigint' : one.type, stable: true };
  };
  const made: TypedText = random.pick<TypedText>([
    { text: 'count(*)', type: 'bigint', stable: true },
    { text: `max(${column.text})`, type: column.type, stable: true },
    { text: `min(${column.text})`, type: column.type, stable: true },
    ...(measure === null ? [] : [sum(measure), sum(measure)]),
    ...(measure === null ? [] : [{ text: `avg(${measure.text})`, type: 'double', stable: false } as const]),
  ]);
  const ranged = stable.filter((one) => one.type === 'int');
  const times = stable.filter((one) => one.type === 'timestamp');
  const frame = random.pick([
    '',
    `ORDER BY ${by}`,
    `ORDER BY ${total} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW`,
    `ORDER BY ${total} ROWS UNBOUNDED PRECEDING`,
    `ORDER BY ${total} ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING`,
    `ORDER BY ${total} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW`,
    `ORDER BY ${by} GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW`,
    ...(ranged.length === 0
      ? []
      : [`ORDER BY ${random.pick(ranged).text} RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING`]),
    ...(times.length === 0
      ? []
      : [`ORDER BY ${random.pick(times).text} RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW`]),
  ]);
  return { ...made, text: `${made.text} OVER (${partition}${frame})`, operator: 'window-frame' };
}

/** The rows a condition on a window function leaves. */
export function drawQualify(pen: Pen, from: From): Block | null {
  const stable = stableOf(from.columns);
  if (stable.length === 0) return null;
  const outputs = drawOutputs(pen, stable, pen.random.int(2, 4));
  const qualify = keepText(pen, from);
  const query: SelectQuery = { ...selectOver(from), qualify: qualify.text };
  const marks = from.marks.under(qualify.operator).under('qualify');
  return blockOf(query, outputs, marks, { rows: Math.ceil(from.rows / 2) });
}

function keepText(pen: Pen, from: From): { readonly text: string; readonly operator: Operator } {
  const { random } = pen;
  const partition = random.chance(0.85) ? partitionOf(pen, from) : '';
  const by = random.pick(stableOf(from.columns)).text;
  if (random.chance(0.7)) {
    const most = random.int(1, 3);
    const order = `${by}${random.pick(['', ' DESC'])}, ${totalOrder(from)}`;
    return { text: `row_number() OVER (${partition}ORDER BY ${order}) <= ${most}`, operator: 'window-rank' };
  }
  if (random.chance(0.5))
    return { text: `rank() OVER (${partition}ORDER BY ${by}) <= 2`, operator: 'window-rank' };
  return { text: `count(*) OVER (${partition.trim()}) > 1`, operator: 'window-frame' };
}

/** The first few rows of each partition, by a subquery that numbers them. */
export function drawTopK(pen: Pen, from: From): Block | null {
  const stable = stableOf(from.columns);
  if (stable.length === 0) return null;
  const inner: Output[] = drawOutputs(pen, stable, pen.random.int(2, 4));
  const by = `${pen.random.pick(stable).text}${pen.random.pick(['', ' DESC'])}`;
  const name = pen.alias('n');
  const number = `row_number() OVER (${partitionOf(pen, from)}ORDER BY ${by}, ${totalOrder(from)})`;
  const numbered: SelectQuery = {
    ...selectOver(from),
    items: [...inner.map((one) => ({ expression: one.text, name: one.name })), { expression: number, name }],
  };
  const alias = pen.alias();
  const query: SelectQuery = {
    ...emptySelect,
    from: [{ join: ',', relation: numbered, alias, columns: [], condition: '' }],
    where: [`${alias}.${name} <= ${pen.random.int(1, 3)}`],
  };
  const outputs = inner.map((one): Output => ({ ...one, text: `${alias}.${one.name}` }));
  const marks = from.marks.under('window-rank').under('filter').under('top-k');
  return blockOf(query, outputs, marks, { rows: Math.ceil(from.rows / 2) });
}
