import { describe, expect, it } from 'vitest';
import { type AnchoredMethod, createLoss } from '../../../src/model/anchored/create-loss.ts';
import { expRemainder } from '../../../src/model/anchored/curvature-bound.ts';
import { interceptRest, interceptShift } from '../../../src/model/anchored/intercept-shift.ts';
import { addToHistogram, emptyHistogram, nearKinks } from '../../../src/model/anchored/kink-histogram.ts';
import { type Loss, pairCount, pairIndex } from '../../../src/model/anchored/loss.ts';
import { createMetric, dualNorm, largestEigenvalue } from '../../../src/model/anchored/metric.ts';
import { Random } from '../../support/random.ts';

const methods: readonly (readonly [AnchoredMethod, number])[] = [
  [{ kind: 'logistic', classes: ['a', 'b'] }, 1],
  [{ kind: 'logistic', classes: ['a', 'b', 'c', 'd'] }, 3],
  [{ kind: 'poisson' }, 2],
  [{ kind: 'gamma' }, 1.5],
  [{ kind: 'huber', delta: 1 }, 0.3],
];

function at(loss: Loss, scores: readonly number[], label: number, weight = 1) {
  const slopes = new Float64Array(loss.scores);
  const curvatures = new Float64Array(pairCount(loss.scores));
  const one = (value: number) => Float64Array.of(value);
  const rows = {
    rows: 1,
    scores: Float64Array.from(scores),
    labels: one(label),
    weights: one(weight),
    slopes,
    curvatures,
  };
  return { value: loss.evaluate(rows), slopes, curvatures };
}

/** hᵀ·φ″·h. */
function curvatureAlong(loss: Loss, scores: readonly number[], label: number, h: readonly number[]): number {
  const { curvatures } = at(loss, scores, label);
  let sum = 0;
  h.forEach((left, a) => {
    h.forEach((right, b) => {
      sum += left * right * (curvatures[pairIndex(loss.scores, Math.min(a, b), Math.max(a, b))] ?? 0);
    });
  });
  return sum;
}

describe('losses', () => {
  for (const [method, label] of methods) {
    const loss = createLoss(method);
    const random = new Random(3);
    const draw = () => random.list(loss.scores, () => random.next() * 6 - 3);

    it(`of ${loss.name} have the derivatives they say`, () => {
      for (let trial = 0; trial < 50; trial++) {
        const [s, h] = [draw(), draw()];
        const step = 1e-5;
        const moved = (by: number) => s.map((value, c) => value + by * (h[c] ?? 0));
        const [ahead, behind] = [at(loss, moved(step), label), at(loss, moved(-step), label)];
        const slope = at(loss, s, label).slopes.reduce((sum, value, c) => sum + value * (h[c] ?? 0), 0);
        expect((ahead.value - behind.value) / (2 * step)).toBeCloseTo(slope, 5);
        // at a kink the difference quotient is of both sides
        if (loss.curvature.kind === 'kinked' && Math.abs(Math.abs((s[0] ?? 0) - label) - 1) < 1e-3) continue;
        const change = h.reduce(
          (sum, value, c) => sum + value * ((ahead.slopes[c] ?? 0) - (behind.slopes[c] ?? 0)),
          0,
        );
        expect(change / (2 * step)).toBeCloseTo(curvatureAlong(loss, s, label, h), 4);
      }
      expect(at(loss, draw(), Number.NaN, 0)).toMatchObject({ value: 0 });
    });

    if (loss.curvature.kind === 'self-concordant')
      it(`of ${loss.name} change their curvature by no more than self-concordance allows`, () => {
        for (let trial = 0; trial < 300; trial++) {
          const [s, delta, h] = [draw(), draw(), draw()];
          const contrasts = loss.contrasts;
          const served =
            contrasts === null
              ? [0, ...delta]
              : Array.from({ length: contrasts.classes }, (_, k) =>
                  delta.reduce(
                    (sum, value, c) => sum + value * (contrasts.matrix[k * loss.scores + c] ?? 0),
                    0,
                  ),
                );
          const range = Math.max(...served) - Math.min(...served);
          const before = curvatureAlong(loss, s, label, h);
          const after = curvatureAlong(
            loss,
            s.map((value, c) => value + (delta[c] ?? 0)),
            label,
            h,
          );
          expect(after).toBeLessThanOrEqual(before * Math.exp(range) * (1 + 1e-9));
          expect(after).toBeGreaterThanOrEqual(before * Math.exp(-range) * (1 - 1e-9));
        }
      });
  }

  it('keep their digits in the tails', () => {
    const logistic = createLoss({ kind: 'logistic', classes: ['a', 'b'] });
    expect(at(logistic, [40], 1)).toMatchObject({
      value: Math.exp(-40),
      slopes: Float64Array.of(-Math.exp(-40)),
    });
    expect(at(logistic, [800], 1).value).toBe(0);
    expect(at(logistic, [-800], 1).value).toBe(800);
    const softmax = createLoss({ kind: 'logistic', classes: ['a', 'b', 'c'] });
    const unit = Math.SQRT1_2;
    expect(at(softmax, [60, 60 * Math.sqrt(1 / 3)], 0).value / (2 * Math.exp(-60 * 2 * unit))).toBeCloseTo(
      1,
      10,
    );
  });
});

