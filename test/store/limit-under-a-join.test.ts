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
