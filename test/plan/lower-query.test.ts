import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ViewHandle } from '../../src/view/refresher.ts';
import { ViewWorld } from '../support/view-world.ts';

let world: ViewWorld;

beforeAll(async () => {
  world = await ViewWorld.open();
  await world.table('t', [
    { name: 'k', type: 'INTEGER' },
    { name: 'g', type: 'VARCHAR' },
    { name: 'x', type: 'INTEGER' },
    { name: 'd', type: 'DOUBLE' },
    { name: 'ts', type: 'TIMESTAMP' },
    { name: 's', type: 'STRUCT(a INTEGER, b VARCHAR)' },
    { name: 'l', type: 'INTEGER[]' },
    { name: 'j', type: 'VARCHAR' },
  ]);
  await world.table('u', [
    { name: 'g', type: 'VARCHAR' },
    { name: 'label', type: 'VARCHAR' },
    { name: 'k', type: 'BIGINT' },
  ]);
  await world.virtualView('doubled', 'SELECT g, x * 2 AS x2 FROM t WHERE x > 1');
  await world.virtualView('totals', 'SELECT g, sum(x) AS total FROM t GROUP BY g');
  await world.virtualView('broken', 'SELECT g FROM gone');
  await world.view('counts', 'SELECT g, count(*) AS n FROM t GROUP BY g');
  await world.refresh('counts', 'rebuild');
});
afterAll(async () => world.close());

function planOf(handle: ViewHandle): string {
  return handle.plan.kind === 'full-only' ? `full-only: ${handle.plan.detail}` : handle.plan.kind;
}

const incremental: Readonly<Record<string, 'rows' | 'group' | 'domain'>> = {
  'SELECT g, x FROM t ORDER BY x': 'rows',
  'SELECT * EXCLUDE (s, l) FROM t': 'rows',
  'SELECT t.* FROM t, u': 'rows',
  'SELECT * FROM t JOIN u USING (k)': 'rows',
  'SELECT k FROM t JOIN u USING (k) CROSS JOIN u AS v(a, b, c)': 'rows',
  'SELECT x + 1 AS z, z * 2 AS y FROM t WHERE z > 2': 'rows',
  'SELECT s.a, t.s.b, l[1], list_transform(l, lambda x: x + 1) FROM t': 'rows',
  "SELECT j->'$.a', j->>'$.a' FROM t": 'rows',
  'SELECT x, NULL AS n FROM t': 'rows',
  'SELECT x2 FROM doubled': 'rows',
  'SELECT a.x2, b.label FROM doubled a JOIN u b USING (g)': 'rows',
  'SELECT q.a FROM (SELECT x, g FROM t) q(a, b)': 'rows',
  'WITH c AS (SELECT g, x FROM t) SELECT c.g, u.label FROM c JOIN u ON u.g = c.g': 'rows',
  'FROM t SELECT x WHERE x > 2': 'rows',
  'SELECT x FROM main.t UNION ALL SELECT k FROM u': 'rows',
  'SELECT lower(g) AS g, count(*) FROM t GROUP BY g': 'group',
  'SELECT lower(g) AS h, count(*) FROM t GROUP BY h': 'group',
  "SELECT date_trunc('day', ts) AS day, g, count(*) AS n, avg(x) AS m FROM t GROUP BY ALL": 'group',
  'SELECT g, sum(x) AS total FROM t GROUP BY 1 HAVING total > 2': 'group',
  'SELECT count(*) FROM t HAVING count(*) > 2': 'group',
  'SELECT NULL AS n, count(*) FROM t': 'group',
  'SELECT g FROM t WHERE x > 1 GROUP BY g': 'group',
  "SELECT 'lit' AS a, count(*) FROM t GROUP BY 1": 'group',
  'SELECT g, max(ts), min(g), max(d) FROM t GROUP BY g': 'group',
  'SELECT g, sum(CASE WHEN x > 2 THEN d END) * 100 / count(*) AS share FROM t GROUP BY g': 'group',
  'SELECT n, count(*) FROM counts GROUP BY n': 'group',
  'WITH c(a, b) AS (SELECT g, x FROM t) SELECT a, count(b) FROM c GROUP BY a': 'group',
  'SELECT DISTINCT g FROM t': 'group',
  'SELECT g, count(DISTINCT x) FROM t GROUP BY g': 'domain',
  'SELECT g, last(x ORDER BY k) FROM t GROUP BY g': 'domain',
  'SELECT g, min(s) FROM t GROUP BY g': 'domain',
  'SELECT * FROM totals': 'domain',
  'SELECT g, sum(x) OVER (PARTITION BY g ORDER BY k) FROM t': 'domain',
  'SELECT g, x FROM t QUALIFY row_number() OVER (PARTITION BY g ORDER BY x) = 1': 'domain',
  'SELECT x FROM t WHERE x IN (SELECT k FROM u)': 'rows',
  'SELECT x FROM t WHERE x NOT IN (SELECT k FROM u)': 'domain',
  'SELECT x, (SELECT max(label) FROM u WHERE u.k = t.k) AS label FROM t': 'rows',
  'SELECT t.x FROM t LEFT JOIN u USING (k)': 'rows',
  'SELECT k, t.x FROM t FULL JOIN u USING (k)': 'domain',
  'SELECT x FROM t SEMI JOIN u USING (k)': 'rows',
  'SELECT x FROM t NATURAL JOIN u': 'rows',
  'SELECT x FROM t UNION SELECT x FROM t': 'domain',
  'SELECT x FROM t EXCEPT ALL SELECT k FROM u': 'domain',
  'SELECT 1 AS one': 'rows',
  'SELECT * FROM (VALUES (1), (2)) v(a)': 'rows',
  'SELECT g, k, count(*) FROM t GROUP BY GROUPING SETS ((g), (k))': 'group',
  'SELECT unnest(l) FROM t': 'rows',
  'SELECT * REPLACE (x + 1 AS x) FROM t': 'rows',
};

