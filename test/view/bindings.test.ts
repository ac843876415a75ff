import { afterAll, beforeAll, expect, test } from 'vitest';
import { rungsOf } from '../../src/plan/view-plan.ts';
import { firstOf } from '../support/depth.ts';
import { ViewWorld } from '../support/view-world.ts';

/** Queries whose names and rows are easily taken for other ones than DuckDB takes them for. */
const queries = {
  'DISTINCT ON an alias that is also a column': `SELECT DISTINCT ON (g) h AS g, id FROM t ORDER BY g, id`,
  'ORDER BY an alias that is also a column': `SELECT DISTINCT ON (g) g, -id AS x, id FROM t ORDER BY g, x`,
  'ORDER BY an alias in a subquery': `SELECT id, (SELECT -z AS z FROM c WHERE c.g = t.g ORDER BY z LIMIT 1) AS m FROM t`,
  'a constant beside an aggregate that nobody reads': `SELECT t.id, q.one FROM t, (SELECT 1 AS one, max(z) AS m FROM c) q`,
  'a constant beside an aggregate, in a subquery': `SELECT id FROM t WHERE EXISTS (SELECT 1 FROM (SELECT 1 AS one, max(z) FROM c) q WHERE q.one = t.g)`,
  'a star over a column that USING merges and one of its name beside it': `SELECT k.d FROM (SELECT * FROM (SELECT id, g FROM t) t JOIN (SELECT g, w FROM s) s USING (g) JOIN (SELECT g, z FROM c) c ON c.z > t.id) k(a, b, c, d)`,
  'the same with an outer join': `SELECT k.d FROM (SELECT * FROM (SELECT id, g FROM t) t FULL JOIN (SELECT g, w FROM s) s USING (g) JOIN (SELECT g, z FROM c) c ON c.z > t.id) k(a, b, c, d)`,
  'a star over a column merged twice': `SELECT * FROM (SELECT id, g FROM t) t LEFT JOIN s USING (g) FULL JOIN (SELECT g, z FROM c) c USING (g)`,
  'DISTINCT of an UNNEST': `SELECT DISTINCT unnest([g, h]) AS e, x FROM t`,
  'DISTINCT of an UNNEST of constants': `SELECT DISTINCT unnest(['a', 'a']) AS k, g FROM t`,
} as const;

let world: ViewWorld;

beforeAll(async () => {
  world = await ViewWorld.open();
  const integer = (name: string) => ({ name, type: 'INTEGER' });
  await world.table('t', [integer('id'), integer('g'), { name: 'h', type: 'INTEGER' }, integer('x')]);
  await world.table('s', [integer('g'), integer('w')]);
  await world.table('c', [integer('g'), integer('z')]);
  await world.update([
    { table: 't', insert: '(1, 1, 5, 1), (2, 1, 6, 7), (3, 2, 5, NULL), (4, NULL, 7, 5)' },
    { table: 's', insert: '(1, 3), (2, 2), (2, NULL), (NULL, 9)' },
  ]);
});
afterAll(() => world.close());

test('a view means what the same query means to DuckDB', async () => {
  const kept: { readonly name: string; readonly rung: 'algebraic' | 'domain' }[] = [];
  for (const [place, sql] of firstOf(Object.values(queries), 5).entries()) {
    const { plan } = await world.compile('plan', sql);
    const rungs = rungsOf(plan).filter((rung) => rung !== 'full');
    expect([sql, rungs.length > 0]).toEqual([sql, true]);
    for (const rung of rungs) {
      const name = `v${place}_${rung}`;
      await world.view(name, sql);
      await world.checkedRefresh(name, 'rebuild');
      kept.push({ name, rung });
    }
  }
  const updates = [
    [{ table: 'c', insert: '(1, 7), (5, 8), (2, 9), (NULL, 1)' }],
    [
      { table: 't', where: 'id = 2' },
      { table: 't', insert: '(2, 2, 6, 7), (5, 1, 8, 7), (6, 3, NULL, -7)' },
    ],
    [{ table: 'c', where: 'g = 1' }],
    [
      { table: 's', where: 'g = 2' },
      { table: 't', where: 'g IS NULL' },
    ],
    [{ table: 'c', where: 'true' }],
  ];
  for (const update of updates) {
    await world.update(update);
    for (const { name, rung } of kept) await world.checkedRefresh(name, 'advance', rung);
  }
});
