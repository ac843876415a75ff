import pico from 'picocolors';
import { expect, test } from 'vitest';
import { type TableContents, tableLines } from '../../src/cli/table.ts';
import { resultLines } from '../../src/cli/table-writer.ts';
import { versionOf } from '../../src/core/version.ts';
import type { StatementResult } from '../../src/engine/result.ts';
import { flightsAnswer, insertAnswer } from './answers.ts';

type Look = Parameters<typeof tableLines>[1];

const renderTable = (contents: TableContents, look: Look): string =>
  [...tableLines(contents, look)].join('\n');

const renderResult = (result: StatementResult, look: Look): string =>
  [...resultLines(result, look), ''].join('\n');

const pipe = { colors: pico.createColors(false), widthColumns: null };

test('a query is an aligned table, its number of rows, and what it rests on', () => {
  expect(renderResult(flightsAnswer, pipe)).toBe(
    [
      'origin |       departures | mean_delay',
      '-------+------------------+-----------',
      'ATL    |             1204 |       12.5',
      'ORD    | 9007199254740993 |       NULL',
      '(2 rows)',
      'version 7 · model delay v3 · fresh',
      '',
    ].join('\n'),
  );
});

test('an update is one line, and its warnings', () => {
  expect(renderResult(insertAnswer, pipe)).toBe(
    ['3 rows inserted into "flights", version 8', 'warning: 1 row breaks flights_delay_check', ''].join('\n'),
  );
});

test('a stale answer says how far behind and that the policy was broken', () => {
  const [report] = flightsAnswer.staleness;
  const text = renderResult(
    {
      ...flightsAnswer,
      rows: [],
      models: {},
      path: 'served-stale',
      staleness: report
        ? [
            {
              ...report,
              versions: 2,
              rows: 1,
              ms: 125_000,
              effect: 0.1234,
              policyMet: false,
              asOf: versionOf(5),
            },
          ]
        : [],
    },
    pipe,
  );
  expect(text.split('\n').slice(2)).toEqual([
    '(0 rows)',
    'version 7 · STALE, beyond the bound · origin_day is 2 versions, 1 row, 2 min 5 s behind, effect 0.123 (policy not met)',
    '',
  ]);
});

test('wide characters, line breaks and control characters keep the columns straight', () => {
  const text = renderTable(
    {
      columns: [
        { name: '名前', type: 'VARCHAR' },
        { name: 'n', type: 'INTEGER' },
      ],
      rows: [
        { 名前: '東京', n: 1 },
        { 名前: 'a\nb\u001b[31m', n: 22 },
      ],
    },
    pipe,
  );
  expect(text.split('\n')).toEqual([
    '名前         |  n',
    '-------------+---',
    '東京         |  1',
    'a\\nb\\x1b[31m | 22',
  ]);
});

test('on a terminal long cells are cut, the widest first; in a pipe nothing is', () => {
  const contents = {
    columns: [
      { name: 'id', type: 'INTEGER' },
      { name: 'note', type: 'VARCHAR' },
    ],
    rows: [{ id: 1, note: 'a long remark about very little' }],
  };
  expect(renderTable(contents, { ...pipe, widthColumns: 20 }).split('\n')).toEqual([
    'id | note',
    '---+----------------',
    ' 1 | a long remark …',
  ]);
  expect(renderTable(contents, pipe)).toContain('a long remark about very little');
});

test('colour marks heads, NULL and the small print on a terminal', () => {
  const text = renderResult(
    { ...flightsAnswer, columns: [{ name: 'x', type: 'DOUBLE' }], rows: [{ x: null }] },
    { colors: pico.createColors(true), widthColumns: 80 },
  );
  expect(text).toContain('\u001b[1mx\u001b[22m');
  expect(text).toContain('\u001b[2mNULL\u001b[22m');
  expect(text).toContain('\u001b[2m(1 row)\u001b[22m');
});

test('moments, bytes and nested values are readable', () => {
  const text = renderTable(
    {
      columns: [
        { name: 'd', type: 'DATE' },
        { name: 't', type: 'TIMESTAMP' },
        { name: 'z', type: 'TIMESTAMP WITH TIME ZONE' },
        { name: 'b', type: 'BLOB' },
        { name: 'l', type: 'DATE[]' },
        { name: 's', type: 'STRUCT(a BIGINT)' },
      ],
      rows: [
        {
          d: new Date('2001-01-31'),
          t: new Date('2001-01-31T06:30:00.250Z'),
          z: new Date('2001-01-31T06:30:00Z'),
          b: new Uint8Array([65, 0]),
          l: [new Date('2001-01-31'), null],
          s: { a: 1n },
        },
      ],
    },
    pipe,
  );
  expect(
    text
      .split('\n')
      .at(-1)
      ?.split(' | ')
      .map((cell) => cell.trim()),
  ).toEqual([
    '2001-01-31',
    '2001-01-31 06:30:00.250',
    '2001-01-31 06:30:00+00',
    'A\\x00',
    '["2001-01-31",null]',
    '{"a":1}',
  ]);
});
