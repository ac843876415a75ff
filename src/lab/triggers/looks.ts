import { riskOfLook } from '../detectors/risk-spending.ts';

/** Of the reference, so many times the rows that are compared with it. */
export const referenceShare = 4;

/**
 * When two windows of `rows` each are compared: first when both are full, then with every quarter of `rows` that is new;
 * and at what risk, so that all looks together are at `risk`.
 */
export class Looks {
  readonly #risk: number;
  readonly #rows: number;
  #seen = 0;
  #lookedAt = 0;
  #looks = 0;

  constructor(risk: number, rows: number) {
    this.#risk = risk;
    this.#rows = rows;
  }

  /** Risk of the look that is due after so many more rows; null: none is due. */
  next(newRows: number): number | null {
    this.#seen += newRows;
    if (this.#seen < 2 * this.#rows || this.#seen - this.#lookedAt < this.#rows / 4) return null;
    this.#lookedAt = this.#seen;
    this.#looks++;
    return riskOfLook(this.#risk, this.#looks);
  }

  reset(): void {
    this.#seen = 0;
    this.#lookedAt = 0;
    this.#looks = 0;
  }
}
