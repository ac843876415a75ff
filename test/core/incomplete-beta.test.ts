import { describe, expect, it } from 'vitest';
import { incompleteBeta, logGamma } from '../../src/core/incomplete-beta.ts';
import { studentTwoSided } from '../../src/core/student.ts';
import { betaBinomialLower, betaBinomialUpper } from '../../src/ingest/judge/beta-binomial.ts';

describe('special functions', () => {
  it('gives ln Γ as tables do', () => {
    expect(logGamma(1)).toBeCloseTo(0, 13);
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 13);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 12);
    expect(logGamma(1_000)).toBeCloseTo(5905.220423209181, 8);
  });

  it('gives the incomplete beta function where it is a polynomial', () => {
    // I_x(2, 3) = 6x² − 8x³ + 3x⁴
    for (const x of [0.1, 0.5, 0.9]) {
      expect(incompleteBeta(x, 2, 3)).toBeCloseTo(6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4, 13);
    }
    expect(incompleteBeta(0, 2, 3)).toBe(0);
    expect(incompleteBeta(1, 2, 3)).toBe(1);
  });

  // Two-sided critical values of Student's t, as every table of it has them.
  it.each([
    [12.7062, 1, 0.05],
    [2.2281, 10, 0.05],
    [3.1693, 10, 0.01],
    [4.5869, 10, 0.001],
    [2.0423, 30, 0.05],
  ])('t = %d with %d degrees of freedom has probability %d', (t, freedom, p) => {
    expect(studentTwoSided(t, freedom) / p).toBeCloseTo(1, 3);
  });

  it('keeps the digits of far tails', () => {
    // With 2 degrees of freedom P(|T| ≥ t) = 1 − t / √(2 + t²), which is 1 / t² for large t.
    expect(studentTwoSided(1e6, 2) * 1e12).toBeCloseTo(1, 6);
  });
});

describe('beta-binomial tails', () => {
  it('is uniform over 0 … n for a = b = 1', () => {
    expect(betaBinomialUpper(7, 10, 1, 1)).toBeCloseTo(4 / 11, 12);
    expect(betaBinomialLower(2, 10, 1, 1)).toBeCloseTo(3 / 11, 12);
  });

  it('comes to the binomial where the rate does not vary', () => {
    // P(K ≥ 3), K binomial of 10 and 0.1: 1 − 0.9298091736
    expect(betaBinomialUpper(3, 10, 1e7, 9e7)).toBeCloseTo(0.0701908264, 5);
  });

  it('is one from 0 on, and nothing beyond n', () => {
    expect(betaBinomialUpper(0, 5, 2, 3)).toBe(1);
    expect(betaBinomialUpper(6, 5, 2, 3)).toBe(0);
  });
});
