import { describe, expect, it } from 'vitest';
import { homogeneityPValue } from '../../../src/lab/detectors/homogeneity.ts';
import { kolmogorovSmirnov, sortedSample } from '../../../src/lab/detectors/kolmogorov-smirnov.ts';
import { countByLevel, countByQuantile } from '../../../src/lab/detectors/paired-counts.ts';
import { populationStability } from '../../../src/lab/detectors/population-stability.ts';
import { rankSumPValue } from '../../../src/lab/detectors/rank-sum.ts';
import { riskOfLook } from '../../../src/lab/detectors/risk-spending.ts';
import { drawNormal } from '../../support/draw-normal.ts';
import { Random } from '../../support/random.ts';

/** 0, f, 2f, … modulo m, and so much more. */
function sequence(count: number, factor: number, modulus: number, shift: number): number[] {
  return Array.from({ length: count }, (_, place) => ((place * factor) % modulus) + shift);
}

function smirnov(a: readonly number[], b: readonly number[]) {
  return kolmogorovSmirnov(sortedSample(a), sortedSample(b));
}

// scipy 1.17.1: ks_2samp(a, b, method='exact'), mannwhitneyu(b, a, 'greater', method='asymptotic', use_continuity=False)
const references = [
  [5, 7, 40, 0.6571428571428571, 0.11616161616161617, 0.021178531013427447],
  [30, 70, 20, 0.21904761904761905, 0.23285525574339908, 0.0045245100990139],
  [20, 20, 3, 0.1, 0.9999923931635496, 0.6221674263881782],
  [200, 200, 9, 0.09, 0.39352743357720954, 0.013566362065931254],
  [200, 100, 15, 0.15, 0.09623799195179213, 0.0006396330041148218],
] as const;

describe('Kolmogorov–Smirnov', () => {
  it.each(references)('agrees with scipy on %d beside %d', (n, m, shift, distance, pValue) => {
    const test = smirnov(sequence(n, 37, 101, 0), sequence(m, 53, 97, shift));
    expect(test.distance).toBeCloseTo(distance, 14);
    expect(test.pValue / pValue).toBeCloseTo(1, 9);
  });

  it('keeps its digits where the p-value is tiny', () => {
    // Two of all C(100, 30) paths are as far as this.
    const choices = Array.from({ length: 30 }, (_, k) => (100 - k) / (k + 1)).reduce((a, b) => a * b, 1);
    expect(smirnov(sequence(30, 1, 1000, 0), sequence(70, 1, 1000, 500)).pValue / (2 / choices)).toBeCloseTo(
      1,
      9,
    );
  });

  it('errs on the side of no alarm where it takes the limit', () => {
    // scipy 1.17.1, exact: 800 beside 200 at these distances.
    for (const [distance, exact] of [
      [0.09125, 0.13421290975007943],
      [0.1675, 0.00022799080803217377],
    ] as const) {
      const above = Math.round(distance * 800);
      const reference = Array.from({ length: 800 }, (_, row) => (row < above ? -1 : row));
      const current = Array.from({ length: 200 }, (_, row) => above + ((row + 0.5) * (800 - above)) / 200);
      const test = smirnov(reference, current);
      expect(test.distance).toBeCloseTo(distance, 2);
      const z = test.distance * Math.sqrt(160);
      expect(test.pValue).toBeCloseTo(2 * Math.exp(-2 * z * z) - 2 * Math.exp(-8 * z * z), 6);
      expect(2 * Math.exp(-320 * distance * distance)).toBeGreaterThan(exact);
    }
  });

  it('takes missing values as a share of their own', () => {
    const known = sequence(50, 1, 100, 0);
    expect(smirnov(known, known)).toEqual({ distance: 0, pValue: 1 });
    const half = known.map((value, row) => (row % 2 === 0 ? Number.NaN : value));
    expect(smirnov(known, half).distance).toBeCloseTo(0.5, 14);
    expect(smirnov(half, half).pValue).toBe(1);
  });
});

