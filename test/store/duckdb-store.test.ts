import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkpointThreshold, openDuckdbStore } from '../../src/store/duckdb-store.ts';

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

test.each([
  [undefined, '256000000B', '244.1 MiB'],
  ['2GB', '256000000B', '244.1 MiB'],
  ['400MB', '100000000B', '95.3 MiB'],
  ['256 MiB', '67108864B', '64.0 MiB'],
])('checkpoints at a quarter of a small memory limit: %s', async (memoryLimit, threshold, told) => {
  expect(checkpointThreshold(memoryLimit)).toBe(threshold);
  const small = await openDuckdbStore(':memory:', { memoryLimit });
  const [setting] = await small.read(
    () => null,
    (session) => session.rows(`SELECT current_setting('checkpoint_threshold') AS size`),
  );
  await small.close();
  expect(setting?.size).toBe(told);
});
