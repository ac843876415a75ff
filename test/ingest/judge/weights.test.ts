import { expect, test } from 'vitest';
import { severityOf, thresholdsOf, weightOf } from '../../../src/ingest/judge/significance.ts';
import { emptyHistory } from '../../../src/ingest/judge/table-history.ts';
import { mayTell, TestCollector } from '../../../src/ingest/judge/test-collector.ts';
import { untold } from '../../../src/ingest/judge/test-rate.ts';

const statistics = ['null', 'median', 'value', 'disorder', 'duplicates', 'run', 'zero', 'top'];

test('the budget is shared out whole, whatever the weights', () => {
  const weight = statistics.reduce((sum, statistic) => sum + weightOf(statistic), 0);
  const { notice } = thresholdsOf({ block: 0.001, notice: 0.01 }, weight, 1);
  const bounds = statistics.map((statistic) => {
    const isNoticed = (pValue: number) =>
      severityOf(
        {
          ...{ statistic, pValue, model: null, isTelling: true, beyond: 2, isLarge: false },
          ...{ isExact: false, updates: 60 },
        },
        { block: 0, notice, caution: 1 },
      ) === 'notice';
    let [low, high] = [0, 1];
    for (let turn = 0; turn < 60; turn++) {
      const middle = (low + high) / 2;
      if (isNoticed(middle)) low = middle;
      else high = middle;
    }
    return low;
  });
  expect(bounds.reduce((sum, bound) => sum + bound, 0)).toBeCloseTo(0.01, 8);
});

test('a test counts by its weight, and what a threshold of its weight could tell is kept', () => {
  const collector = new TestCollector(emptyHistory, 0, mayTell);
  const result = { ...untold(1, 0, 1, 1, 60), isTelling: true, pValue: 0.05 };
  for (const statistic of statistics)
    collector.add(result, { column: 'a', model: null, others: [], statistic, value: null, kind: 'rate' });
  collector.count('median');
  expect(collector.results.map(({ statistic }) => statistic)).toEqual(['disorder', 'duplicates']);
  const weights = [...statistics, 'median'].map(weightOf);
  expect(collector.tests).toBe(weights.length);
  expect(collector.weight).toBeCloseTo(
    weights.reduce((sum, weight) => sum + weight, 0),
    9,
  );
});
