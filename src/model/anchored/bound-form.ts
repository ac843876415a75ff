import { designSize, type QuadraticForm, type ScoreBound as ScorerBound } from '../scorer.ts';
import type { ScoreBound } from './score-bound.ts';

/** The design a scorer's forms are over: its features, and its categories' levels in their order. */
export type DesignShape = Parameters<typeof designSize>[0];

/** x = constant + factor · d[place]. */
type Place = { readonly place: number; readonly factor: number; readonly constant: number };

/**
 * The bound as one quadratic form over a scorer's design, |score_k − score*_k| ≤ radius·√form for every k. Of one score
 * in the local norm that is the same number. For classes, with |δs_c| ≤ radius·|M·(e_c ⊗ x)| of each predictor and
 * lines of contrasts no longer than 1, √Σ_c |M·(e_c ⊗ x)|² serves for all k; offset + slope·|x| is at most
 * √2·√(offset² + slope²·|x|²).
 */
export function boundForm(bound: ScoreBound, shape: DesignShape): ScorerBound {
  const places = placesOf(bound, shape);
  const line = (weights: readonly number[], constant: number) => {
    const row = new Array<number>(designSize(shape)).fill(0);
    let total = constant;
    places.forEach(({ place, factor, constant: own }, index) => {
      const weight = weights[index] ?? 0;
      row[place] = (row[place] ?? 0) + weight * factor;
      total += weight * own;
    });
    return { constant: total, row };
  };
  if (bound.kind === 'local-norm') {
    const predictors = bound.contrasts?.[0]?.length ?? 1;
    const lines = bound.lines.flatMap((whole) =>
      Array.from({ length: predictors }, (_, c) => {
        const [first = 0, ...weights] = whole.slice(c * bound.size, (c + 1) * bound.size);
        return line(weights, first);
      }),
    );
    return { radius: bound.radius, form: formOf(lines), certificate: bound.kind };
  }
  const squares = places.map((_, index) =>
    line(
      places.map((__, other) => (other === index ? bound.slope : 0)),
      0,
    ),
  );
  return {
    radius: Math.SQRT2,
    form: formOf([{ constant: bound.offset, row: [] }, ...squares]),
    certificate: bound.kind,
  };
}

function formOf(
  lines: readonly { readonly constant: number; readonly row: readonly number[] }[],
): QuadraticForm {
  return { constants: lines.map(({ constant }) => constant), rows: lines.map(({ row }) => row) };
}

function placesOf({ columns }: ScoreBound, { features, categories }: DesignShape): Place[] {
  const starts: number[] = [];
  let next = 2 * features.length;
  for (const { levels } of categories) {
    starts.push(next);
    next += levels.length;
  }
  return columns.map((column): Place => {
    if (column.kind === 'measure') return { place: column.feature, factor: 1 / column.unit, constant: 0 };
    if (column.kind === 'missing')
      return { place: features.length + column.feature, factor: 1, constant: -column.mean };
    const known = categories[column.category]?.levels ?? [];
    const level = known.findIndex((one) => one.level === column.level);
    return { place: (starts[column.category] ?? 0) + level, factor: 1, constant: -column.mean };
  });
}
