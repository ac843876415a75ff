import { BlockLosses } from './block-losses.ts';
import { Calibration } from './calibration.ts';
import { Confusion } from './confusion.ts';
import { FlipCount } from './flips.ts';
import { NumberBag } from './number-bag.ts';
import { type PlaceScores, type PlaceSums, predictedBy, type ScoredBatch } from './place-scores.ts';
import { macroMean, rankScores } from './rank-scores.ts';
import { finiteOrNull, type Scores } from './scores.ts';
import { Scratch } from './scratch.ts';

const losses = ['accuracy', 'log_loss', 'brier'] as const;

/** scikit-learn's: the machine's epsilon, 2⁻⁵². */
const leastProbability = Number.EPSILON;

type Bags = { readonly positives: NumberBag; readonly negatives: NumberBag };

type ContenderSums = {
  readonly confusion: Confusion;
  readonly calibration: Calibration;
  /** By class, of two the second alone; empty where ranks are not asked for. */
  readonly ranks: readonly Bags[];
};

export type ClassPlaceOptions = {
  readonly contenders: number;
  /** Of all contenders together; of two, the second is the positive one. */
  readonly classes: number;
  /** Whether every contender gives probabilities. */
  readonly probabilities: boolean;
  /** Whether metrics that need all scores in order are wanted: 8 to 16 bytes per row, contender and class. */
  readonly ranks: boolean;
};

/** Scores of models that predict classes. */
export class ClassPlace implements PlaceSums {
  readonly #options: ClassPlaceOptions;
  readonly #binary: boolean;
  readonly #losses: BlockLosses;
  readonly #flips: FlipCount | null;
  readonly #sums: readonly ContenderSums[];
  /** Of the rows at hand. */
  readonly #wrong = new Scratch();
  readonly #logs = new Scratch();
  readonly #briers = new Scratch();

