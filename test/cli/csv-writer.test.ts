import { expect, test } from 'vitest';
import { createCsvWriter, csvHead, csvRecords } from '../../src/cli/csv-writer.ts';
import { flightsAnswer, insertAnswer } from './answers.ts';
import { captureTerminal } from './captured-terminal.ts';

test('fields are quoted where RFC 4180 asks for it; NULL is empty and the empty text is not', () => {
  const columns = [
    { name: 'a,b', type: 'VARCHAR' },
    { name: 'n', type: 'BIGINT' },
  ];
  const rows = [
    { 'a,b': 'say "hi"\nthere', n: 9_007_199_254_740_993n },
    { 'a,b': '', n: null },
    { 'a,b': null, n: 0n },
  ];
  expect(csvHead(columns) + csvRecords(columns, rows)).toBe(
    '"a,b",n\r\n"say ""hi""\nthere",9007199254740993\r\n"",\r\n,0\r\n',
  );
});

test('only statements with rows are written, an empty line between them', async () => {
  const { stdout, stderr, out } = captureTerminal();
  const writer = createCsvWriter(stdout, stderr);
  const answer = { ...flightsAnswer, rows: flightsAnswer.rows.slice(0, 1) };
  await writer.result(1, answer);
  await writer.result(2, insertAnswer);
  await writer.result(3, answer);
  const once = 'origin,departures,mean_delay\r\nATL,1204,12.5\r\n';
  expect(out.join('')).toBe(`${once}\r\n${once}`);
});

test('numbers are told as their types tell them', () => {
  const columns = ['FLOAT', 'DECIMAL(5,2)', 'DOUBLE'].map((type) => ({ name: type, type }));
  const row = (float: number, decimal: number, double: number) => ({
    FLOAT: Math.fround(float),
    'DECIMAL(5,2)': decimal,
    DOUBLE: double,
  });
  expect(csvRecords(columns, [row(0.1, 1.1, 0.1), row(16_777_217, 0.9, -0), row(1e-45, -1, 1e21)])).toBe(
    '0.1,1.10,0.1\r\n16777216,0.90,-0\r\n1e-45,-1.00,1e+21\r\n',
  );
});