const fullOnly: Readonly<Record<string, string>> = {
  'SELECT g, x FROM t LIMIT 3': 'LIMIT',
  'SELECT g, sum(x) OVER () FROM t': 'sum() OVER without PARTITION BY',
  'SELECT t.g FROM t LEFT JOIN u ON t.k < u.k': 'LEFT JOIN without an equality between its sides',
  'SELECT x FROM t QUALIFY row_number() OVER () = 1': 'row_number() OVER without PARTITION BY',
  'SELECT median(x) FROM t': 'median()',
  'SELECT wavg(x, k) FROM t': 'wavg()',
  'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r':
    'recursive CTE',
  'SELECT 1, count(*) FROM t GROUP BY ALL': 'GROUP BY ALL over constants alone',
  'SELECT * FROM range(10)': 'table function',
  "SELECT x FROM t WHERE g COLLATE NOCASE = 'A'": 'COLLATE',
  "SELECT COLUMNS('x|d') FROM t": '* with RENAME or COLUMNS',
  'SELECT avg(INTERVAL 1 DAY * x) FROM t': 'sum or avg over INTERVAL',
  'SELECT g, (SELECT max(k)::INTEGER FROM u) FROM t GROUP BY ROLLUP (g)': 'a subquery beside grouping sets',
  'SELECT g FROM t GROUP BY ROLLUP (g) HAVING sum(x) > (SELECT min(k) FROM u)':
    'a subquery beside grouping sets',
};

describe('lowering', () => {
  test.each(Object.entries(incremental))('%s', async (sql, kind) => {
    expect(planOf(await world.compile('v', sql))).toBe(kind);
  });

  test.each(Object.entries(fullOnly))('%s is only full', async (sql, detail) => {
    expect(planOf(await world.compile('v', sql))).toBe(`full-only: ${detail}`);
  });

  test('lists what is read, through virtual views, at the place of the reference', async () => {
    const handle = await world.compile('v', 'SELECT a.g\nFROM doubled a JOIN counts USING (g), u');
    expect(handle.reads.map(({ name, kind, at }) => [name, kind, at?.line, at?.column])).toEqual([
      ['t', 'table', 2, 6],
      ['counts', 'kept', 2, 21],
      ['u', 'table', 2, 39],
    ]);
  });

  test('a CTE hides the table of its name, except from itself', async () => {
    const handle = await world.compile('v', 'WITH u AS (SELECT x FROM t) SELECT * FROM u');
    expect(handle.reads.map((read) => read.name)).toEqual(['t']);
    const inner = await world.compile('v', 'WITH u AS (SELECT k FROM u) SELECT * FROM u');
    expect(inner.reads.map((read) => read.name)).toEqual(['u']);
  });

  test('names columns as DuckDB does, made unique', async () => {
    const handle = await world.compile('v', 'SELECT t.k, u.k, count(*), count(*) + 1 FROM t, u GROUP BY ALL');
    expect(handle.schema).toEqual([
      { name: 'k', type: 'INTEGER' },
      { name: 'k_1', type: 'BIGINT' },
      { name: 'count_star()', type: 'BIGINT' },
      { name: '(count_star() + 1)', type: 'BIGINT' },
    ]);
  });
});

describe('refusals', () => {
  const refused: readonly [sql: string, code: string, column: number | undefined, hint: RegExp][] = [
    ['SELECT * FROM tt', 'unknown-relation', 15, /did you mean "t"/],
    ['SELECT * FROM everview.gates', 'unknown-relation', 15, /known: t, u/],
    ['SELECT g FROM broken', 'unknown-relation', 15, /./],
    ['SELECT xx FROM t', 'unknown-column', 8, /did you mean "x"/],
    ['SELECT ä, xx FROM (SELECT 1 AS ä, x FROM t)', 'unknown-column', 11, /did you mean "x"/],
    ['SELECT now() FROM t', 'non-deterministic', 8, /without MATERIALIZED/],
    ['SELECT x FROM t WHERE x + hour(now()) > 2', 'non-deterministic', 32, /./],
    ['SELECT age(ts) FROM t', 'non-deterministic', 8, /without MATERIALIZED/],
    ['SELECT current_localtimestamp() FROM t', 'non-deterministic', 8, /without MATERIALIZED/],
    ['SELECT rowid FROM t', 'non-deterministic', 8, /key/],
    ['SELECT k AS "RowId" FROM t', 'invalid-definition', undefined, /row_id/],
    ['SELECT x FROM t TABLESAMPLE 10%', 'non-deterministic', 15, /hash/],
    ['SELECT x FROM t AT (VERSION => 3)', 'unsupported', 15, /./],
    ['SELECT * FROM predict(m, t)', 'invalid-query', 15, /./],
    ["SELECT * FROM read_csv('a.csv')", 'invalid-definition', 15, /COPY/],
    ['SELECT x AS __ev_a FROM t', 'invalid-definition', undefined, /__ev_/],
    ['SELECT sum(g) FROM t', 'invalid-query', undefined, /^$/],
  ];

  test.each(refused)('%s', async (sql, code, column, hint) => {
    const failure = await world.compile('v', sql).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code });
    const { at, hint: given } = failure as { at?: { column: number }; hint?: string };
    expect(at?.column).toBe(column);
    expect(given ?? '').toMatch(hint);
  });
});