  constructor(options: ClassPlaceOptions) {
    const { contenders, classes, probabilities } = options;
    this.#options = options;
    this.#binary = classes === 2;
    this.#losses = new BlockLosses(probabilities ? losses : losses.slice(0, 1), contenders);
    this.#flips = contenders > 1 ? new FlipCount(null) : null;
    const ranked = options.ranks && probabilities ? (this.#binary ? 1 : classes) : 0;
    this.#sums = Array.from({ length: contenders }, () => ({
      confusion: new Confusion(classes),
      calibration: new Calibration(),
      ranks: Array.from({ length: ranked }, () => ({
        positives: new NumberBag(),
        negatives: new NumberBag(),
      })),
    }));
  }

  add({ labels, contenders }: ScoredBatch, rows: Uint32Array, block: number): void {
    const count = rows.length;
    this.#losses.addRows(block, count);
    for (let contender = 0; contender < this.#options.contenders; contender++) {
      const given = predictedBy(contenders, contender);
      this.#addPredictions(contender, labels, given.predictions, rows, block);
      if (this.#options.probabilities)
        this.#addProbabilities(contender, labels, given.probabilities, rows, block);
    }
    if (this.#flips === null) return;
    const candidate = predictedBy(contenders, 0).predictions;
    const current = predictedBy(contenders, 1).predictions;
    for (const row of rows) {
      const label = labels[row] ?? -1;
      this.#flips.add(isRight(label, candidate[row] ?? -1), isRight(label, current[row] ?? -1));
    }
  }

  #addPredictions(
    contender: number,
    labels: Float64Array,
    predictions: Float64Array,
    rows: Uint32Array,
    block: number,
  ): void {
    const confusion = this.#sums[contender]?.confusion;
    const wrong = this.#wrong.of(rows.length);
    for (let index = 0; index < rows.length; index++) {
      const label = labels[rows[index] ?? 0] ?? -1;
      const predicted = predictions[rows[index] ?? 0] ?? -1;
      confusion?.add(label, predicted);
      wrong[index] = isRight(label, predicted) ? 0 : 1;
    }
    this.#losses.addLosses(contender, 0, block, wrong, rows.length);
  }

  // Loops over plain arrays and no closures: this runs once a row.
  #addProbabilities(
    contender: number,
    labels: Float64Array,
    probabilities: readonly Float64Array[],
    rows: Uint32Array,
    block: number,
  ): void {
    const sums = this.#sums[contender];
    const count = rows.length;
    const [logs, briers] = [this.#logs.of(count), this.#briers.of(count)];
    for (let index = 0; index < count; index++) {
      const row = rows[index] ?? 0;
      const label = labels[row] ?? -1;
      const ofLabel = probabilities[label]?.[row] ?? 0;
      logs[index] = -Math.log(Math.min(1 - leastProbability, Math.max(leastProbability, ofLabel)));
      briers[index] = this.#binary
        ? addPositive(sums, label === 1, probabilities[1]?.[row] ?? 0)
        : addOfEach(sums, label, probabilities, row, this.#options.classes);
    }
    this.#losses.addLosses(contender, 1, block, logs, count);
    this.#losses.addLosses(contender, 2, block, briers, count);
  }

  #scores(index: number, rows: number): Scores {
    const sums = this.#sums[index];
    if (sums === undefined) return { rows };
    const { confusion } = sums;
    const counted: Scores = {
      rows,
      accuracy: confusion.accuracy(),
      f1: confusion.f1(),
      mcc: confusion.mcc(),
    };
    if (!this.#options.probabilities) return counted;
    const given: Scores = {
      ...counted,
      log_loss: finiteOrNull(this.#losses.total(index, 1) / rows),
      brier: finiteOrNull(this.#losses.total(index, 2) / rows),
      calibration_error: sums.calibration.error(),
    };
    if (!this.#options.ranks) return given;
    const ranked = sums.ranks.map(({ positives, negatives }) =>
      rankScores({ positives: positives.sorted(), negatives: negatives.sorted() }),
    );
    return {
      ...given,
      auc: macroMean(ranked.map(({ auc }) => auc)),
      average_precision: macroMean(ranked.map(({ averagePrecision }) => averagePrecision)),
    };
  }

  result(): PlaceScores {
    const { rows } = this.#losses;
    const { contenders, probabilities } = this.#options;
    return {
      rows,
      candidate: this.#scores(0, rows),
      current: contenders > 1 ? this.#scores(1, rows) : null,
      paired: this.#losses.paired(),
      flips: this.#flips === null ? [] : [this.#flips.result()],
      calibration: probabilities ? (this.#sums[0]?.calibration.bins() ?? null) : null,
      labelDeviation: null,
    };
  }
}

/** Of two classes. Returns Brier's score of the row: half of what more classes have, as is usual. */
function addPositive(sums: ContenderSums | undefined, isPositive: boolean, given: number): number {
  sums?.calibration.add(given, isPositive);
  const bags = sums?.ranks[0];
  (isPositive ? bags?.positives : bags?.negatives)?.add(given);
  const error = given - (isPositive ? 1 : 0);
  return error * error;
}

/**
 * Of more than two classes. Returns Brier's score of the row (Brier 1950,
 * doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2).
 */
function addOfEach(
  sums: ContenderSums | undefined,
  label: number,
  probabilities: readonly Float64Array[],
  row: number,
  classes: number,
): number {
  // Where a class came that no model knows, all of them gave it nothing.
  let brier = label < 0 ? 1 : 0;
  let top = 0;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < classes; index++) {
    const given = probabilities[index]?.[row] ?? 0;
    const error = given - (label === index ? 1 : 0);
    brier += error * error;
    const bags = sums?.ranks[index];
    (label === index ? bags?.positives : bags?.negatives)?.add(given);
    if (given > greatest) [top, greatest] = [index, given];
  }
  sums?.calibration.add(greatest, label === top);
  return brier;
}

function isRight(label: number, predicted: number): boolean {
  return label >= 0 && label === predicted;
}
