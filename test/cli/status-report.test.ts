import pico from 'picocolors';
import { expect, test } from 'vitest';
import { readStatus, type StatusReport, staleNames, statusLines } from '../../src/cli/status-report.ts';
import { openEverview } from '../support/open-everview.ts';

const report: StatusReport = {
  version: 7,
  objects: [
    { name: 'flights', kind: 'table', rows: 16_500, quarantined: 2 },
    { name: 'late', kind: 'virtual-view' },
    {
      name: 'origin_day',
      kind: 'view',
      modelVersion: null,
      contents: { asOf: 7, versions: 0, rows: 0, ms: 0, effect: null },
      policyMet: true,
      lastRefresh: {
        kind: 'incremental',
        reason: 'cheaper-incremental',
        ms: 3.125,
        at: new Date('2001-06-30T06:00:00Z'),
      },
    },
    {
      name: 'delay',
      kind: 'model',
      modelVersion: 3,
      contents: { asOf: 5, versions: 2, rows: 1, ms: 90_000_000, effect: 0.25 },
      policyMet: false,
      lastRefresh: null,
    },
    {
      name: 'new',
      kind: 'training-set',
      modelVersion: null,
      contents: null,
      policyMet: false,
      lastRefresh: null,
    },
  ],
};

test('rows of a refused update are in no quarantine that they could leave', async () => {
  const { db } = await openEverview();
  await db.sql('CREATE TABLE t (x INTEGER CHECK (x > 0)) WITH (on_violation = quarantine)');
  await db.execute('INSERT INTO t VALUES (1), (-1)');
  await db.execute('ALTER TABLE t SET (on_violation = reject)');
  await expect(db.execute('INSERT INTO t VALUES (-2), (-3)')).rejects.toThrow('breaks CHECK');
  expect((await readStatus(db)).objects).toMatchObject([{ name: 't', quarantined: 1 }]);
  await db.close();
});

test('every object has a line, and the last line sums up', () => {
  const lines = [...statusLines(report, { colors: pico.createColors(false), widthColumns: null })];
  expect(lines.map((line) => line.split('|').map((cell) => cell.trim()))).toEqual([
    ['name', 'kind', 'rows', 'as of', 'behind', 'policy', 'last refresh', 'quarantined'],
    [expect.stringMatching(/^[-+]+$/)],
    ['flights', 'table', '16500', '', '', '', '', '2'],
    ['late', 'virtual view', '', '', '', '', '', ''],
    [
      'origin_day',
      'view',
      '',
      '7',
      'fresh',
      'met',
      'incremental (cheaper-incremental) in 3.1 ms at 2001-06-30 06:00:00',
      '',
    ],
    ['delay', 'model v3', '', '5', '2 versions, 1 row, 1 d 1 h, effect 0.250', 'NOT MET', '', ''],
    ['new', 'training set', '', '', 'not built', 'NOT MET', '', ''],
    ['version 7 · 2 stale · 2 beyond the declared policy · 2 rows in quarantine'],
  ]);
});

test('what is behind or not built is what a refresh of everything takes up', () => {
  expect(staleNames(report)).toEqual(['delay', 'new']);
});
