import { describe, expect, it } from 'vitest';
import { bernoulliNaiveBayes } from '../../src/model/bernoulli-naive-bayes.ts';
import type { ClassForm, ClassScores } from '../../src/model/class-scores.ts';
import {
  bernoulliBayesSolver,
  gaussianBayesSolver,
  multinomialBayesSolver,
} from '../../src/model/class-solvers.ts';
import type { ClassSums } from '../../src/model/class-sums.ts';
import type { FeaturePlan } from '../../src/model/feature-plan.ts';
import { gaussianNaiveBayes } from '../../src/model/gaussian-naive-bayes.ts';
import { linearDiscriminant } from '../../src/model/linear-discriminant.ts';
import { multinomialNaiveBayes } from '../../src/model/multinomial-naive-bayes.ts';
import { quadraticDiscriminant } from '../../src/model/quadratic-discriminant.ts';
import { plainPlan } from '../support/plain-plan.ts';
import { ridgePredictor } from '../support/ridge-predictor.ts';
import { type ClassRow, classReferences, classRows } from '../support/sklearn/read-references.ts';
import { type SummedRow, sumsFromRows } from '../support/sums-from-rows.ts';
import { ridgeModel } from '../support/training-table.ts';

type Line = {
  readonly label: string;
  readonly numbers: readonly (number | null)[];
  readonly categories?: readonly (string | null)[];
};

function planOf(measured: number, categories = 0): FeaturePlan {
  return plainPlan(
    Array.from({ length: measured }, (_, index) => `x${index}`),
    Array.from({ length: categories }, (_, index) => `c${index}`),
  );
}

/** One frame for all classes, away from 0 and 1, so that pivots and scales matter. */
function classSums(plan: FeaturePlan, lines: readonly Line[]): ClassSums[] {
  const labels = [...new Set(lines.map(({ label }) => label))].sort();
  return labels.map((label) => {
    const rows: SummedRow[] = lines
      .filter((line) => line.label === label)
      .map(({ numbers, categories = [] }) => ({ measures: [...numbers, 0], categories }));
    return { label, sums: sumsFromRows(plan, rows, plan.measured.length + 1, { pivot: 3, scale: 4 }) };
  });
}

function formAt(form: ClassForm, scores: ClassScores, line: Line): number {
  const features = scores.classes[0]?.score.features ?? [];
  const categories = scores.classes[0]?.score.categories ?? [];
  const design = [
    ...line.numbers.map((value, j) => (value === null ? 0 : value - (features[j]?.center ?? 0))),
    ...line.numbers.map((value) => (value === null ? 1 : 0)),
    ...categories.flatMap(({ levels }, c) =>
      levels.map(({ level }) => (level === (line.categories?.[c] ?? null) ? 1 : 0)),
    ),
  ];
  return form.rows.reduce((sum, row, r) => {
    const part = row.reduce((all, weight, j) => all + weight * (design[j] ?? 0), form.constants[r] ?? 0);
    return sum + part ** 2;
  }, 0);
}

/** Logarithms of the probabilities of the classes. */
function logsAt(scores: ClassScores, line: Line): number[] {
  const row = Object.fromEntries([
    ...line.numbers.map((value, j) => [`x${j}`, value]),
    ...(line.categories ?? []).map((level, c) => [`c${c}`, level]),
  ]);
  const plan = planOf(line.numbers.length, line.categories?.length);
  const raw = scores.classes.map(
    ({ score, form }) =>
      (ridgePredictor(plan, score)(row) ?? Number.NaN) - (form === null ? 0 : formAt(form, scores, line) / 2),
  );
  const most = Math.max(...raw);
  const whole = most + Math.log(raw.reduce((sum, value) => sum + Math.exp(value - most), 0));
  return raw.map((value) => value - whole);
}

const rows = classRows();
const references = classReferences();
const linesOf = (what: 'real' | 'counts' | 'binary') =>
  rows.map((row): Line => ({ label: row.label, numbers: row[what] }));

