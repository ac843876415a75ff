import type { Row, SqlValue } from '../../index.ts';
import type { Prediction } from './loss-of.ts';

/** A number that a model gave; null: none. */
export function numberPrediction(told: SqlValue | undefined): Prediction {
  return { kind: 'number', number: told === null || told === undefined ? Number.NaN : Number(told) };
}

/** A class that a model gave, beside the columns in which its probabilities stand. */
export function classPrediction(label: string | null, values: Row): Prediction {
  const { probability: second } = values;
  if (typeof second === 'number') return { kind: 'class', label, probability: { second } };
  const of = (asked: string): number => {
    const told = values[`probability_${asked}`];
    return typeof told === 'number' ? told : 0;
  };
  return { kind: 'class', label, probability: { of } };
}
