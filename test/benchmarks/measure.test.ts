import { expect, test } from 'vitest';
import { ratioOf, spreadOf } from '../../benchmarks/measure.ts';

test('a spread is the quartiles, a ratio the median of the ratios by round', () => {
  expect(spreadOf([5, 1, 2, 4, 3])).toEqual({ low: 2, median: 3, high: 4 });
  const slow = { name: 'slow', wallMs: [2, 40, 600], cpuMs: [1, 1, 1] };
  const fast = { name: 'fast', wallMs: [1, 10, 100], cpuMs: [1, 1, 1] };
  expect(ratioOf(slow, fast)).toBe(4);
});
