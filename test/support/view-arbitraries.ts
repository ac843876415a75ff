import fc from 'fast-check';
import type { Schema } from '../../src/core/schema.ts';
import type { TableChange } from './view-world.ts';

/** Tables of small domains, so that NULLs, duplicates and ties are common; doubles that add up exactly. */
export const arbitraryTables: Readonly<Record<'t' | 'u', Schema>> = {
  t: [
    { name: 'k', type: 'INTEGER' },
    { name: 'g', type: 'VARCHAR' },
    { name: 'x', type: 'INTEGER' },
    { name: 'p', type: 'DECIMAL(8,2)' },
    { name: 'd', type: 'DOUBLE' },
  ],
  u: [
    { name: 'k', type: 'BIGINT' },
    { name: 'g', type: 'VARCHAR' },
    { name: 'y', type: 'SMALLINT' },
  ],
};

const small = fc.constantFrom('0', '1', '2', '3', 'NULL');
const text = fc.constantFrom("'a'", "'b'", "''", 'NULL');
const decimal = fc.constantFrom('0.50', '-1.25', '3', 'NULL');
const double = fc.constantFrom('0.25', '-1.5', '1e3', '0', 'NULL');

const rowOf = {
  t: fc.tuple(small, text, small, decimal, double).map((values) => `(${values.join(', ')})`),
  u: fc.tuple(small, text, small).map((values) => `(${values.join(', ')})`),
};

const condition = fc.oneof(
  { weight: 4, arbitrary: small.map((value) => `k IS NOT DISTINCT FROM ${value}`) },
  { weight: 2, arbitrary: text.map((value) => `g IS NOT DISTINCT FROM ${value}`) },
  { weight: 1, arbitrary: fc.constant('true') },
);

function changeOf(table: 't' | 'u'): fc.Arbitrary<TableChange> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .array(rowOf[table], { minLength: 1, maxLength: 4 })
        .map((rows) => ({ table, insert: rows.join(', ') })),
    },
    { weight: 2, arbitrary: condition.map((where) => ({ table, where })) },
  );
}

/** One update: several statements, over one table or both. */
export const arbitraryUpdate = fc.array(fc.oneof(changeOf('t'), changeOf('u')), {
  minLength: 1,
  maxLength: 4,
});

type Columns = { readonly numbers: readonly string[]; readonly texts: readonly string[] };
type From = Columns & { readonly sql: string };

const tables: readonly From[] = [
  { sql: 't', numbers: ['t.x', 't.k', 't.p', 't.d', 'd'], texts: ['t.g'] },
  { sql: 't AS a', numbers: ['a.x', 'x', 'a.p'], texts: ['g'] },
  { sql: 'u', numbers: ['u.y', 'u.k'], texts: ['u.g'] },
  { sql: 't JOIN u USING (g)', numbers: ['x', 'y', 't.k', 'u.k', 'd'], texts: ['g'] },
  { sql: 't JOIN u ON t.k = u.k AND t.x <= u.y', numbers: ['t.k', 'x', 'y', 'p'], texts: ['t.g', 'u.g'] },
  { sql: 't a, t b', numbers: ['a.x', 'b.x', 'a.p', 'b.d'], texts: ['a.g', 'b.g'] },
  { sql: '(SELECT k, g, x + 1 AS x FROM t WHERE x > 0) q', numbers: ['q.k', 'x'], texts: ['q.g'] },
  {
    sql: '(SELECT k, g FROM t UNION ALL SELECT y, g FROM u) q JOIN u ON u.g = q.g',
    numbers: ['q.k', 'u.k', 'u.y'],
    texts: ['q.g', 'u.g'],
  },
  { sql: 't a JOIN u b ON a.k = b.k CROSS JOIN u c', numbers: ['a.x', 'b.y', 'c.y'], texts: ['a.g', 'c.g'] },
];

