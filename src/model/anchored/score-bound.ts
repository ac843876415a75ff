/**
 * How far a row's served scores can be from those of the exact refit, in the coordinates
 *
 *   x = [1, then per column: (value − centre)/unit (0 where missing), missing − mean, or has-level − mean].
 *
 * `local-norm`: |M·(contrast ⊗ x)|·radius bounds what a contrast of the linear predictors can move; a served score is
 * the predictor itself, or class k's line of `contrasts`. The other kinds (one score only): offset + slope·|x₁…|.
 */
export type ScoreBound = {
  readonly columns: readonly BoundColumn[];
} & (
  | {
      readonly kind: 'local-norm';
      readonly radius: number;
      readonly lines: readonly (readonly number[])[];
      /** Numbers of x. */
      readonly size: number;
      readonly contrasts: readonly (readonly number[])[] | null;
    }
  | { readonly kind: 'strong-convexity' | 'ball'; readonly offset: number; readonly slope: number }
);

export type BoundColumn =
  | { readonly kind: 'measure'; readonly feature: number; readonly unit: number }
  | { readonly kind: 'missing'; readonly feature: number; readonly mean: number }
  | {
      readonly kind: 'level';
      readonly category: number;
      readonly level: string | null;
      readonly mean: number;
    };

/** x of a row: each measured value less its centre (null: missing), and each category's level. */
export function boundRow(
  bound: ScoreBound,
  centred: readonly (number | null)[],
  levels: readonly (string | null)[],
): Float64Array {
  return Float64Array.of(
    1,
    ...bound.columns.map((column) => {
      if (column.kind === 'measure') return (centred[column.feature] ?? 0) / column.unit;
      const isThere =
        column.kind === 'missing'
          ? centred[column.feature] === null
          : levels[column.category] === column.level;
      return (isThere ? 1 : 0) - column.mean;
    }),
  );
}

/** Bounds |score₁(x) − score*(x)| of the one score. */
export function scoreBoundAt(bound: ScoreBound, x: Float64Array): number {
  if (bound.kind === 'local-norm') return contrastBoundAt(bound, x, [1]);
  let squares = 0;
  for (let j = 1; j < x.length; j++) squares += (x[j] ?? 0) ** 2;
  return bound.offset + bound.slope * Math.sqrt(squares);
}

/** Per pair of classes (a, b): bounds how far the difference of their scores can be off; 0 on the diagonal. */
export function classBoundsAt(bound: ScoreBound, x: Float64Array): number[][] {
  const contrasts = bound.kind === 'local-norm' ? bound.contrasts : null;
  if (contrasts === null) return [];
  const result = contrasts.map(() => contrasts.map(() => 0));
  contrasts.forEach((one, a) => {
    contrasts.slice(0, a).forEach((other, b) => {
      const most = contrastBoundAt(
        bound,
        x,
        one.map((value, c) => value - (other[c] ?? 0)),
      );
      const [left, right] = [result[a], result[b]];
      if (left !== undefined) left[b] = most;
      if (right !== undefined) right[a] = most;
    });
  });
  return result;
}

function contrastBoundAt(bound: ScoreBound, x: Float64Array, contrast: readonly number[]): number {
  if (bound.kind !== 'local-norm') return Number.POSITIVE_INFINITY;
  let squares = 0;
  for (const line of bound.lines) {
    let sum = 0;
    contrast.forEach((factor, score) => {
      for (let j = 0; j < bound.size; j++) sum += factor * (line[score * bound.size + j] ?? 0) * (x[j] ?? 0);
    });
    squares += sum * sum;
  }
  return bound.radius * Math.sqrt(squares);
}

/** What a bound on the score proves about the answer. */
export type AnswerBound = {
  /** Bounds |answer₁ − answer*|: of the mean, or of every probability given. */
  readonly answer: number;
  /** For classifiers: the refit's label is the same. */
  readonly isLabelCertain: boolean;
};

/** exp(score): the larger side of the interval. */
export function meanBound(score: number, bound: number): AnswerBound {
  const mean = Math.exp(score);
  // the second form where the mean may be 0 or e^bound infinite
  return {
    answer: bound < 1 ? mean * Math.expm1(bound) : Math.exp(score + bound) - mean,
    isLabelCertain: false,
  };
}

/** Probability of the positive class. */
export function logisticBound(score: number, bound: number): AnswerBound {
  const probability = 1 / (1 + Math.exp(-score));
  const low = 1 / (1 + Math.exp(-(score - bound)));
  const high = 1 / (1 + Math.exp(-(score + bound)));
  return {
    answer: Math.max(probability - low, high - probability),
    isLabelCertain: Math.abs(score) > bound,
  };
}

/**
 * Probabilities of classes with scores η: the odds of class k against the rest change by at most e^r, r the largest
 * of its bounds against the others.
 */
export function softmaxBound(scores: readonly number[], bounds: readonly (readonly number[])[]): AnswerBound {
  const largest = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - largest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  const top = scores.indexOf(largest);
  const isLabelCertain = scores.every(
    (score, k) => k === top || largest - score > (bounds[top]?.[k] ?? Number.POSITIVE_INFINITY),
  );
  let answer = 0;
  shares.forEach((share, k) => {
    const p = share / total;
    const odds = Math.max(...(bounds[k] ?? [Number.POSITIVE_INFINITY]));
    const moved = (by: number) => (p * Math.exp(by)) / (1 - p + p * Math.exp(by));
    const high = odds > 700 ? 1 : moved(odds);
    answer = Math.max(answer, high - p, p - moved(-odds));
  });
  return { answer, isLabelCertain };
}
