import { macroMean } from './rank-scores.ts';
import { finiteOrNull } from './scores.ts';

/**
 * Rows by true and predicted class. A class is told by its place, from 0 on; −1 stands for a class that none of the
 * models knows.
 */
export class Confusion {
  readonly #size: number;
  readonly #counts: Float64Array;

  constructor(classes: number) {
    this.#size = classes + 1;
    this.#counts = new Float64Array(this.#size * this.#size);
  }

  add(truth: number, predicted: number): void {
    const at = (truth + 1) * this.#size + predicted + 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  #count(truth: number, predicted: number): number {
    return this.#counts[truth * this.#size + predicted] ?? 0;
  }

  #sum(count: (index: number) => number): number {
    let sum = 0;
    for (let index = 0; index < this.#size; index++) sum += count(index);
    return sum;
  }

  #trueRows(k: number): number {
    return this.#sum((j) => this.#count(k, j));
  }

  #predictedRows(k: number): number {
    return this.#sum((j) => this.#count(j, k));
  }

  /** The right ones; of a class that no model knows none is. */
  #hits(k: number): number {
    return k === 0 ? 0 : this.#count(k, k);
  }

  rows(): number {
    return this.#sum((k) => this.#trueRows(k));
  }

  accuracy(): number | null {
    return finiteOrNull(this.#sum((k) => this.#hits(k)) / this.rows());
  }

  /** Of the second class of two; of more, the mean over those that came or were predicted (scikit-learn's `macro`). */
  f1(): number | null {
    const of = (k: number) =>
      finiteOrNull((2 * this.#hits(k)) / (this.#trueRows(k) + this.#predictedRows(k)));
    if (this.#size === 3) return of(2);
    return macroMean(Array.from({ length: this.#size }, (_, k) => of(k)));
  }

  /**
   * (c·s − Σ tₖpₖ) / √((s² − Σpₖ²)(s² − Σtₖ²)), with s rows, c right ones, tₖ of class k and pₖ predicted as k:
   * Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006; for two classes Matthews' of 1975. The sums are whole
   * numbers, exact up to 2⁵³: 94 million rows.
   */
  mcc(): number | null {
    const rows = this.rows();
    const right = this.#sum((k) => this.#hits(k));
    const both = this.#sum((k) => this.#trueRows(k) * this.#predictedRows(k));
    const predicted = rows * rows - this.#sum((k) => this.#predictedRows(k) ** 2);
    const truth = rows * rows - this.#sum((k) => this.#trueRows(k) ** 2);
    return finiteOrNull((right * rows - both) / (Math.sqrt(predicted) * Math.sqrt(truth)));
  }
}
