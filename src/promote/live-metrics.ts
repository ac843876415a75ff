import type { Metric, OutputKind } from '../core/metric.ts';
import type { LossSequence, SequenceKind } from './loss-sequence.ts';

/** Metrics that are followed once a model answers: means of a loss that each row has by itself. */
export type LiveMetric = Extract<Metric, 'rmse' | 'mae' | 'accuracy' | 'log_loss' | 'brier'>;

type LiveMetricFacts = {
  readonly sequence: SequenceKind;
  /** From the mean loss, and back; `scale` is the greatest loss where the sequence is bounded. */
  readonly scoreOf: (mean: number, scale: number) => number;
  readonly lossOf: (score: number, scale: number) => number;
};

const itself: Pick<LiveMetricFacts, 'scoreOf' | 'lossOf'> = {
  scoreOf: (mean) => mean,
  lossOf: (score) => score,
};

export const liveMetricTable: Readonly<Record<LiveMetric, LiveMetricFacts>> = {
  rmse: { sequence: 'asymptotic', scoreOf: (mean) => Math.sqrt(mean), lossOf: (score) => score * score },
  mae: { sequence: 'asymptotic', ...itself },
  accuracy: { sequence: 'bounded', scoreOf: (mean) => 1 - mean, lossOf: (score) => 1 - score },
  log_loss: { sequence: 'asymptotic', ...itself },
  brier: {
    sequence: 'bounded',
    scoreOf: (mean, scale) => mean * scale,
    lossOf: (score, scale) => score / scale,
  },
};

/**
 * The score of the losses so far; null: there are none. Of accuracy these are 0 or 1, so their sum is a whole number,
 * which the running mean is a rounding away from: 18 right ones of 24 are 0.75.
 */
export function liveScoreOf(metric: LiveMetric, { rows, mean }: LossSequence, scale: number): number | null {
  if (rows === 0) return null;
  if (metric === 'accuracy') return (rows - Math.round(mean * rows)) / rows;
  return liveMetricTable[metric].scoreOf(mean, scale);
}

export function liveMetricOf(text: string): LiveMetric | null {
  switch (text) {
    case 'rmse':
    case 'mae':
    case 'accuracy':
    case 'log_loss':
    case 'brier':
      return text;
    default:
      return null;
  }
}

/** The one to go by where a gate names none. */
export function usualLiveMetric(kind: OutputKind): LiveMetric {
  return kind === 'number' ? 'rmse' : 'accuracy';
}

/** Loss of one prediction, of `bounded` metrics within [0, 1]. */
export type LiveLoss = { readonly metric: LiveMetric; readonly loss: number; readonly scale: number };

export function numberLosses(prediction: number, label: number): LiveLoss[] {
  const error = Math.abs(label - prediction);
  return [
    { metric: 'rmse', loss: error * error, scale: 1 },
    { metric: 'mae', loss: error, scale: 1 },
  ];
}

/**
 * As hold-outs are scored (`ClassPlace`): accuracy, and where there are probabilities log loss and Brier's score.
 *
 * @param probabilities by class; null: the model gives none
 */
export function classLosses(
  prediction: string,
  probabilities: Readonly<Record<string, number>> | null,
  label: string,
): LiveLoss[] {
  const wrong: LiveLoss = { metric: 'accuracy', loss: prediction === label ? 0 : 1, scale: 1 };
  if (probabilities === null) return [wrong];
  const given = Object.entries(probabilities);
  const least = Number.EPSILON;
  // A class may be called as what every object has.
  const isKnown = Object.hasOwn(probabilities, label);
  const ofLabel = Math.min(1 - least, Math.max(least, (isKnown ? probabilities[label] : undefined) ?? 0));
  const squares = given.reduce((sum, [name, share]) => sum + (share - (name === label ? 1 : 0)) ** 2, 0);
  // A class that the model does not know was given nothing. Of two classes half the sum is usual, and so 1 at most.
  const brier = Math.min(1, (squares + (isKnown ? 0 : 1)) / 2);
  return [
    wrong,
    { metric: 'log_loss', loss: -Math.log(ofLabel), scale: 1 },
    { metric: 'brier', loss: brier, scale: given.length === 2 ? 1 : 2 },
  ];
}
