import type { StepRows } from './labelled-row.ts';
import type { RowLoss } from './loss-of.ts';
import type { VersionPredictor } from './version-predictor.ts';

/** Summed loss of each step, had that version predicted its rows. */
export function stepLosses(predict: VersionPredictor, lossOf: RowLoss, steps: readonly StepRows[]): number[] {
  return steps.map(({ rows }) => {
    let sum = 0;
    for (const { row, label } of rows) sum += lossOf(predict(row), label);
    return sum;
  });
}