function expectLogs(scores: ClassScores, lines: readonly Line[], expected: readonly (readonly number[])[]) {
  expect(scores.classes.map(({ label }) => label)).toEqual(['a', 'b', 'c']);
  expected.forEach((logs, i) => {
    const line = lines[i];
    if (line === undefined) return;
    logsAt(scores, line).forEach((value, c) => {
      expect(Math.abs(value - (logs[c] ?? Number.NaN)) / Math.max(1, Math.abs(logs[c] ?? 0))).toBeLessThan(
        1e-9,
      );
    });
  });
}

describe("classifiers of the sums give scikit-learn's probabilities", () => {
  const real = linesOf('real');
  const sums = classSums(planOf(4), real);

  it('Gaussian naive Bayes', () => {
    const scores = gaussianNaiveBayes(planOf(4), sums, { smoothing: 1e-9, alpha: 1 });
    expectLogs(scores, real, references.gaussian);
    expect(scores.classes.reduce((sum, { prior }) => sum + prior, 0)).toBeCloseTo(1, 14);
  });

  it('naive Bayes of categories', () => {
    const lines = rows.map(
      (row: ClassRow): Line => ({ label: row.label, numbers: [], categories: row.levels }),
    );
    const plan = planOf(0, 2);
    expectLogs(
      gaussianNaiveBayes(plan, classSums(plan, lines), { smoothing: 0, alpha: 0.5 }),
      lines,
      references.categorical,
    );
  });

  it('multinomial naive Bayes', () => {
    const lines = linesOf('counts');
    expectLogs(
      multinomialNaiveBayes(planOf(4), classSums(planOf(4), lines), { alpha: 0.7 }),
      lines,
      references.multinomial,
    );
  });

  it('Bernoulli naive Bayes', () => {
    const lines = linesOf('binary');
    expectLogs(
      bernoulliNaiveBayes(planOf(4), classSums(planOf(4), lines), { alpha: 0.3 }),
      lines,
      references.bernoulli,
    );
  });

  it('linear discriminant analysis', () => {
    expectLogs(linearDiscriminant(planOf(4), sums), real, references.linear);
  });

  it.each([
    [0, references.quadratic],
    [0.1, references.regularized],
  ])('quadratic discriminant analysis, regularization %d', (regularization, expected) => {
    expectLogs(quadraticDiscriminant(planOf(4), sums, { regularization }), real, expected);
  });
});

