import { tableFromIPC, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Everview, toArrow } from '../../src/index.ts';
import { firstOf } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';

let db: Everview;

beforeAll(async () => {
  ({ db } = await openEverview());
});

afterAll(() => db.close());

/** Values of the type: several, so that slices of the data begin within it. */
it.each(
  firstOf(
    [
      ['MAP(INTEGER, INTEGER[])', 'MAP {2: [1], -1: [], 1: NULL}', 'NULL', 'MAP {1: [3, NULL], 0: []}'],
      ['MAP(VARCHAR, INTEGER)', "MAP {'x': 1, 'y': NULL}", 'MAP {}', "MAP {'__proto__': -1, '1': 2}"],
      [
        'MAP(BIGINT, TIMESTAMP)',
        "MAP {9007199254740993: TIMESTAMP '2001-02-03 04:05:06.000001'}",
        'NULL',
        'NULL',
      ],
      ['MAP(VARCHAR, DECIMAL(5,1))[]', "[MAP {'x': 1.5}, NULL]", '[]', "[MAP {'x': -0.5}]"],
      ['DECIMAL(10,2)[]', '[1.25, NULL]', 'NULL', '[-0.01, 99999999.99]'],
      ['DECIMAL(30,2)[]', '[12345678901234567890.25]', '[]', '[-12345678901234567890.25]'],
      ['HUGEINT[]', '[170141183460469231]', '[NULL]', '[-1]'],
      [
        'TIMESTAMP[]',
        "[TIMESTAMP '2001-02-03 04:05:06.123456', NULL, 'infinity', '-infinity']",
        "[TIMESTAMP '1969-12-31 23:59:59.999999']",
        "[TIMESTAMP '0044-03-15 (BC) 01:02:03', TIMESTAMP '12345-01-01 00:00:00', TIMESTAMP '0001-01-01 00:00:00']",
      ],
      ['TIMESTAMPTZ[]', "[TIMESTAMPTZ '2001-02-03 04:05:06+02']", 'NULL', "['-infinity'::TIMESTAMPTZ]"],
      ['TIMESTAMP_NS[]', "[TIMESTAMP_NS '2001-02-03 04:05:06.123456789']", '[]', 'NULL'],
      [
        'DATE[]',
        "[DATE '2001-02-03', DATE '0044-03-15 (BC)']",
        "[DATE '12345-01-01']",
        "[DATE '0099-01-01']",
      ],
      ['TIME[]', "[TIME '01:02:03.000004']", '[NULL]', "[TIME '23:59:59.999999']"],
      ['DECIMAL(4,1)[2]', '[1.5, 2.5]', '[3.5, NULL]', '[4.5, 5.5]'],
      [
        'STRUCT(x DECIMAL(20,3), y TIMESTAMP, z DATE[][])',
        "{x: 1.5, y: TIMESTAMP '2001-02-03 04:05:06', z: [[DATE '2001-02-03'], NULL]}",
        '{x: NULL, y: NULL, z: NULL}',
        'NULL',
      ],
    ],
    3,
  ),
)('%s comes back as Arrow', async (type, ...values) => {
  await db.sql(`DROP TABLE IF EXISTS a; DROP TABLE IF EXISTS b;
    CREATE TABLE a (i INTEGER PRIMARY KEY, v ${type});
    CREATE TABLE b (i INTEGER PRIMARY KEY, v ${type});
    ${values.map((value, index) => `INSERT INTO a VALUES (${index}, ${value})`).join(';')}`);
  const texts = (name: string) => db.query(`SELECT i, v::VARCHAR AS v FROM ${name} ORDER BY i`);
  const before = (await texts('a')).rows;
  const arrow = tableFromIPC(tableToIPC(toArrow(await db.query('SELECT i, v FROM a ORDER BY i'))));
  await db.insert('b', arrow);
  expect((await texts('b')).rows).toEqual(before);
  await db.sql('DELETE FROM b');
  await db.insert('b', arrow.slice(1));
  expect((await texts('b')).rows).toEqual(before.slice(1));
});
