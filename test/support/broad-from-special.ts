import { drawEquality, samePairs } from './broad-equality.ts';
import type { ScopedColumn } from './broad-expression.ts';
import { drawInput, fromBlock, type WriteBlock } from './broad-input.ts';
import type { Operator } from './broad-operator.ts';
import { type From, type Pen, scopedColumns, stableOf } from './broad-pen.ts';
import { emptySelect, type Item, type JoinWord, type SelectQuery, type Source } from './broad-query.ts';
import { type BroadColumn, literalOf } from './broad-value.ts';

/** USING and NATURAL: both sides as subqueries that share the key's name and no other. */
export function drawNamedJoin(pen: Pen, depth: number, write: WriteBlock): From | null {
  const left = drawInput(pen, depth, write);
  const right = drawInput(pen, Math.min(depth, 1), write);
  if (left === null || right === null || left.rows * right.rows > 450) return null;
  const keys = samePairs(left.columns, right.columns).filter(
    ({ one }) => one.type !== 'bool' && one.type !== 'bigint',
  );
  if (keys.length === 0) return null;
  const { one, other } = pen.random.pick(keys);
  const name = pen.alias('k');
  const sides = [renamed(pen, left, one, name), renamed(pen, right, other, name)] as const;
  const isNatural = pen.random.chance(0.4);
  const kinds = isNatural ? naturalJoins : usingJoins;
  const [join, operator] = pen.random.pick(kinds);
  const isHalf = operator === 'semi-join' || operator === 'anti-join';
  const shared: ScopedColumn = { name, text: name, type: one.type, stable: true };
  const marks = left.marks.under(operator, right.marks);
  return {
    sources: [sides[0].source, { ...sides[1].source, join, condition: isNatural ? '' : `USING (${name})` }],
    ctes: [...left.ctes, ...right.ctes],
    where: [],
    columns: [shared, ...sides[0].others, ...(isHalf ? [] : sides[1].others)],
    key: null,
    rows: Math.ceil((left.rows * right.rows) / 3),
    marks: marks.under(isNatural ? 'natural-join' : 'using-join'),
  };
}

const usingJoins: readonly (readonly [JoinWord, Operator])[] = [
  ['JOIN', 'inner-join'],
  ['LEFT JOIN', 'left-join'],
  ['RIGHT JOIN', 'right-join'],
  ['FULL JOIN', 'full-join'],
  ['SEMI JOIN', 'semi-join'],
  ['ANTI JOIN', 'anti-join'],
];

const naturalJoins: readonly (readonly [JoinWord, Operator])[] = [
  ['NATURAL JOIN', 'inner-join'],
  ['NATURAL LEFT JOIN', 'left-join'],
  ['NATURAL FULL JOIN', 'full-join'],
];

type Side = { readonly source: Source; readonly others: readonly ScopedColumn[] };

function renamed(pen: Pen, from: From, key: ScopedColumn, name: string): Side {
  const alias = pen.alias();
  const others = pen.random
    .sample(
      from.columns.filter((column) => column !== key),
      4,
    )
    .map((column) => ({ column, name: pen.alias('n') }));
  const items: Item[] = [
    { expression: key.text, name },
    ...others.map((one) => ({ expression: one.column.text, name: one.name })),
  ];
  const query: SelectQuery = { ...emptySelect, items, from: from.sources, where: from.where };
  return {
    source: { join: ',', relation: query, alias, columns: [], condition: '' },
    others: others.map(({ column, name: its }) => ({ ...column, name: its, text: `${alias}.${its}` })),
  };
}

const ordered: readonly BroadColumn['type'][] = ['int', 'date', 'timestamp', 'timestamptz', 'decimal'];

/** The right side is grouped by what is compared, so that no two of its rows tie. */
export function drawAsof(pen: Pen, depth: number, write: WriteBlock): From | null {
  const left = drawInput(pen, depth, write);
  const right = drawInput(pen, 0, write);
  if (left === null || right === null || isBagOperation(left)) return null;
  const times = samePairs(left.columns, right.columns).filter(({ one }) => ordered.includes(one.type));
  const keys = samePairs(left.columns, right.columns).filter(
    ({ one }) => one.type === 'int' || one.type === 'text',
  );
  if (times.length === 0 || keys.length === 0) return null;
  const time = pen.random.pick(times);
  const key = pen.random.pick(keys);
  if (key.other === time.other) return null;
  const payload = pen.random.pick(stableOf(right.columns));
  const [k, at, what] = [pen.alias('k'), pen.alias('k'), pen.alias('n')];
  const query: SelectQuery = {
    ...emptySelect,
    items: [
      { expression: key.other.text, name: k },
      { expression: time.other.text, name: at },
      { expression: `max(${payload.text})`, name: what },
    ],
    from: right.sources,
    where: [...right.where, `${time.other.text} IS NOT NULL`],
    groupBy: `${key.other.text}, ${time.other.text}`,
  };
  const alias = pen.alias();
  const [join, operator] = pen.random.pick([
    ['ASOF JOIN', '>='],
    ['ASOF LEFT JOIN', '>='],
    ['ASOF JOIN', '>'],
    ['ASOF LEFT JOIN', '<'],
  ] as const);
  const condition = `ON ${key.one.text} = ${alias}.${k} AND ${time.one.text} ${operator} ${alias}.${at}`;
  const columns: BroadColumn[] = [
    { name: k, type: key.other.type, stable: true },
    { name: at, type: time.other.type, stable: true },
    { name: what, type: payload.type, stable: true },
  ];
  return {
    ...left,
    sources: [...left.sources, { join, relation: query, alias, columns: [], condition }],
    ctes: [...left.ctes, ...right.ctes],
    columns: [...left.columns, ...scopedColumns(alias, columns)],
    marks: left.marks.under('asof-join', right.marks.under('group')),
  };
}

