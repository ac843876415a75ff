import type { BaselineResult } from '../cell-result.ts';

/** Loss a row. */
export function meanOfBaseline({ lossSum, rows }: BaselineResult): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return sum(lossSum) / sum(rows);
}
