import { expect, test } from 'vitest';
import { createForecastWork, deviationOf, forecast } from '../../../src/ingest/judge/forecast.ts';

const work = createForecastWork(100);
const plain = (values: readonly number[]) =>
  forecast({ values, length: values.length, weekdays: null, weekday: 0 }, work);

test('what stays is expected to stay, and a single outlier hardly widens it', () => {
  const values = Array.from({ length: 40 }, (_, day) => 100 + (day % 2));
  const usual = plain(values);
  const scale = deviationOf(usual, work);
  const { expected } = usual;
  expect(expected).toBeCloseTo(100.5, 1);
  expect(scale).toBeLessThan(1.1);
  expect(deviationOf(plain(values.with(20, 500)), work)).toBeLessThan(20);
});

test('a trend is followed', () => {
  const values = Array.from({ length: 60 }, (_, day) => 10 * day);
  const { expected, worst } = plain(values);
  expect(Math.abs(expected - 600)).toBeLessThan(25);
  expect(worst).toBeGreaterThan(0);
});

test('a weekday is expected as that weekday was', () => {
  const weekdays = Array.from({ length: 56 }, (_, day) => day % 7);
  const values = weekdays.map((weekday) => (weekday >= 5 ? 10 : 100));
  const on = (weekday: number) =>
    forecast({ values, length: values.length, weekdays, weekday }, work).expected;
  expect(on(6)).toBeCloseTo(10, 9);
  expect(on(2)).toBeCloseTo(100, 9);
});

test('nothing is expected of nothing', () => {
  expect(plain([])).toEqual({ expected: 0, rms: 0, worst: 0, errors: 0 });
  expect(plain([3, 4])).toMatchObject({ expected: 4, errors: 0 });
});
