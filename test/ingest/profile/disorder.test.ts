import { expect, test } from 'vitest';
import { createForecastWork } from '../../../src/ingest/judge/forecast.ts';
import { scaleOf } from '../../../src/ingest/judge/statistic-options.ts';
import { testMeasure } from '../../../src/ingest/judge/test-measure.ts';
import { measureNames } from '../../../src/ingest/profile/column-profile.ts';
import { measureNumber } from '../../../src/ingest/profile/measure-number.ts';
import { createMeasureWork } from '../../../src/ingest/profile/measure-work.ts';
import { readProfile, writeProfile } from '../../../src/ingest/profile/profile-codec.ts';
import { Random } from '../../support/random.ts';

const place = measureNames.number.indexOf('disorder');

function profileOf(values: readonly number[]) {
  const column = {
    ...({ name: 'x', kind: 'number', texts: [] } as const),
    numbers: Float64Array.from(values),
    present: Uint8Array.from(values, (value) => (Number.isNaN(value) ? 0 : 1)),
  };
  return measureNumber(column, null, createMeasureWork());
}

const disorderOf = (values: readonly number[]) => profileOf(values).measures[place] ?? Number.NaN;

/** Mean step over the mean distance of all pairs, by their definitions. */
function reference(values: readonly number[]): number {
  const n = values.length;
  let [steps, apart] = [0, 0];
  for (const [i, a] of values.entries()) {
    if (i > 0) steps += Math.abs(a - (values[i - 1] ?? 0));
    for (const b of values) apart += Math.abs(a - b);
  }
  return steps / (n - 1) / (apart / n / (n - 1));
}

test('disorder is the mean step beside the mean distance of any two values', () => {
  const random = new Random(2);
  const values = random.list(80, () => random.next() * 10);
  expect(disorderOf(values)).toBeCloseTo(reference(values), 10);
  const sorted = values.toSorted((a, b) => a - b);
  expect(disorderOf(sorted)).toBeCloseTo(reference(sorted), 10);
});

test('rows that follow no order have a disorder of 1, whatever their values are like', () => {
  const random = new Random(3);
  const shapes: readonly (() => number)[] = [
    () => random.next(),
    () => -Math.log(1 - random.next()),
    () => (random.next() < 0.3 ? 0 : random.next()),
  ];
  for (const shape of shapes) {
    const values = random.list(2_000, shape);
    expect(Math.abs(disorderOf(values) - 1)).toBeLessThan(0.06);
    expect(disorderOf(values.toSorted((a, b) => a - b))).toBeLessThan(0.01);
  }
});

test('one wild value, or one that is missing or infinite, says little of the order of the others', () => {
  const wave = Array.from({ length: 1_000 }, (_, row) => Math.sin(row / 8));
  const usual = disorderOf(wave);
  expect(disorderOf(wave.with(50, 429_490))).toBeLessThan(1.15 * usual);
  expect(disorderOf(wave.with(50, Number.NaN))).toBeCloseTo(usual, 1);
  expect(disorderOf(wave.with(50, Number.POSITIVE_INFINITY))).toBeCloseTo(usual, 1);
  expect(disorderOf(wave.slice(0, 9))).toBeNaN();
  expect(disorderOf(wave.map(() => 4))).toBeNaN();
});

test('rows that come in better order than usual are no news, and rows in worse order are', () => {
  const random = new Random(4);
  const past = random.list(30, () => 0.4 + 0.02 * random.next());
  const work = createForecastWork(31);
  const series = { values: past, rows: past.map(() => 200), weekdays: null, weekday: 0 };
  const told = (observed: number) =>
    testMeasure(observed, 200, series, scaleOf('disorder', 1), work)?.isTelling;
  expect(told(0.2)).toBe(false);
  expect(told(0.8)).toBe(true);
});

test('what an older release measured in its place is not compared with it', () => {
  const profile = {
    ...{ rows: 200, duplicates: 0, correlations: [], rules: [], dependencies: [], effects: [] },
    columns: [profileOf(Array.from({ length: 200 }, (_, row) => Math.sin(row / 8)))],
  };
  expect(readProfile(writeProfile(profile))).toEqual(profile);
  const [older] = readProfile(JSON.stringify(profile)).columns;
  const [column] = profile.columns;
  expect(older?.measures[place]).toBeNaN();
  expect(older?.measures.toSpliced(place, 1)).toEqual(column?.measures.toSpliced(place, 1));
});
