import { expect, test } from 'vitest';
import { severityOf, thresholdsOf, weightOf } from '../../../src/ingest/judge/significance.ts';

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