/** Materialized `first`, as every first view below offers it. */
const overFirst: readonly From[] = [
  { sql: 'first', numbers: ['first.n'], texts: ['c'] },
  { sql: 'first f JOIN u ON f.c = u.g', numbers: ['f.n', 'u.y', 'u.k'], texts: ['c', 'u.g'] },
  { sql: 'first f JOIN first h USING (c)', numbers: ['f.n', 'h.n'], texts: ['c'] },
];

function pick(values: readonly string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...values);
}

function predicateOver(from: Columns): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constant(''),
    fc
      .tuple(pick(from.numbers), pick(['> 0', '<= 2', 'IS NULL', 'IS NOT NULL', '<> 1']))
      .map((part) => ` WHERE ${part.join(' ')}`),
    fc
      .tuple(pick(from.texts), pick(["= 'a'", 'IS NULL', "IN ('a', '')"]))
      .map((part) => ` WHERE ${part.join(' ')}`),
  );
}

function scalarOver(from: Columns): fc.Arbitrary<string> {
  return fc.oneof(
    pick(from.numbers),
    pick(from.texts),
    pick(from.numbers).map((column) => `coalesce(${column}, 7) * 2`),
    pick(from.texts).map((column) => `upper(${column})`),
  );
}

function rowsOver(from: From): fc.Arbitrary<string> {
  return fc
    .tuple(
      pick(from.numbers),
      pick(from.texts),
      fc.array(scalarOver(from), { maxLength: 2 }),
      predicateOver(from),
    )
    .map(([n, c, more, where]) => {
      const list = [
        `${n} AS n`,
        `${c} AS c`,
        ...more.map((expression, place) => `${expression} AS o${place}`),
      ];
      return `SELECT ${list.join(', ')} FROM ${from.sql}${where}`;
    });
}

function numericAggregateOver(from: Columns): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constant('count(*)'),
    pick(from.texts).map((column) => `count(${column})`),
    fc
      .tuple(pick(['sum', 'avg', 'min', 'max', 'count']), pick(from.numbers))
      .map(([name, column]) => `${name}(${column})`),
    pick(from.numbers).map((column) => `sum(${column} > 1)`),
    pick(from.numbers).map((column) => `sum(${column}) / count(*) + 1`),
  );
}

function aggregateOver(from: Columns): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: numericAggregateOver(from) },
    { weight: 1, arbitrary: pick(from.texts).map((column) => `max(${column})`) },
  );
}

function groupsOver(from: From): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.oneof(pick(from.texts), fc.constant(null)),
      numericAggregateOver(from),
      fc.array(aggregateOver(from), { maxLength: 3 }),
      fc.boolean(),
      predicateOver(from),
      pick(['', '', ' HAVING count(*) > 1']),
    )
    .map(([key, first, more, second, where, having]) => {
      const list = [`${first} AS n`, ...more.map((aggregate, place) => `${aggregate} AS o${place}`)];
      if (key === null) return `SELECT ${list.join(', ')}, max('z') AS c FROM ${from.sql}${where}${having}`;
      const keys = [`${key} AS c`, ...(second ? [`${from.numbers[0]} AS m`] : [])];
      return `SELECT ${[...keys, ...list].join(', ')} FROM ${from.sql}${where} GROUP BY ALL${having}`;
    });
}

function viewOver(froms: readonly From[]): fc.Arbitrary<string> {
  return fc.constantFrom(...froms).chain((from) => fc.oneof(rowsOver(from), groupsOver(from)));
}

/** Views that all offer columns `n` and `c`. */
export const arbitraryFirstView = fc.oneof(
  { weight: 5, arbitrary: viewOver(tables) },
  {
    weight: 1,
    arbitrary: fc.constant(
      'SELECT x AS n, g AS c FROM t UNION ALL SELECT y, g FROM u UNION ALL SELECT k, upper(g) FROM t',
    ),
  },
  { weight: 1, arbitrary: fc.constant('SELECT t.x AS n, u.g AS c FROM t LEFT JOIN u ON t.k = u.k') },
);

export const arbitrarySecondView = viewOver(overFirst);