/** Over these written out DuckDB 1.5 fails (its issue 24672), which ends the reference as well; over views of them not. */
function isBagOperation({ sources, ctes }: From): boolean {
  const queries = [...sources.map((source) => source.relation), ...ctes.map((cte) => cte.query)];
  return queries.some((query) => {
    return (
      typeof query !== 'string' && 'operator' in query && /^(EXCEPT|INTERSECT) ALL$/.test(query.operator)
    );
  });
}

/** FROM a, LATERAL (an aggregate of what is equal in b). */
export function drawLateral(pen: Pen, depth: number, write: WriteBlock): From | null {
  const left = drawInput(pen, depth, write);
  const right = drawInput(pen, 0, write);
  if (left === null || right === null) return null;
  const equality = drawEquality(pen, left.columns, right.columns);
  const payload = pen.random.pick(right.columns);
  if (equality === null || !payload.stable || payload.type === 'list') return null;
  const alias = pen.alias();
  const name = pen.alias('n');
  const query: SelectQuery = {
    ...emptySelect,
    items: [{ expression: `max(${payload.text})`, name }],
    from: right.sources,
    where: [...right.where, equality],
  };
  const source: Source = {
    join: pen.random.pick<JoinWord>([',', 'CROSS JOIN']),
    relation: { text: '' },
    alias,
    columns: [],
    condition: '',
  };
  return {
    ...left,
    sources: [...left.sources, { ...source, relation: query }],
    ctes: [...left.ctes, ...right.ctes],
    columns: [...left.columns, { name, type: payload.type, stable: true, text: `${alias}.${name}` }],
    marks: left.marks.under('lateral-join', right.marks.under('group-all')),
  };
}

/** A join with rows written out. */
export function drawValues(pen: Pen, depth: number, write: WriteBlock): From | null {
  const left = drawInput(pen, depth, write, (columns) =>
    columns.some((one) => one.type === 'int' && one.stable),
  );
  if (left === null) return null;
  const key = pen.random.pick(left.columns.filter((one) => one.type === 'int' && one.stable));
  const alias = pen.alias();
  const [name, label] = [pen.alias('k'), pen.alias('n')];
  const rows = pen.random.list(
    pen.random.int(1, 4),
    () => `(${literalOf(pen.random, 'int')}, ${literalOf(pen.random, 'text')})`,
  );
  const source: Source = {
    join: pen.random.pick<JoinWord>(['JOIN', 'LEFT JOIN', 'FULL JOIN']),
    relation: { text: `(VALUES ${rows.join(', ')})` },
    alias,
    columns: [name, label],
    condition: `ON ${alias}.${name} = ${key.text}`,
  };
  const columns: BroadColumn[] = [
    { name, type: 'int', stable: true },
    { name: label, type: 'text', stable: true },
  ];
  return {
    ...left,
    sources: [...left.sources, source],
    columns: [...left.columns, ...scopedColumns(alias, columns)],
    key: null,
    marks: left.marks.under('values'),
  };
}

/** FROM a, UNNEST(a.l). */
export function drawUnnest(pen: Pen, depth: number, write: WriteBlock): From | null {
  const left = drawInput(pen, depth, write, (columns) => columns.some(isUnnestable));
  if (left === null) return null;
  const list = pen.random.pick(left.columns.filter(isUnnestable));
  const alias = pen.alias();
  const name = pen.alias('n');
  const text = list.type === 'list' ? list.text : `range(abs(${list.text}) % 3)`;
  const source: Source = {
    join: pen.random.pick<JoinWord>([',', 'CROSS JOIN']),
    relation: { text: `UNNEST(${text})` },
    alias,
    columns: [name],
    condition: '',
  };
  const type = list.type === 'list' ? 'int' : 'bigint';
  return {
    ...left,
    sources: [...left.sources, source],
    columns: [...left.columns, { name, type, stable: true, text: `${alias}.${name}` }],
    key: null,
    rows: left.rows * 2,
    marks: left.marks.under('unnest-from'),
  };
}

function isUnnestable(column: BroadColumn): boolean {
  return column.type === 'list' || (column.type === 'int' && column.stable);
}

/** One CTE, joined with itself. */
export function drawCteTwice(pen: Pen, depth: number, write: WriteBlock): From | null {
  if (depth === 0) return null;
  const block = write(pen, depth - 1);
  if (block === null || block.rows > 25) return null;
  const left = fromBlock(pen, block, true);
  const alias = pen.alias();
  const right = scopedColumns(alias, block.columns);
  const equality = drawEquality(pen, left.columns, right);
  const [cte] = left.ctes;
  if (equality === null || cte === undefined) return null;
  const join = pen.random.pick<JoinWord>(['JOIN', 'JOIN', 'LEFT JOIN']);
  const source: Source = { join, relation: cte.name, alias, columns: [], condition: `ON ${equality}` };
  return {
    ...left,
    sources: [...left.sources, source],
    columns: [...left.columns, ...right],
    key: null,
    rows: Math.ceil((block.rows * block.rows) / 3),
    marks: left.marks.under(join === 'JOIN' ? 'inner-join' : 'left-join').under('cte-twice'),
  };
}
