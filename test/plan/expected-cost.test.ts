import { expect, test } from 'vitest';
import { expectedMs, expectedSavingMs } from '../../src/plan/expected-cost.ts';

/** By the midpoint rule over the quantiles of the normal distribution of the logarithm. */
function byQuadrature(ms: number, spread: number, worthOf: (cost: number) => number): number {
  const step = 0.001;
  let total = 0;
  for (let z = -8 + step / 2; z < 8; z += step) {
    total += (step * Math.exp(-0.5 * z ** 2) * worthOf(ms * Math.exp(spread * z))) / Math.sqrt(2 * Math.PI);
  }
  return total;
}

test('the mean cost and the mean saving are those of a log-normal cost', () => {
  for (const [ms, spread, best] of [
    [10, 0.5, 8],
    [3, 1, 9],
    [20, 0.2, 19],
    [40, 0.9, 5],
  ] as const) {
    expect(expectedMs({ ms, spread })).toBeCloseTo(
      byQuadrature(ms, spread, (cost) => cost),
      3,
    );
    const saved = byQuadrature(ms, spread, (cost) => Math.max(0, best - cost));
    expect(Math.abs(expectedSavingMs({ ms, spread }, best) - saved)).toBeLessThan(0.002 * best);
  }
});

test('of a cost that is known the saving is the difference, or nothing', () => {
  expect(expectedSavingMs({ ms: 3, spread: 0 }, 5)).toBe(2);
  expect(expectedSavingMs({ ms: 7, spread: 0 }, 5)).toBe(0);
});
