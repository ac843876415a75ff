import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DuckdbStore, openDuckdbStore } from '../../src/store/duckdb-store.ts';
import { hasInnerLimit } from '../../src/store/join-filters.ts';

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

test('what is planned beside it, or after, has its filters again, and others wait for none', async () => {
  const disabled = async () => {
    const [row] = await store.read(
      () => null,
      (session) => session.rows(`SELECT current_setting('disabled_optimizers') AS s`),
    );
    return String(row?.s).includes('join_filter_pushdown');
  };
  const limited = () =>
    store.read(
      () => null,
      (session) => session.rows(`SELECT count(*) AS n FROM (${top}) AS l JOIN o USING (g)`),
    );
  const answers = await Promise.all([limited(), limited(), limited()]);
  expect(answers.map(([row]) => Number(row?.n))).toEqual([2, 2, 2]);
  expect(await disabled()).toBe(false);
  const failed = store.read(
    () => null,
    (session) => session.rows('SELECT * FROM (SELECT 1 LIMIT 1) AS l JOIN missing USING (g)'),
  );
  await expect(failed).rejects.toMatchObject({ code: 'invalid-query' });
  expect(await disabled()).toBe(false);
});

test.each([
  ['SELECT g FROM t ORDER BY n LIMIT 3', false],
  ['SELECT count(g) FROM t LIMIT 3', false],
  ["SELECT '(' FROM t LIMIT 3", false],
  ['SELECT limits FROM (SELECT 1 AS limits)', false],
  ['SELECT g FROM (SELECT g FROM t limit 3)', true],
  ['SELECT g FROM (SELECT g FROM t FETCH FIRST 3 ROWS ONLY)', true],
  ["SELECT ')' FROM (SELECT g, ')' FROM t LIMIT 3)", true],
  [`SELECT "it's", ')' FROM (SELECT g FROM t LIMIT 3)`, true],
])('a LIMIT within: %s', (sql, is) => {
  expect(hasInnerLimit(sql)).toBe(is);
});
