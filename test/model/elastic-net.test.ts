import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ElasticNetOptions, solveElasticNet } from '../../src/model/elastic-net-solve.ts';
import type { FeaturePlan } from '../../src/model/feature-plan.ts';
import { solveRidge, solveRidgeLabels } from '../../src/model/ridge-solve.ts';
import { plainPlan } from '../support/plain-plan.ts';
import { linearReferences, linearRows } from '../support/sklearn/read-references.ts';
import { sumsFromRows } from '../support/sums-from-rows.ts';

function planOf(features: number, categories = 0): FeaturePlan {
  return plainPlan(
    Array.from({ length: features }, (_, index) => `x${index}`),
    Array.from({ length: categories }, (_, index) => `c${index}`),
  );
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** Elastic net from its definition, by proximal gradient steps (FISTA) on the dense design. Shares nothing with src. */
function slowElasticNet(x: number[][], y: number[], { l1, l2, standardize }: ElasticNetOptions): number[] {
  const width = x[0]?.length ?? 0;
  const means = Array.from({ length: width }, (_, j) => mean(x.map((row) => row[j] ?? 0)));
  const units = means.map((center, j) =>
    standardize ? Math.sqrt(mean(x.map((row) => ((row[j] ?? 0) - center) ** 2))) : 1,
  );
  const z = x.map((row) => row.map((value, j) => (value - (means[j] ?? 0)) / (units[j] ?? 1)));
  const centre = mean(y);
  const bound = sum(z.flatMap((row) => row.map((value) => value ** 2))) + l2;
  let w = new Array<number>(width).fill(0);
  let ahead = w;
  let momentum = 1;
  for (let step = 0; step < 6_000; step++) {
    const rest = z.map(
      (row, i) => (y[i] ?? 0) - centre - sum(row.map((value, j) => value * (ahead[j] ?? 0))),
    );
    const next = ahead.map((value, j) => {
      const slope = sum(z.map((row, i) => (row[j] ?? 0) * (rest[i] ?? 0))) - l2 * value;
      const free = value + slope / bound;
      return Math.sign(free) * Math.max(0, Math.abs(free) - l1 / 2 / bound);
    });
    const following = (1 + Math.sqrt(1 + 4 * momentum ** 2)) / 2;
    ahead = next.map((value, j) => value + ((momentum - 1) / following) * (value - (w[j] ?? 0)));
    if (Math.max(...next.map((value, j) => Math.abs(value - (w[j] ?? 0)))) === 0) break;
    w = next;
    momentum = following;
  }
  return w.map((value, j) => value / (units[j] ?? 1));
}

describe('elastic net on the sums', () => {
  const rows = linearRows();
  const plan = planOf(8);
  const state = sumsFromRows(
    plan,
    rows.map((measures) => ({ measures })),
    10,
  );

  it.each(linearReferences().fits)(
    "gives scikit-learn's weights for l1 $l1, l2 $l2, standardize $standardize",
    ({ l1, l2, standardize, labels }) => {
      const fits = solveElasticNet(plan, state, { l1, l2, standardize });
      expect(fits).toHaveLength(2);
      fits.forEach(({ parameters, gap, kept }, label) => {
        const expected = labels[label];
        const size = Math.max(
          ...parameters.features.map((feature, j) => Math.abs(expected?.weights[j] ?? 0) * feature.deviation),
        );
        parameters.features.forEach((feature, j) => {
          const error = Math.abs(feature.weight - (expected?.weights[j] ?? Number.NaN)) * feature.deviation;
          expect(error / (size || 1)).toBeLessThan(1e-9);
          expect(feature.weight === 0).toBe(Math.abs(expected?.weights[j] ?? 0) === 0);
        });
        expect(parameters.intercept).toBeCloseTo(expected?.intercept ?? Number.NaN, 7);
        expect(gap).toBeLessThan(1e-12);
        expect(kept).toBe(expected?.weights.filter((weight) => Math.abs(weight) > 0).length);
      });
    },
  );

  it('without l1 is ridge, of each label', () => {
    const options = { l2: 3, standardize: true };
    const fits = solveElasticNet(plan, state, { ...options, l1: 0 }).map((fit) => fit.parameters);
    expect(fits).toEqual(solveRidgeLabels(plan, state, options));
    expect(fits[1]).toEqual(solveRidge(plan, state, options));
  });

  it('and several labels are what each label is alone', () => {
    const options = { l1: 200, l2: 3, standardize: true };
    const both = solveElasticNet(plan, state, options);
    [8, 9].forEach((label, index) => {
      const alone = sumsFromRows(
        plan,
        rows.map((row) => ({ measures: [...row.slice(0, 8), row[label] ?? 0] })),
        9,
      );
      const [fit] = solveElasticNet(plan, alone, options);
      fit?.parameters.features.forEach(({ weight }, j) => {
        expect(both[index]?.parameters.features[j]?.weight).toBeCloseTo(weight, 11);
      });
      const [ridge] = solveRidgeLabels(plan, alone, options);
      expect(solveRidgeLabels(plan, state, options)[index]?.offset).toBeCloseTo(
        ridge?.offset ?? Number.NaN,
        11,
      );
    });
  });

  it('is the minimum of its definition, whatever the columns', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 25 }),
        fc.nat(9_999),
        fc.constantFrom(0, 0.1, 1, 10, 100),
        fc.constantFrom(0.5, 3, 20),
        fc.boolean(),
        (width, count, seed, l1, l2, standardize) => {
          const noise = (a: number, b: number) =>
            (Math.sin(a * 12.9898 + b * 78.233 + seed) * 43_758.5453) % 1;
          const x = Array.from({ length: count }, (_, i) =>
            Array.from({ length: width }, (_, j) => noise(i, j) + (j > 0 ? noise(i, 0) * 2 : 0)),
          );
          const y = x.map((row, i) => (row[0] ?? 0) * 4 - (row[1] ?? 0) + noise(i, 99));
          const options = { l1, l2, standardize };
          const state = sumsFromRows(
            planOf(width),
            x.map((row, i) => ({ measures: [...row, y[i] ?? 0] })),
            width + 1,
          );
          const [fit] = solveElasticNet(planOf(width), state, options);
          const expected = slowElasticNet(x, y, options);
          fit?.parameters.features.forEach(({ weight }, j) => {
            expect(Math.abs(weight - (expected[j] ?? 0))).toBeLessThan(1e-7);
          });
          expect(fit?.gap).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 25, seed: 11 },
    );
  });

  it.each([0, 1e-3])('certifies what it finds where columns depend on one another, l2 %d', (l2) => {
    const withTwins = rows.map((row, i) => ({
      measures: [...row.slice(0, 8), row[0] ?? 0, 1, i % 7 === 0 ? null : i % 5, row[9] ?? 0],
      categories: [`c${i % 4}`],
    }));
    const twins = planOf(11, 1);
    const [fit] = solveElasticNet(twins, sumsFromRows(twins, withTwins, 12), {
      l1: 30,
      l2,
      standardize: true,
    });
    expect(fit?.gap).toBeLessThan(1e-12);
    expect(fit?.parameters.features[9]?.weight).toBe(0);
  });

  it('says that there is nothing to fit', () => {
    const nothing = sumsFromRows(plan, [], 10);
    expect(() => solveElasticNet(plan, nothing, { l1: 1, l2: 1, standardize: true })).toThrow(
      /no row to fit/,
    );
    const [one] = solveElasticNet(planOf(1), sumsFromRows(planOf(1), [{ measures: [3, 4] }], 2), {
      l1: 1,
      l2: 1,
      standardize: true,
    });
    expect([one?.parameters.offset, one?.parameters.features[0]?.weight, one?.gap]).toEqual([4, 0, 0]);
  });
});
