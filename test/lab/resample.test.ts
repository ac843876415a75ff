import { expect, it } from 'vitest';
import { seededRandom } from '../../src/index.ts';
import { resampleTotals } from '../../src/lab/bootstrap/resample.ts';

const bins = 100;

/** Seeds whose every bin costs the same, so that time says nothing. */
const seeds = [1, 2, 3, 4].map((cost) => new Float64Array(bins).fill(cost));

it('varies with the seeds where time does not', () => {
  const random = seededRandom(7);
  const [totals = new Float64Array()] = resampleTotals([seeds], { random, resamples: 4_000, blockLength: 5 });
  const mean = totals.reduce((sum, one) => sum + one, 0) / totals.length;
  const variance = totals.reduce((sum, one) => sum + (one - mean) ** 2, 0) / totals.length;
  // Four draws out of 1, 2, 3, 4, whose variance is 5/4: of the mean of 100 bins (100²)·(5/4)/4, stretched for few blocks.
  expect(Math.sqrt(variance) / (bins * Math.sqrt(5 / 16))).toBeGreaterThan(0.97);
  expect(Math.sqrt(variance) / (bins * Math.sqrt(5 / 16))).toBeLessThan(1.2);
  expect(mean / bins).toBeCloseTo(2.5, 1);
});

it('draws the same seeds and blocks for all series', () => {
  const [one = new Float64Array(), other = new Float64Array()] = resampleTotals(
    [seeds, seeds.map((seed) => seed.map((cost) => cost + 1))],
    { random: seededRandom(7), resamples: 50, blockLength: 5 },
  );
  one.forEach((total, draw) => {
    expect((other[draw] ?? Number.NaN) - total).toBeCloseTo(bins, 9);
  });
});
