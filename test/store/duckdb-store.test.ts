import { expect, test } from 'vitest';
import { openDuckdbStore } from '../../src/store/duckdb-store.ts';

test('keeps a left join that makes more rows, whether or not its columns are read', async () => {
  const store = await openDuckdbStore(':memory:', {});
  const twice = 'SELECT k FROM (SELECT k, unnest(range(2)) FROM (VALUES (1)) AS r (k) GROUP BY k)';
  const rows = await store.read(
    () => null,
    (session) =>
      session.rows(
        `SELECT l.k FROM (VALUES (1), (2)) AS l (k) LEFT JOIN (${twice}) AS r ON l.k = r.k ORDER BY 1`,
      ),
  );
  await store.close();
  expect(rows.map((row) => row.k)).toEqual([1, 1, 2]);
});