describe('parts of certificates', () => {
  it('round the remainder of the exponential up', () => {
    for (const t of [1e-12, 1e-6, 1e-3, 9.9e-3, 1.1e-2, 0.5, 3]) {
      const series = [2, 6, 24, 120, 720, 5040, 40320, 362880].reduce(
        (sum, f, k) => sum + t ** (k + 1) / f,
        0,
      );
      expect(expRemainder(t)).toBeGreaterThanOrEqual(series * (1 - 1e-12));
      expect(expRemainder(t)).toBeLessThan(series * 1.01);
    }
  });

  it('bound the shift of a free intercept', () => {
    // Poisson with one mean: q = μ, slope = μ − y, the shift log(y/μ)
    for (const [mean, label] of [
      [1, 0.5],
      [1, 0.9],
      [1, 1.7],
      [3, 2],
    ] as const) {
      const shift = Math.log(label / mean);
      expect(Math.abs(shift)).toBeLessThanOrEqual(interceptShift(mean - label, mean) + 1e-15);
      const newton = (label - mean) / mean;
      expect(Math.abs(shift - newton)).toBeLessThanOrEqual(interceptRest(mean - label, mean) + 1e-15);
    }
    expect(interceptShift(2, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(interceptRest(1e-6, 1)).toBeGreaterThanOrEqual(5e-13);
  });

  it('count rows near a kink from above', () => {
    const random = new Random(9);
    const histogram = emptyHistogram();
    const rows = random.list(500, () => ({ residual: (random.next() - 0.5) * 10, norm: random.next() * 4 }));
    for (const { residual, norm } of rows) addToHistogram(histogram, residual, 1.3, norm * norm);
    const leverage = { most: 9, base: 0.2, slope: 0.5 };
    for (const distance of [1e-6, 0.01, 0.1, 0.7, 3, 100]) {
      const near = rows.map(({ residual, norm }) => {
        const away = Math.abs(Math.abs(residual) - 1.3);
        return { away, isCurved: Math.abs(residual) <= 1.3, m: 0.2 + 0.5 * norm };
      });
      const inside = near.filter(({ away }) => away <= distance);
      const found = nearKinks(histogram, 1.3, distance, leverage);
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      expect(found.excess).toBeGreaterThanOrEqual(sum(inside.map(({ away, m }) => m * (distance - away))));
      expect(found.squares).toBeGreaterThanOrEqual(sum(inside.map(({ m }) => m * m)));
      const curved = inside.filter(({ isCurved }) => isCurved);
      expect(found.curvedSquares).toBeGreaterThanOrEqual(sum(curved.map(({ m }) => m * m)));
    }
  });

  it('bound the largest eigenvalue, and take the pseudo-inverse of what is singular', () => {
    const matrix = Float64Array.of(2, 1, 1, 2);
    expect(largestEigenvalue(matrix, 2)).toBeGreaterThanOrEqual(3);
    expect(largestEigenvalue(matrix, 2)).toBeLessThan(3.01);
    const singular = createMetric(Float64Array.of(1, 1, 1, 1), 2);
    expect(singular.rank).toBe(1);
    expect(dualNorm(singular, Float64Array.of(1, 1))).toBeCloseTo(1, 12);
    expect(dualNorm(singular, Float64Array.of(1, -1))).toBeCloseTo(0, 12);
  });
});
