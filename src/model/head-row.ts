import type { SqlValue } from '../core/value.ts';
import { probabilityNames } from './head.ts';
import type { Head } from './scorer.ts';

/** The columns of one prediction by name, as `predictionColumns` lists them; classes as text. */
export type HeadValues = Readonly<Record<string, SqlValue>>;

/** Finite scores of a row, and how far each can be off (null: no certificate), to the answer; null: none. */
export type RowHead = (scores: Float64Array, bound: number | null) => HeadValues | null;

/** The same function as `headSql`, for finite scores of one row at a time. */
export function createRowHead(head: Head): RowHead {
  switch (head.kind) {
    case 'identity':
      return identity(head.columns);
    case 'exponential':
      return (scores, bound) => exponential(scores[0] ?? 0, bound);
    case 'logistic': {
      const [negative, positive] = head.classes;
      return (scores, bound) => logistic(negative, positive, scores[0] ?? 0, bound);
    }
    case 'softmax':
      return softmax(head.classes);
    case 'nearest':
      return (scores) => ({ prediction: BigInt(firstGreatest(scores) + 1) });
  }
}

function identity(columns: readonly string[]): RowHead {
  if (columns.length === 1 && columns[0] === 'prediction') {
    return (scores, bound) => {
      const prediction = scores[0] ?? null;
      return bound === null ? { prediction } : { prediction, prediction_bound: bound };
    };
  }
  return (scores, bound) => {
    const values: Record<string, SqlValue> = {};
    columns.forEach((column, k) => {
      values[column] = scores[k] ?? null;
    });
    if (bound !== null) values.prediction_bound = bound;
    return values;
  };
}

function exponential(score: number, bound: number | null): HeadValues | null {
  if (score >= 709) return null;
  const prediction = Math.exp(score);
  if (bound === null) return { prediction };
  // The same number twice: exact for small bounds, and right where the mean is 0 or e^bound infinite.
  const far = bound < 1 ? prediction * (Math.exp(bound) - 1) : Math.exp(score + bound) - prediction;
  return { prediction, prediction_bound: far };
}

function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

function logistic(negative: string, positive: string, score: number, bound: number | null): HeadValues {
  const prediction = score > 0 ? positive : negative;
  const probability = sigmoid(score);
  if (bound === null) return { prediction, probability };
  return {
    prediction,
    probability,
    prediction_bound: Math.max(sigmoid(score + bound) - probability, probability - sigmoid(score - bound)),
    prediction_certain: Math.abs(score) > bound,
  };
}

function firstGreatest(scores: Float64Array): number {
  let first = 0;
  for (let k = 1; k < scores.length; k++) {
    if ((scores[k] ?? 0) > (scores[first] ?? 0)) first = k;
  }
  return first;
}

function softmax(classes: readonly string[]): RowHead {
  const names = probabilityNames(classes);
  const odds = new Float64Array(classes.length);
  const told = classes.length === 2 ? 1 : 0;
  return (scores, bound) => {
    const top = firstGreatest(scores);
    setProbabilities(odds, scores, scores[top] ?? 0);
    const values: Record<string, SqlValue> = { prediction: classes[top] ?? null };
    for (let k = 0; k < names.length; k++) values[names[k] ?? ''] = odds[k + told] ?? null;
    if (bound === null) return values;
    values.prediction_bound = softmaxBound(odds, bound);
    values.prediction_certain = isCertain(scores, scores[top] ?? 0, bound);
    return values;
  };
}

function setProbabilities(odds: Float64Array, scores: Float64Array, greatest: number): void {
  let total = 0;
  for (let k = 0; k < odds.length; k++) {
    const part = Math.exp((scores[k] ?? 0) - greatest);
    odds[k] = part;
    total += part;
  }
  for (let k = 0; k < odds.length; k++) odds[k] = (odds[k] ?? 0) / total;
}

function softmaxBound(odds: Float64Array, bound: number): number {
  const up = Math.exp(2 * bound);
  const down = Math.exp(-2 * bound);
  let most = 0;
  for (let k = 0; k < odds.length; k++) {
    const p = odds[k] ?? 0;
    const far = Math.max(moved(p, up) - p, p - moved(p, down));
    most = Math.max(most, Number.isNaN(far) ? 1 : far);
  }
  return most;
}

function moved(p: number, factor: number): number {
  return (p * factor) / (1 - p + p * factor);
}

/** Whether no other class's score can reach the greatest's. */
function isCertain(scores: Float64Array, greatest: number, bound: number): boolean {
  let near = 0;
  for (let k = 0; k < scores.length; k++) near += (scores[k] ?? 0) >= greatest - 2 * bound ? 1 : 0;
  return near === 1;
}
