import { tableFromIPC, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { csvRecords } from '../../src/cli/csv-writer.ts';
import { jsonValue } from '../../src/cli/json-value.ts';
import type { Everview } from '../../src/index.ts';
import { openEverview } from '../support/open-everview.ts';

let db: Everview;

beforeAll(async () => {
  ({ db } = await openEverview());
  await db.sql(`
    CREATE TABLE t (at TIMESTAMP PRIMARY KEY, zoned TIMESTAMPTZ, nanos TIMESTAMP_NS);
    CREATE TABLE copy (at TIMESTAMP PRIMARY KEY, zoned TIMESTAMPTZ, nanos TIMESTAMP_NS);
    INSERT INTO t VALUES
      ('2001-01-31 06:30:00.123456', '2001-01-31 06:30:00.123456+00', '2001-01-31 06:30:00.123456789'),
      ('2001-01-31 06:30:00.123457', '1969-12-31 23:59:59.999999+00', '1969-12-31 23:59:59.999999999'),
      ('2001-01-31 06:30:00.123', NULL, 'infinity');
  `);
});

afterAll(() => db.close());

const stored = 'SELECT "at", zoned, nanos FROM t ORDER BY 1';

async function assertCopied(): Promise<void> {
  const differences = await db.query('(FROM t EXCEPT FROM copy) UNION ALL (FROM copy EXCEPT FROM t)');
  expect(differences.rows).toEqual([]);
  await db.execute('DELETE FROM copy');
}

test('a table fits a copy of itself by Arrow', async () => {
  const { table } = await db.arrow(stored);
  await db.insert('copy', tableFromIPC(tableToIPC(table, 'stream')));
  await assertCopied();
});

test('and by rows, of one or many, and parameters', async () => {
  const { rows } = await db.query(stored);
  await db.insert('copy', rows);
  await assertCopied();
  for (const row of rows) await db.insert('copy', [row]);
  await assertCopied();
  const [{ at = null } = {}] = (await db.query<{ at: Date }>(stored)).rows;
  expect((await db.query('SELECT count(*)::INTEGER AS n FROM t WHERE "at" = $1', [at])).rows).toEqual([
    { n: 1 },
  ]);
  for (const { nanos } of (await db.query<{ nanos: Date }>(stored)).rows)
    expect((await db.query('SELECT count(*)::INTEGER AS n FROM t WHERE nanos = $1', [nanos])).rows).toEqual([
      { n: 1 },
    ]);
});

test('is a Date of the millisecond before, and printed whole', async () => {
  const { rows, columns } = await db.query(stored);
  expect(rows.map(({ at }) => at)).toEqual(Array(3).fill(new Date('2001-01-31T06:30:00.123Z')));
  expect(csvRecords(columns, rows).split('\r\n')).toEqual([
    '2001-01-31 06:30:00.123,,infinity',
    '2001-01-31 06:30:00.123456,2001-01-31 06:30:00.123456+00,2001-01-31 06:30:00.123456789',
    '2001-01-31 06:30:00.123457,1969-12-31 23:59:59.999999+00,1969-12-31 23:59:59.999999999',
    '',
  ]);
  const [row] = (await db.query('SELECT [max("at")] AS list FROM t')).rows;
  expect(jsonValue(row?.['list'] ?? null, 'TIMESTAMP[]')).toEqual(['2001-01-31T06:30:00.123457Z']);
});
