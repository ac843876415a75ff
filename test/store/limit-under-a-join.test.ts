import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DuckdbStore, openDuckdbStore } from '../../src/store/duckdb-store.ts';

let store: DuckdbStore;

beforeAll(async () => {
  store = await openDuckdbStore(':memory:');
  await store.write(async (tx) => {
    await tx.run('CREATE TABLE t (g VARCHAR, n INTEGER)');
    await tx.run(`INSERT INTO t VALUES ('z', 9), ('a', 8), ('b', 7), ('a', 1)`);
    await tx.run('CREATE TABLE o (g VARCHAR)');
    await tx.run(`INSERT INTO o VALUES ('a'), ('b')`);
    await tx.run(
      'CREATE TABLE d AS SELECT * FROM (VALUES (26.0::DOUBLE, 9, 1), (1, 8, 1), (2, 7, 2), (1, 1, 2)) AS d (k, n, h)',
    );
    await tx.run('CREATE TABLE p AS SELECT * FROM (VALUES (1.0::DOUBLE), (2)) AS p (k)');
  });
});

afterAll(() => store.close());

const top = 'SELECT t.g FROM t JOIN t e ON e.n = t.n ORDER BY t.n DESC LIMIT 3';

/** DuckDB by itself gives three rows: with 'z' gone before the LIMIT, the last 'a' is among the first three. */
test.each([
  `SELECT l.g FROM (${top}) AS l JOIN o USING (g) ORDER BY 1`,
  `WITH l AS NOT MATERIALIZED (${top}) SELECT l.g FROM l WHERE l.g IN (SELECT g FROM o) ORDER BY 1`,
])('a LIMIT chooses among all rows, whatever they are joined with: %s', async (sql) => {
  const read = store.read(
    () => null,
    (session) => session.rows(sql),
  );
  expect(await read).toEqual([{ g: 'a' }, { g: 'b' }]);
});

/** DuckDB by itself gives 8 as well, the first row of its group once the row before it is gone. */
test('and so does a DISTINCT ON', async () => {
  const first = 'SELECT DISTINCT ON (d.h) d.k, d.n FROM d JOIN d AS e ON e.n = d.n ORDER BY d.n DESC';
  const read = store.read(
    () => null,
    (session) => session.rows(`SELECT n FROM (${first}) JOIN p USING (k) ORDER BY n`),
  );
  expect(await read).toEqual([{ n: 7 }]);
});
