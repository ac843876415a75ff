import {
  makeData,
  makeVector,
  Table,
  TimestampMillisecond,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { openEverview } from '../support/open-everview.ts';

let db: Everview;

beforeAll(async () => {
  ({ db } = await openEverview());
  await db.sql(`
    CREATE TABLE validity (id INTEGER PRIMARY KEY, day DATE, until TIMESTAMP, zoned TIMESTAMPTZ);
    CREATE MATERIALIZED VIEW last AS SELECT max(day) AS day, max(until) AS until, max(zoned) AS zoned FROM validity;
    INSERT INTO validity VALUES
      (1, 'infinity', 'infinity', 'infinity'), (2, '-infinity', '-infinity', '-infinity'),
      (3, '2000000-02-29', '294000-01-01 00:00:00.5', '294000-01-01 00:00:00.5+00'),
      (4, '300000-03-01 (BC)', '2026-01-01', '2026-01-01 00:00:00+00');
  `);
});

afterAll(() => db.close());

test('a moment that no Date reaches is the text DuckDB prints', async () => {
  const { rows } = await db.query('SELECT day, until, zoned FROM validity ORDER BY id');
  const printed = await db.query(
    `SELECT day::VARCHAR AS day, until::VARCHAR AS until, zoned::VARCHAR AS zoned
     FROM validity WHERE id < 4 ORDER BY id`,
  );
  const [plus, minus, far, bc] = rows;
  expect([plus, minus, far]).toEqual(printed.rows);
  expect(bc).toEqual({
    day: '300000-03-01 (BC)',
    until: new Date('2026-01-01'),
    zoned: new Date('2026-01-01'),
  });
  expect((await db.query('SELECT * FROM last')).rows).toEqual([
    { day: 'infinity', until: 'infinity', zoned: 'infinity' },
  ]);
  expect(
    (await db.query("SELECT ['infinity'::DATE] AS days, {m: '-infinity'::TIMESTAMP} AS m")).rows,
  ).toEqual([{ days: ['infinity'], m: { m: '-infinity' } }]);
});

test('rows and Arrow tables bring such moments back in', async () => {
  const stored = 'SELECT * FROM validity WHERE id < 10 ORDER BY id';
  const { rows } = await db.query(stored);
  await db.insert(
    'validity',
    rows.map((row) => ({ ...row, id: Number(row['id']) + 10 })),
  );
  const { table } = await db.arrow(stored.replace('*', 'id + 20 AS id, day, until, zoned'));
  await db.insert('validity', tableFromIPC(tableToIPC(table, 'stream')));
  const distinct = 'SELECT count(*)::INTEGER AS n FROM (SELECT DISTINCT day, until, zoned FROM validity)';
  expect((await db.query('SELECT count(*)::INTEGER AS n FROM validity')).rows).toEqual([{ n: 12 }]);
  expect((await db.query(distinct)).rows).toEqual([{ n: 4 }]);
});

test('an infinite moment is one in every unit', async () => {
  const ends = ['TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS'].map(
    (type) => `'infinity'::${type}, '-infinity'::${type}`,
  );
  const [row] = (await db.query(`SELECT [${ends.join('], [')}]`)).rows;
  expect(Object.values(row ?? {})).toEqual(Array(3).fill(['infinity', '-infinity']));
  const data = BigInt64Array.of(9_223_372_036_854_775_807n, 1_000n);
  const until = makeVector(makeData({ type: new TimestampMillisecond(), length: 2, nullCount: 0, data }));
  await db.insert('validity', new Table({ id: vectorFromArray(Int32Array.of(31, 32)), until }));
  expect((await db.query('SELECT until FROM validity WHERE id > 30 ORDER BY id')).rows).toEqual([
    { until: 'infinity' },
    { until: new Date(1_000) },
  ]);
});

test('a profiled table takes such moments, and measures the others', async () => {
  await db.sql(`
    CREATE TABLE profiled (day DATE, until TIMESTAMP) WITH (profile = on);
    INSERT INTO profiled SELECT day, until FROM validity, range(2);
    INSERT INTO profiled VALUES ('2026-01-01', '2026-01-01')`);
  const { rows, columns } = await db.profile('profiled');
  expect(columns.map(({ column, nulls }) => [column, nulls])).toEqual([
    ['day', rows - 1],
    ['until', expect.any(Number)],
  ]);
});
