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
  `SELECT l.g FROM (SELECT g FROM (SELECT g, n FROM t UNION ALL SELECT g, 0 FROM t) ORDER BY n DESC LIMIT 3) AS l JOIN o USING (g) ORDER BY 1`,
])('a LIMIT chooses among all rows, whatever they are joined with: %s', async (sql) => {
  const expected = [{ g: 'a' }, { g: 'b' }];
  const read = store.read(
    () => null,
    async (session) => {
      expect(await session.rows(sql)).toEqual(expected);
      await session.describe(sql);
      expect(await session.rows(sql)).toEqual(expected);
      const streamed = [];
      for await (const rows of session.rowBatches(sql)) streamed.push(...rows);
      expect(streamed).toEqual(expected);
      expect(await session.rows(`${sql} LIMIT $1`, [5])).toEqual(expected);
    },
  );
  await read;
  await store.write(async (tx) => expect(await tx.rows(sql)).toEqual(expected));
});
