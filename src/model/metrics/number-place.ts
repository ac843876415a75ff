import { add, type DoubleDouble, divide, multiply, subtract, twoProduct } from '../double-double.ts';
import { BlockLosses } from './block-losses.ts';
import { ExactSums } from './exact-sums.ts';
import { FlipCount } from './flips.ts';
import { type PlaceScores, type PlaceSums, predictedBy, type ScoredBatch } from './place-scores.ts';
import { finiteOrNull, type Scores } from './scores.ts';
import { Scratch } from './scratch.ts';

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
  /** Of the rows at hand. */
  readonly #labels = new Scratch();
  readonly #squares = new Scratch();
  readonly #errors = new Scratch();
  readonly #shares = new Scratch();

  /** @param tolerances at which flips are counted */
  constructor(contenders: number, tolerances: readonly number[] = []) {
    this.#contenders = contenders;
    this.#tolerances = contenders > 1 ? tolerances : [];
    this.#losses = new BlockLosses(losses, contenders);
    this.#flips = this.#tolerances.map((tolerance) => new FlipCount(tolerance));
  }

  add({ labels, contenders }: ScoredBatch, rows: Uint32Array, block: number): void {
    const count = rows.length;
    const chosen = this.#labels.of(count);
    for (let index = 0; index < count; index++) chosen[index] = labels[rows[index] ?? 0] ?? Number.NaN;
    this.#addLabels(chosen, count);
    this.#losses.addRows(block, count);
    for (let contender = 0; contender < this.#contenders; contender++) {
      const { predictions } = predictedBy(contenders, contender);
      this.#addErrors(contender, chosen, predictions, rows, block);
    }
    if (this.#flips.length > 0) this.#addFlips(contenders, chosen, rows);
  }

  /** @param labels of these rows */
  #addErrors(
    contender: number,
    labels: Float64Array,
    predictions: Float64Array,
    rows: Uint32Array,
    block: number,
  ): void {
    const count = rows.length;
    const [squares, errors, shares] = [
      this.#squares.of(count),
      this.#errors.of(count),
      this.#shares.of(count),
    ];
    let shared = 0;
    for (let index = 0; index < count; index++) {
      const label = labels[index] ?? Number.NaN;
      const error = Math.abs(label - (predictions[rows[index] ?? 0] ?? Number.NaN));
      squares[index] = error * error;
      errors[index] = error;
      if (label !== 0) shares[shared++] = error / Math.abs(label);
    }
    this.#losses.addLosses(contender, 0, block, squares, count);
    this.#losses.addLosses(contender, 1, block, errors, count);
    this.#losses.addLosses(contender, 2, block, shares, shared);
  }

  /** @param labels of these rows */
  #addFlips(contenders: ScoredBatch['contenders'], labels: Float64Array, rows: Uint32Array): void {
    const candidate = predictedBy(contenders, 0).predictions;
    const current = predictedBy(contenders, 1).predictions;
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] ?? 0;
      const label = labels[index] ?? Number.NaN;
      const ofCandidate = Math.abs(label - (candidate[row] ?? Number.NaN));
      const ofCurrent = Math.abs(label - (current[row] ?? Number.NaN));
      for (let flips = 0; flips < this.#flips.length; flips++) {
        const tolerance = this.#tolerances[flips] ?? 0;
        this.#flips[flips]?.add(ofCandidate <= tolerance, ofCurrent <= tolerance);
      }
    }
  }

  #addLabels(labels: Float64Array, count: number): void {
    const squares = this.#squares.of(count);
    let least = this.#least;
    let greatest = this.#greatest;
    let zeros = this.#zeros;
    for (let index = 0; index < count; index++) {
      const label = labels[index] ?? Number.NaN;
      if (label < least) least = label;
      if (label > greatest) greatest = label;
      if (label === 0) zeros += 1;
      squares[index] = label * label;
      // and the rounding error of the square, so that the spread of labels far from zero keeps its digits
      if (!isExactlySquared(label)) this.#sums.add(1, twoProduct(label, label)[1]);
    }
    this.#least = least;
    this.#greatest = greatest;
    this.#zeros = zeros;
    this.#sums.addAll(0, labels, count);
    this.#sums.addAll(1, squares, count);
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
