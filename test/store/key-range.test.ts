import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Everview } from '../../src/index.ts';
import { type DuckdbStore, openDuckdbStore } from '../../src/store/duckdb-store.ts';
import { keyRanges, withinRanges } from '../../src/store/key-range.ts';

let store: DuckdbStore;

beforeAll(async () => {
  store = await openDuckdbStore(':memory:');
});

afterAll(() => store.close());

const rangesOf = (values: string) =>
  store.read(
    () => null,
    (session) => keyRanges(session, `(VALUES ${values}) AS v (k)`, ['k']),
  );

/** Of a few rows: how many are within the range of others. */
async function within(rows: string, values: string): Promise<number> {
  const ranges = await rangesOf(values);
  const where = withinRanges(['k'], ranges).join(' AND ');
  const found = await store.read(
    () => null,
    (session) => session.rows(`SELECT count(*)::INTEGER AS n FROM (VALUES ${rows}) AS r (k) WHERE ${where}`),
  );
  return Number(found[0]?.n);
}

describe('the range of keys', () => {
  test.each([
    ['(1), (2), (3), (9)', '(2), (3)', 2],
    ['(1), (NULL)', '(1)', 1],
    ['(1), (NULL), (7)', '(1), (NULL)', 2],
    ['(1.25), (1.5), (1.75)', '(1.5)', 1],
    [`(DATE '2001-01-01'), ('infinity'), ('0044-03-15 (BC)')`, `(DATE '0044-03-15 (BC)'), ('2001-01-01')`, 2],
    [`(TIMESTAMPTZ '2001-01-01 00:00:00.000001+02'), ('2001-01-01')`, `(TIMESTAMPTZ '2001-01-01')`, 1],
    [
      '(170141183460469231731687303715884105727::HUGEINT), (1)',
      '(170141183460469231731687303715884105727)',
      1,
    ],
    [
      `('9db0bff1-5620-4d94-b0bd-80e7fc70a029'::UUID), (uuid())`,
      `('9db0bff1-5620-4d94-b0bd-80e7fc70a029'::UUID)`,
      1,
    ],
  ])('of %s is that of the values alone: %s', async (rows, values, expected) => {
    expect(await within(rows, values)).toBe(expected);
  });

  test.each([
    '(NULL)',
    '(NULL::INTEGER)',
    '(1.5::DOUBLE)',
    `('nan'::DOUBLE)`,
    '(true)',
    '([1, 2])',
    '(make_timestamptz(9223000000002469134)), (now())',
    `(TIMESTAMPTZ '2024-01-01'), ('infinity')`,
    `(TIMESTAMPTZ '0044-03-15 (BC)'), ('2024-01-01')`,
    '(make_timestamp_ns(-9223372036854775000))',
    // The client leaves out the mark before it.
    `(chr(65279) || 'a')`,
  ])('is not told of %s', async (values) => {
    expect(await rangesOf(values)).toEqual([null]);
  });
});

test('rows of the touched keys are found whatever the keys hold', async () => {
  await using db = await Everview.open(':memory:', { scheduler: 'manual' });
  await db.execute('CREATE TABLE t (k VARCHAR, d DATE, x INTEGER)');
  const select = 'SELECT k, d, median(x) AS m, count(*) AS n FROM t GROUP BY k, d';
  await db.execute(`CREATE MATERIALIZED VIEW v WITH (refresh = incremental) AS ${select}`);
  for (const rows of [
    `('a', '2001-01-01', 1), (NULL, '2001-01-01', 2), ('b', NULL, 3), (NULL, NULL, 4)`,
    `('a' || chr(0), 'infinity', 1), ('it''s', '-infinity', 2)`,
    `(chr(65279) || 'b', '2001-01-01', 1), ('a', '2001-01-01', 7)`,
    `('', NULL, 5), ('b', NULL, 9)`,
    `(NULL, NULL, 8)`,
  ]) {
    await db.execute(`INSERT INTO t SELECT * FROM (VALUES ${rows})`);
    await db.refresh('v', 'incremental');
    const [kept, anew] = [
      await db.query('SELECT * FROM v ORDER BY ALL'),
      await db.query(`${select} ORDER BY ALL`),
    ];
    expect(kept.rows).toEqual(anew.rows);
  }
});
