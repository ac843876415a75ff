import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckdbStore } from '../../src/store/duckdb-store.ts';

let store: Awaited<ReturnType<typeof openDuckdbStore>>;

beforeAll(async () => {
  store = await openDuckdbStore(':memory:', {});
});

afterAll(() => store.close());

const twice = 'SELECT k FROM (SELECT k, unnest(range(2)) FROM (VALUES (1)) AS r (k) GROUP BY k)';

// DuckDB 1.5 as it is gives other rows for each.
test.each([
  [
    'a left join that makes more rows',
    `SELECT l.k FROM (VALUES (1), (2)) AS l (k) LEFT JOIN (${twice}) AS r ON l.k = r.k ORDER BY 1`,
    [1, 1, 2],
  ],
  [
    'no first rows of none',
    'SELECT k FROM range(0) AS r (k) QUALIFY row_number() OVER (ORDER BY k) <= 1',
    [],
  ],
  [
    'first rows that tie',
    'SELECT k FROM (VALUES (3), (3)) AS r (k) QUALIFY row_number() OVER (PARTITION BY k ORDER BY NULL) <= 7',
    [3, 3],
  ],
])('keeps %s', async (_name, sql, expected) => {
  const rows = await store.read(
    () => null,
    (session) => session.rows(sql),
  );
  expect(rows.map((row) => row.k)).toEqual(expected);
});
