import { EverviewError } from '../../core/errors.ts';
import type { PairedLosses } from './block-losses.ts';
import type { CalibrationBin } from './calibration.ts';
import type { Flips } from './flips.ts';
import type { Scores } from './scores.ts';

/** How the models fared over one set of rows: the hold-out, an earlier window, or a slice of the hold-out. */
export type PlaceScores = {
  readonly rows: number;
  readonly candidate: Scores;
  /** Null: there is no current model to compare with. */
  readonly current: Scores | null;
  readonly paired: PairedLosses | null;
  /** Empty without a current model. */
  readonly flips: readonly Flips[];
  /** The candidate's; null for numbers. */
  readonly calibration: readonly CalibrationBin[] | null;
  /** √(Σ(y − ȳ)²/n), the scale against which a difference may be rounding; null for classes. */
  readonly labelDeviation: number | null;
};

/** Adds up one place. Rows of it come in any order. */
export interface PlaceSums {
  /**
   * @param rows of the batch
   * @param block of `blockCount`, by the time of all these rows
   */
  add(batch: ScoredBatch, rows: Uint32Array, block: number): void;
  result(): PlaceScores;
}

/** Rows with a label, predicted by every contender: the candidate first, then the current model if there is one. */
export type ScoredBatch = {
  /** Numbers, finite ones, or the places of classes, −1 for one that no contender knows. */
  readonly labels: Float64Array;
  readonly contenders: readonly Predicted[];
};

/** What one contender says of the rows of a batch. */
export type Predicted = {
  /** As the labels. */
  readonly predictions: Float64Array;
  /** By class; empty for numbers, and for models that give none. */
  readonly probabilities: readonly Float64Array[];
};

/** @throws EverviewError `internal` where fewer contenders have predicted than are to be scored. */
export function predictedBy(contenders: ScoredBatch['contenders'], contender: number): Predicted {
  const predicted = contenders[contender];
  if (predicted !== undefined) return predicted;
  throw new EverviewError('internal', `contender ${contender} has not predicted the rows to be scored`);
}
