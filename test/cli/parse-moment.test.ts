import { expect, test } from 'vitest';
import { tryParseMoment } from '../../src/cli/parse-moment.ts';

test.each([
  ['2001-06-30', '2001-06-30T00:00:00.000Z'],
  ['2001-06-30T06:30', '2001-06-30T06:30:00.000Z'],
  ['2001-06-30 06:30:15.25', '2001-06-30T06:30:15.250Z'],
  ['2001-06-30T06:30:00Z', '2001-06-30T06:30:00.000Z'],
  ['2001-06-30T06:30:00+02:00', '2001-06-30T04:30:00.000Z'],
  ['2001-06-30T06:30:00-0530', '2001-06-30T12:00:00.000Z'],
  ['2001-06-30T06:30:00+02', '2001-06-30T04:30:00.000Z'],
])('%s is %s: UTC unless it says otherwise', (text, iso) => {
  expect(tryParseMoment(text)?.toISOString()).toBe(iso);
});

test.each([
  '',
  'yesterday',
  '2001-02-30',
  '2001-13-01',
  '2001-06-30T25:00',
  '30.6.2001',
  '1000',
  '2001-06-30T06',
])('"%s" is no moment', (text) => {
  expect(tryParseMoment(text)).toBeNull();
});