describe('classifiers of the sums', () => {
  const plan = planOf(2, 1);
  const lines = rows.map(
    ({ label, real, levels }, i): Line => ({
      label,
      numbers: [i % 6 === 0 ? null : (real[0] ?? 0), real[1] ?? 0],
      categories: [i % 10 === 0 ? null : label === 'a' && i % 4 > 0 ? 'z' : (levels[0] ?? '')],
    }),
  );
  const sums = classSums(plan, lines);

  it('take each level and each imputed value for what it is as a column', () => {
    const levels = [...new Set(lines.map(({ categories }) => categories?.[0] ?? null))];
    const present = lines.flatMap(({ numbers: [x] }) => (x === null || x === undefined ? [] : [x]));
    const center = present.reduce((a, b) => a + b, 0) / present.length;
    const wide = lines.map(
      ({ label, numbers: [x = null, y = 0], categories }): Line => ({
        label,
        numbers: [
          x ?? center,
          y,
          x === null ? 1 : 0,
          ...levels.map((level) => (level === (categories?.[0] ?? null) ? 1 : 0)),
        ],
      }),
    );
    const widePlan = planOf(3 + levels.length);
    const wideSums = classSums(widePlan, wide);
    const pairs: [ClassScores, ClassScores][] = [
      [linearDiscriminant(plan, sums), linearDiscriminant(widePlan, wideSums)],
      [
        quadraticDiscriminant(plan, sums, { regularization: 0.2 }),
        quadraticDiscriminant(widePlan, wideSums, { regularization: 0.2 }),
      ],
    ];
    for (const [own, spread] of pairs) {
      lines.forEach((line, i) => {
        const expected = logsAt(spread, wide[i] ?? line);
        logsAt(own, line).forEach((value, c) => {
          expect(Math.abs(value - (expected[c] ?? Number.NaN)) / Math.max(1, Math.abs(value))).toBeLessThan(
            1e-8,
          );
        });
      });
    }
  });

  it('let a missing value say nothing, in naive Bayes', () => {
    const scores = gaussianNaiveBayes(plan, sums, { smoothing: 1e-9, alpha: 1 });
    const alone: FeaturePlan = { ...plan, measured: plan.measured.slice(1) };
    const without = gaussianNaiveBayes(
      alone,
      classSums(
        alone,
        lines.map((line) => ({ ...line, numbers: line.numbers.slice(1) })),
      ),
      { smoothing: 1e-9, alpha: 1 },
    );
    const line = lines[0] ?? { label: '', numbers: [] };
    expect(line.numbers[0]).toBeNull();
    const row = { ...line, numbers: line.numbers.slice(1) };
    const renamed = without.classes.map((one) => ({
      ...one,
      score: { ...one.score, features: one.score.features.map((feature) => ({ ...feature, name: 'x0' })) },
    }));
    logsAt({ classes: renamed }, row).forEach((value, c) => {
      expect(logsAt(scores, line)[c]).toBeCloseTo(value, 7);
    });
  });

  it('refuse what they cannot make sense of', () => {
    const negative = planOf(1);
    const below = classSums(negative, [{ label: 'a', numbers: [-3] }]);
    expect(() => multinomialNaiveBayes(negative, below, { alpha: 1 })).toThrow(/negative/);
    expect(() => bernoulliNaiveBayes(negative, below, { alpha: 1 })).toThrow(/for 0 or 1/);
    const one = classSums(negative, [
      ...[-3, 1].map((x) => ({ label: 'a', numbers: [x] })),
      { label: 'b', numbers: [2] },
    ]);
    expect(() => quadraticDiscriminant(negative, one, { regularization: 0 })).toThrow(/spread/);
    expect(() => linearDiscriminant(negative, below)).toThrow(/no more rows than classes/);
    expect(() => gaussianNaiveBayes(negative, [], { smoothing: 0, alpha: 1 })).toThrow(/no row/);
  });

  it.each([multinomialBayesSolver, bernoulliBayesSolver])(
    '$method without smoothing is sure of what it saw in one class alone, and still answers',
    ({ solve }) => {
      const levels = planOf(0, 1);
      const seen = [['x', 'a'] as const, ['y', 'b'] as const].flatMap(([level, label]) =>
        [1, 2].map((): Line => ({ label, numbers: [], categories: [level] })),
      );
      const scores = solve(levels, classSums(levels, seen), ridgeModel({ smoothing: 0 }).options, 1);
      const [a = Number.NaN, b = Number.NaN] = logsAt(scores, { label: '', numbers: [], categories: ['x'] });
      expect(a).toBeCloseTo(0, 8);
      expect(b).toBeLessThan(-20);
      expect(b).toBeGreaterThan(-60);
    },
  );

  it.each([1, 1e6])(
    'Gaussian naive Bayes without smoothing takes a class without spread for one, unit %d',
    (unit) => {
      const single = planOf(1);
      const values = { a: [5, 5, 5], b: [1, 9, 3] };
      const spread = Object.entries(values).flatMap(([label, numbers]) =>
        numbers.map((number): Line => ({ label, numbers: [number * unit] })),
      );
      const { solve } = gaussianBayesSolver;
      const scores = solve(single, classSums(single, spread), ridgeModel({ smoothing: 0 }).options, 1);
      const shareOfA = (number: number) =>
        Math.exp(logsAt(scores, { label: '', numbers: [number * unit] })[0] ?? 0);
      expect(shareOfA(5)).toBeGreaterThan(0.999);
      expect(shareOfA(5.1)).toBeLessThan(0.001);
    },
  );
});
