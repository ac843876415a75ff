import { rankSumPValue } from '../detectors/rank-sum.ts';
import type { Observation } from '../trigger.ts';
import type { ChangeWatch } from './change-watch.ts';
import { Looks, referenceShare } from './looks.ts';
import { ReferenceWindow } from './reference-window.ts';

/** Whether the losses of the newest labels are higher than those of the labels after the last refresh. */
export class LiveLoss implements ChangeWatch {
  readonly #rows: number;
  readonly #looks: Looks;
  #window: ReferenceWindow<number>;

  constructor(rows: number, falseAlarms: number) {
    this.#rows = rows;
    this.#looks = new Looks(falseAlarms, rows);
    this.#window = new ReferenceWindow(rows, referenceShare * rows);
  }

  look(_seen: Observation, losses: Float64Array): string | null {
    for (const loss of losses) this.#window.add(loss);
    const risk = this.#looks.next(losses.length);
    if (risk === null) return null;
    const { reference, newest } = this.#window;
    if (rankSumPValue(reference, newest) > risk) return null;
    return `the loss rose from ${mean(reference).toPrecision(3)} after the last refresh to ${mean(newest).toPrecision(3)}`;
  }

  reset(): void {
    this.#window = new ReferenceWindow(this.#rows, referenceShare * this.#rows);
    this.#looks.reset();
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
