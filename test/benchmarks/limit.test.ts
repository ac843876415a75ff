import { expect, test } from 'vitest';
import { type BrokenUpdate, limitsOf, recallAt, seenUpdate } from '../../benchmarks/drill/limit.ts';
import { seededRandom } from '../../src/ingest/drill/seeded-random.ts';
import type { TestResult } from '../../src/ingest/judge/test-result.ts';

function resultOf(column: string, statistic: string, effect: number, pValue: number): TestResult {
  return {
    ...{ column, statistic, effect, pValue, model: null, others: [], value: null, kind: 'measure' },
    ...{ observed: effect, expected: 0, scale: 1, isTelling: true, beyond: 2, isLarge: true, isExact: false },
    updates: 60,
  };
}

const random = seededRandom(3);
/** Two statistics of two columns that scatter between 0 and 1. */
const clean = Array.from({ length: 200 }, () =>
  seenUpdate(
    ['a', 'b'].flatMap((column) => [
      resultOf(column, 'first', random(), 0.5),
      resultOf(column, 'second', random(), 0.5),
    ]),
    4,
    1,
  ),
);

function copy(column: string, share: number, first: number, second: number, pValue = 0.5): BrokenUpdate {
  const seen = seenUpdate(
    [resultOf(column, 'first', first, pValue), resultOf(column, 'second', second, 0.5)],
    4,
    1,
  );
  return { ...seen, error: 'e', columns: [column], isOfRows: false, share };
}

test('the clairvoyant looks at the one statistic that tells most, of whichever column is broken', () => {
  const broken = [
    copy('a', 1, 0.5, 3),
    copy('b', 1, 0.5, 2),
    copy('a', 1, 5, 0.5),
    copy('a', 0.01, 0.5, 0.5),
    copy('b', 0.01, 0.1, 2),
  ];
  const tally = limitsOf(clean, broken).get('e');
  expect(tally?.tried).toEqual([2, 0, 0, 3]);
  expect(tally?.clairvoyant).toEqual([1, 0, 0, 2]);
});

test('its threshold is exceeded by 1 % of the clean updates, and by no more', () => {
  const values = clean.map(({ looks }) => looks.get('a|first')?.scores[0] ?? 0).sort((x, y) => y - x);
  const [second = 0, third = 0] = values.slice(1);
  const found = (first: number) => limitsOf(clean, [copy('a', 1, first, 0)]).get('e')?.clairvoyant[3];
  expect(found(third * 0.999)).toBe(0);
  expect(found((second + third) / 2)).toBe(1);
});

test('the rule with one test has all of the budget, with five a fifth', () => {
  const tally = limitsOf(clean, [copy('a', 1, 0.5, 0, 0.009), copy('b', 1, 0.5, 0, 0.001)]).get('e');
  expect(tally?.one).toEqual([0, 0, 0, 2]);
  expect(tally?.five).toEqual([0, 0, 0, 1]);
});

test('a budget set in hindsight notices no more clean updates than it says', () => {
  const scattered = Array.from({ length: 100 }, (_, place) =>
    seenUpdate([resultOf('a', 'first', 1, (place + 1) / 1_000)], 1, 1),
  );
  const { alarms, recall } = recallAt(0.05, scattered, [copy('a', 1, 1, 0, 0.001), copy('a', 1, 1, 0, 0.05)]);
  expect(alarms).toBe(0.05);
  expect(recall[3]).toBe(0.5);
});
