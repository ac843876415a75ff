import type { SqlValue } from '../core/value.ts';
import { probabilityNames } from './head.ts';
import type { Head } from './scorer.ts';

/** The columns of one prediction by name, as `predictionColumns` lists them; classes as text. */
export type HeadValues = Readonly<Record<string, SqlValue>>;

/** The same function as `headSql`, for finite scores of one row. */
export function headValues(head: Head, scores: readonly number[], bound: number | null): HeadValues | null {
  const [first = 0] = scores;
  switch (head.kind) {
    case 'identity':
      return {
        ...Object.fromEntries(head.columns.map((column, k) => [column, scores[k] ?? null])),
        ...(bound === null ? {} : { prediction_bound: bound }),
      };
    case 'exponential': {
      const mean = Math.exp(first);
      if (first >= 709) return null;
      return {
        prediction: mean,
        ...(bound === null ? {} : { prediction_bound: mean * (Math.exp(bound) - 1) }),
      };
    }
    case 'logistic':
      return { ...logistic(head.classes, first), ...(bound === null ? {} : logisticBound(first, bound)) };
    case 'softmax': {
      const odds = probabilities(scores);
      return {
        prediction: head.classes[firstGreatest(scores)] ?? null,
        ...Object.fromEntries(
          probabilityNames(head.classes).map((name, k) => [name, odds[odds.length === 2 ? 1 : k] ?? null]),
        ),
        ...(bound === null ? {} : softmaxBound(scores, odds, bound)),
      };
    }
    case 'nearest':
      return { prediction: BigInt(firstGreatest(scores) + 1) };
  }
}

function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

function logistic([negative, positive]: readonly [string, string], score: number) {
  return { prediction: score > 0 ? positive : negative, probability: sigmoid(score) };
}

function logisticBound(score: number, bound: number) {
  const middle = sigmoid(score);
  return {
    prediction_bound: Math.max(sigmoid(score + bound) - middle, middle - sigmoid(score - bound)),
    prediction_certain: Math.abs(score) > bound,
  };
}

function firstGreatest(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores));
}

function probabilities(scores: readonly number[]): number[] {
  const greatest = Math.max(...scores);
  const parts = scores.map((score) => Math.exp(score - greatest));
  const total = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / total);
}

function softmaxBound(scores: readonly number[], odds: readonly number[], bound: number) {
  const moved = (p: number, factor: number) => (p * factor) / (1 - p + p * factor);
  const far = odds.map((p) => {
    const most = Math.max(moved(p, Math.exp(2 * bound)) - p, p - moved(p, Math.exp(-2 * bound)));
    return Number.isNaN(most) ? 1 : most;
  });
  const near = scores.filter((score) => score >= Math.max(...scores) - 2 * bound);
  return { prediction_bound: Math.max(...far), prediction_certain: near.length === 1 };
}
