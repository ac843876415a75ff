import { describe, expect, it } from 'vitest';
import { principalComponents } from '../../src/model/principal-components.ts';
import { plainPlan } from '../support/plain-plan.ts';
import { ridgePredictor } from '../support/ridge-predictor.ts';
import { linearReferences, linearRows } from '../support/sklearn/read-references.ts';
import { sumsFromRows } from '../support/sums-from-rows.ts';

const plan = plainPlan(Array.from({ length: 8 }, (_, index) => `x${index}`));
const rows = linearRows();
const state = sumsFromRows(
  plan,
  rows.map((measures) => ({ measures })),
  10,
);

describe('principal components of the sums', () => {
  it.each(linearReferences().pca)("are scikit-learn's, standardize $standardize", (reference) => {
    const found = principalComponents(plan, state, { components: 5, standardize: reference.standardize });
    expect(found).toHaveLength(5);
    const first = Object.fromEntries(plan.measured.map(({ name }, j) => [name, rows[0]?.[j] ?? 0]));
    found.forEach(({ score, variance, share }, k) => {
      expect(variance / (reference.variances[k] ?? Number.NaN)).toBeCloseTo(1, 12);
      expect(share).toBeCloseTo(reference.ratios[k] ?? Number.NaN, 13);
      score.features.forEach((feature, j) => {
        expect(reference.standardize ? feature.standardizedWeight : feature.weight).toBeCloseTo(
          reference.loadings[k]?.[j] ?? Number.NaN,
          9,
        );
      });
      const expected = reference.firstScores[k] ?? Number.NaN;
      expect(Math.abs((ridgePredictor(plan, score)(first) ?? Number.NaN) - expected)).toBeLessThan(
        1e-9 * Math.sqrt(variance),
      );
    });
  });

  it('have scores of their variances, uncorrelated, with categories and missing values', () => {
    const mixed = plainPlan(['x0', 'x1', 'x2'], ['c']);
    const lines = rows.map((row, i) => ({
      measures: [row[0] ?? 0, i % 5 === 0 ? null : (row[1] ?? 0), 4, 0],
      categories: [`c${i % 3}`],
    }));
    const found = principalComponents(mixed, sumsFromRows(mixed, lines, 4), {
      components: 99,
      standardize: true,
    });
    const scores = found.map(({ score }) => {
      const predict = ridgePredictor(mixed, score);
      return lines.map(
        ({ measures: [a, b], categories: [c] }) =>
          predict({ x0: a ?? null, x1: b ?? null, x2: 4, c: c ?? null }) ?? Number.NaN,
      );
    });
    // x0, x1, whether x1 is missing, three levels; x2 does not vary
    expect(found).toHaveLength(6);
    const product = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / 199;
    found.forEach(({ variance }, k) => {
      found.forEach((_, j) => {
        expect(product(scores[k] ?? [], scores[j] ?? [])).toBeCloseTo(k === j ? variance : 0, 12);
      });
    });
    expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(found.at(-1)?.variance).toBeCloseTo(0, 12);
  });

  it('are none of columns that do not vary', () => {
    const same = sumsFromRows(plan, [{ measures: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }], 10);
    expect(principalComponents(plan, same, { components: 2, standardize: true })).toEqual([]);
  });
});
