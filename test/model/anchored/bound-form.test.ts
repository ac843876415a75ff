import { expect, it } from 'vitest';
import { boundForm } from '../../../src/model/anchored/bound-form.ts';
import {
  boundRow,
  classBoundsAt,
  type ScoreBound,
  scoreBoundAt,
} from '../../../src/model/anchored/score-bound.ts';
import type { ScoreBound as ScorerBound } from '../../../src/model/scorer.ts';

const columns: ScoreBound['columns'] = [
  { kind: 'measure', feature: 1, unit: 2 },
  { kind: 'missing', feature: 0, mean: 0.25 },
  { kind: 'level', category: 0, level: 'q', mean: 0.5 },
];
const feature = { weights: [0], missingWeights: [0] };
const shape = {
  features: [feature, feature].map((one, j) => ({
    ...one,
    name: `x${j}`,
    source: { kind: 'column' as const, column: `x${j}` },
    kind: 'numeric' as const,
    center: 0,
    deviation: 1,
    missingRows: 0,
    standardizedWeights: [0],
  })),
  categories: [
    {
      name: 'c',
      source: { kind: 'column' as const, column: 'c' },
      type: 'VARCHAR',
      levels: ['p', 'q'].map((level) => ({ level, weights: [0], rows: 1 })),
      unseen: [0],
    },
  ],
};

/** radius·√form at x0 missing, x1 = 3 from its centre, level q. */
function formValue({ radius, form }: ScorerBound): number {
  const design = [0, 3, 1, 0, 0, 1];
  const squares = form.constants.map((constant, r) => {
    const sum = design.reduce((total, d, j) => total + d * (form.rows[r]?.[j] ?? 0), constant);
    return sum * sum;
  });
  return radius * Math.sqrt(squares.reduce((total, square) => total + square, 0));
}

it('a bound is the same as a form over the design of a scorer', () => {
  const lines = [
    [0.5, 1, 0, 0],
    [0, 0.3, 2, 1],
    [1, -1, 0, 0.7],
  ];
  const local: ScoreBound = { kind: 'local-norm', columns, radius: 0.1, lines, size: 4, contrasts: null };
  const at = boundRow(local, [null, 3], ['q']);
  expect(formValue(boundForm(local, shape))).toBeCloseTo(scoreBoundAt(local, at), 14);
  const ball: ScoreBound = { kind: 'ball', columns, offset: 0.2, slope: 0.3 };
  const value = formValue(boundForm(ball, shape));
  expect(value).toBeGreaterThanOrEqual(scoreBoundAt(ball, at));
  expect(value).toBeLessThanOrEqual(Math.SQRT2 * scoreBoundAt(ball, at));
});

it('of classes covers every one of them', () => {
  const half = Math.SQRT1_2;
  const third = 1 / Math.sqrt(6);
  const contrasts = [
    [half, third],
    [-half, third],
    [0, -2 * third],
  ];
  const lines = [
    [0.5, 1, 0, 0, 0.1, 0, 0.4, 0],
    [0, 0.3, 2, 1, 1, 1, 0, 0.2],
  ];
  const bound: ScoreBound = { kind: 'local-norm', columns, radius: 0.1, lines, size: 4, contrasts };
  const value = formValue(boundForm(bound, shape));
  const x = boundRow(bound, [null, 3], ['q']);
  for (const contrast of contrasts) {
    const squares = lines.map((line) => {
      const part = (c: number) => x.reduce((sum, one, j) => sum + one * (line[c * 4 + j] ?? 0), 0);
      return ((contrast[0] ?? 0) * part(0) + (contrast[1] ?? 0) * part(1)) ** 2;
    });
    expect(value).toBeGreaterThanOrEqual(0.1 * Math.sqrt(squares.reduce((a, b) => a + b, 0)));
  }
  expect(Math.max(...classBoundsAt(bound, x).flat())).toBeLessThanOrEqual(2 * value);
});
