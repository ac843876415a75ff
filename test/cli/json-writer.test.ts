import { expect, test } from 'vitest';
import { jsonValue } from '../../src/cli/json-value.ts';
import { failureJson, resultParts } from '../../src/cli/json-writer.ts';
import { flightsAnswer, insertAnswer } from './answers.ts';

test('a query says its rows, their types and what they rest on', () => {
  expect([...resultParts(2, flightsAnswer)].join('')).toBe(
    '{"statement":2,"kind":"query","columns":["origin","departures","mean_delay"],' +
      '"types":["VARCHAR","BIGINT","DOUBLE"],' +
      '"rows":[["ATL",1204,12.5],["ORD","9007199254740993",null]],"version":7,"models":{"delay":3},' +
      '"staleness":{"origin_day":{"versions":0,"rows":0,"ms":0,"effect":null,"asOf":7,"policyMet":true}},' +
      '"path":"fresh","message":null}\n',
  );
});

test('an update says what became of it', () => {
  expect(JSON.parse([...resultParts(1, insertAnswer)].join(''))).toMatchObject({
    kind: 'insert',
    rows: [],
    message: '3 rows inserted into "flights", version 8',
    update: { status: 'partial', reason: 'rows-quarantined', version: 8, inserted: 3, quarantined: 1 },
  });
});

test('values that JSON lacks have one spelling', () => {
  const values = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2n ** 53n,
    -5n,
    new Uint8Array([1, 2]),
  ];
  expect(values.map((value) => jsonValue(value, ''))).toEqual([
    'NaN',
    'Infinity',
    '-Infinity',
    '9007199254740992',
    -5,
    'AQI=',
  ]);
  expect(jsonValue(new Date('2001-01-31'), 'DATE')).toBe('2001-01-31');
  expect(jsonValue(new Date('2001-01-31'), 'TIMESTAMP')).toBe('2001-01-31T00:00:00.000Z');
  expect(jsonValue({ a: [1n, null], b: new Date(0) }, 'STRUCT(a BIGINT[], b TIMESTAMP)')).toEqual({
    a: [1, null],
    b: '1970-01-01T00:00:00.000Z',
  });
});

test('an error has its place in the whole text', () => {
  const failure = { code: 'unknown-column', message: 'no column "dealy"', hint: 'did you mean "delay"?' };
  const statement = { line: 3, column: 5 };
  expect(failureJson({ ...failure, at: { line: 1, column: 8, length: 5 }, statement })).toEqual({
    ...failure,
    line: 3,
    column: 12,
  });
  expect(failureJson({ ...failure, at: { line: 2, column: 8, length: 5 }, statement })).toMatchObject({
    line: 4,
    column: 8,
  });
  expect(failureJson({ ...failure, hint: null, at: null, statement })).toEqual({
    code: 'unknown-column',
    message: 'no column "dealy"',
    line: null,
    column: null,
    hint: null,
  });
});

test('a long answer is one line, written in parts', () => {
  const rows = Array.from({ length: 12_000 }, (_, departures) => ({ departures }));
  const parts = [
    ...resultParts(1, { ...flightsAnswer, columns: [{ name: 'departures', type: 'INTEGER' }], rows }),
  ];
  expect(parts.length).toBe(5);
  const line: unknown = JSON.parse(parts.join(''));
  expect(line).toMatchObject({ rows: rows.map(({ departures }) => [departures]), version: 7 });
});

test('a FLOAT is the shortest number that is the same one', () => {
  const floats = [0.1, 1 / 3, -3.4e38, Number.POSITIVE_INFINITY].map((value) => Math.fround(value));
  expect(jsonValue(floats, 'FLOAT[]')).toEqual([0.1, 0.33333334, -3.4e38, 'Infinity']);
});