describe('rank sum', () => {
  it.each(references)('bounds what scipy says of %d beside %d', (n, m, shift, _distance, _p, approximate) => {
    const bound = rankSumPValue(sequence(n, 37, 101, 0), sequence(m, 53, 97, shift));
    expect(bound).toBeGreaterThan(approximate);
  });

  it('is close where few are held against many', () => {
    const approximate = 1.4159037470318394e-5; // scipy 1.17.1, as above
    const bound = rankSumPValue(
      sequence(1600, 37, 1601, 0),
      sequence(100, 37, 101, 0).map((value) => value * 8 + 600),
    );
    expect(bound).toBeGreaterThan(approximate);
    expect(bound).toBeLessThan(20 * approximate);
  });

  it('bounds the exact p-value under any ties', () => {
    const random = new Random(5);
    for (let round = 0; round < 200; round++) {
      const pooled = random.list(9, () => random.int(0, random.pick([1, 2, 8])));
      const current = pooled.slice(6);
      const bound = rankSumPValue(pooled.slice(0, 6), current);
      expect(bound).toBeGreaterThanOrEqual(exactRankSumPValue(pooled, current.length) - 1e-12);
    }
  });

  it('says nothing where nothing can be said', () => {
    expect(rankSumPValue([1, 1, 1], [1, 1])).toBe(1);
    expect(rankSumPValue([5, 6, 7], [1, 2])).toBe(1);
  });
});

/** Over all ways to choose the last `drawn` of the pooled values. */
function exactRankSumPValue(pooled: readonly number[], drawn: number): number {
  const rankOf = (value: number) =>
    pooled.filter((other) => other < value).length + pooled.filter((other) => other === value).length / 2;
  const ranks = pooled.map(rankOf);
  const seen = ranks.slice(-drawn).reduce((a, b) => a + b, 0);
  let all = 0;
  let asHigh = 0;
  for (let chosen = 0; chosen < 2 ** pooled.length; chosen++) {
    const picked = ranks.filter((_, place) => (chosen >> place) % 2 === 1);
    if (picked.length !== drawn) continue;
    all++;
    if (picked.reduce((a, b) => a + b, 0) >= seen - 1e-9) asHigh++;
  }
  return asHigh / all;
}

describe('homogeneity and stability', () => {
  it('bounds the p-values of scipy (1.17.1, chi2_contingency without correction)', () => {
    for (const [reference, current, pValue] of [
      [[50, 30, 20], [20, 30, 50], 2.6074368808253592e-6],
      [[100, 80, 60, 40], [20, 25, 10, 15], 0.16943509156622544],
      [[400, 100], [80, 40], 0.0017063966070749775],
    ] as const) {
      const bound = homogeneityPValue({ reference, current });
      expect(bound).toBeGreaterThan(pValue);
      expect(bound).toBeLessThan(40 * pValue);
    }
    expect(homogeneityPValue({ reference: [10, 0], current: [5, 0] })).toBe(1);
  });

  it('is the sum of (q − p) ln(q/p), and zero but for chance where nothing changed', () => {
    const { index, excess } = populationStability({
      reference: [5000, 3000, 2000],
      current: [2000, 3000, 5000],
    });
    expect(index).toBeCloseTo(2 * 0.3 * Math.log(2.5), 3);
    expect(excess).toBeCloseTo(index - 2 * (2 / 10_000), 12);
    const random = new Random(3);
    const draw = (count: number) => sortedSample(random.list(count, () => drawNormal(random)));
    const excesses = random.list(
      200,
      () => populationStability(countByQuantile(draw(800), draw(200), 10)).excess,
    );
    // 9 degrees of freedom: deviation √18 (1/800 + 1/200) = 0.0265 each, of the mean of 200 a 14th of it.
    expect(Math.abs(excesses.reduce((a, b) => a + b, 0) / 200)).toBeLessThan(0.006);
  });

  it('has bins of equal share, fewer where values repeat, and one for missing values', () => {
    const numbers = sortedSample([...sequence(100, 1, 100, 0), Number.NaN]);
    expect(countByQuantile(numbers, numbers, 10).reference).toEqual([1, ...Array(10).fill(10)]);
    const same = sortedSample(Array(100).fill(3));
    expect(countByQuantile(same, same, 10).reference).toEqual([0, 100]);
    const missing = sortedSample(Array(60).fill(Number.NaN));
    expect(countByQuantile(missing, missing, 10).current).toEqual([60, 0]);
  });

  it('puts rare and unknown levels together', () => {
    const reference = [...Array(80).fill('a'), ...Array(18).fill(null), 'rare', 'odd'];
    const current = [...Array(80).fill('a'), ...Array(18).fill(null), 'new', 'rare'];
    expect(countByLevel(reference, current)).toEqual({ reference: [2, 80, 18], current: [2, 80, 18] });
  });
});

it('spends no more risk than it has', () => {
  const spent = sequence(10_000, 1, 10_000, 1).reduce((sum, look) => sum + riskOfLook(0.01, look), 0);
  expect(spent).toBeLessThan(0.01);
  expect(spent).toBeGreaterThan(0.00999);
});
