import { add, type DoubleDouble, divide, multiply, subtract, twoProduct } from '../double-double.ts';
import { BlockLosses } from './block-losses.ts';
import { ExactSums } from './exact-sums.ts';
import { FlipCount } from './flips.ts';
import type { PlaceScores, PlaceSums, ScoredBatch } from './place-scores.ts';
import { finiteOrNull, type Scores } from './scores.ts';

const losses = ['rmse', 'mae', 'mape'] as const;

/** Scores of models that predict numbers. */
export class NumberPlace implements PlaceSums {
  readonly #contenders: number;
  readonly #tolerances: readonly number[];
  readonly #losses: BlockLosses;
  readonly #flips: readonly FlipCount[];
  /** Of the labels, and of their squares. */
  readonly #sums = new ExactSums(2);
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;
  #zeros = 0;

  /** @param tolerances at which flips are counted */
  constructor(contenders: number, tolerances: readonly number[] = []) {
    this.#contenders = contenders;
    this.#tolerances = contenders > 1 ? tolerances : [];
    this.#losses = new BlockLosses(losses, contenders);
    this.#flips = this.#tolerances.map((tolerance) => new FlipCount(tolerance));
  }

  add({ labels, contenders }: ScoredBatch, row: number, block: number): void {
    const label = labels[row] ?? Number.NaN;
    this.#addLabel(label);
    this.#losses.addRow(block);
    for (let index = 0; index < this.#contenders; index++) {
      const error = Math.abs(label - (contenders[index]?.predictions[row] ?? Number.NaN));
      this.#losses.add(index, 0, block, error * error);
      this.#losses.add(index, 1, block, error);
      if (label !== 0) this.#losses.add(index, 2, block, error / Math.abs(label));
    }
    for (let index = 0; index < this.#flips.length; index++) {
      const tolerance = this.#tolerances[index] ?? 0;
      const isRight = (place: number) =>
        Math.abs(label - (contenders[place]?.predictions[row] ?? Number.NaN)) <= tolerance;
      this.#flips[index]?.add(isRight(0), isRight(1));
    }
  }

  #addLabel(label: number): void {
    this.#least = Math.min(this.#least, label);
    this.#greatest = Math.max(this.#greatest, label);
    if (label === 0) this.#zeros += 1;
    this.#sums.add(0, label);
    this.#sums.add(1, label * label);
    // and the rounding error of the square, so that the spread of labels far from zero keeps its digits
    if (!isExactlySquared(label)) this.#sums.add(1, twoProduct(label, label)[1]);
  }

  /** Σ(y − ȳ)² = Σy² − (Σy)²/n, in twice the digits. */
  #spread(rows: number): number {
    // Labels that are all alike have none, whatever rounding leaves.
    if (rows === 0 || this.#least === this.#greatest) return 0;
    const sum = this.#sums.rounded(0);
    const count: DoubleDouble = [rows, 0];
    const rest = subtract(this.#sums.rounded(1), divide(multiply(sum, sum), count));
    return Math.max(0, add(rest, [0, 0])[0]);
  }

  #scores(contender: number, rows: number, spread: number): Scores {
    const [squares, absolutes, shares] = losses.map((_, metric) => this.#losses.total(contender, metric));
    return {
      rows,
      rmse: finiteOrNull(Math.sqrt((squares ?? Number.NaN) / rows)),
      mae: finiteOrNull((absolutes ?? Number.NaN) / rows),
      mape: this.#zeros > 0 ? null : finiteOrNull((shares ?? Number.NaN) / rows),
      r2: finiteOrNull(1 - (squares ?? Number.NaN) / spread),
    };
  }

  result(): PlaceScores {
    const { rows } = this.#losses;
    const spread = this.#spread(rows);
    const paired = this.#losses.paired();
    return {
      rows,
      candidate: this.#scores(0, rows, spread),
      current: this.#contenders > 1 ? this.#scores(1, rows, spread) : null,
      paired: paired === null || this.#zeros === 0 ? paired : withoutShares(paired),
      flips: this.#flips.map((flips) => flips.result()),
      calibration: null,
      labelDeviation: finiteOrNull(Math.sqrt(spread / rows)),
    };
  }
}

/** Most labels are small whole numbers, and this is asked once a row. */
function isExactlySquared(label: number): boolean {
  return Math.abs(label) <= 2 ** 26 && Number.isInteger(label);
}

/** The share of a label of 0 that an error makes is not defined. */
function withoutShares(paired: NonNullable<PlaceScores['paired']>): PlaceScores['paired'] {
  const { mape: _, ...defined } = paired.losses;
  return { rows: paired.rows, losses: defined };
}
