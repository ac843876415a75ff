import type { BatchColumn } from '../ingest/profile/batch-columns.ts';
import { correlationOf, jointRows, ranksOf } from '../ingest/profile/joint-plan.ts';
import { type ModelEffect, shiftsLookedAt } from '../ingest/profile/model-effect.ts';

/** Labelled rows in the order of their time, with what a model predicts for them. */
export type PredictedRows = {
  readonly rows: number;
  /** Numbers, or the places of classes; −1 for one that the model does not know. */
  readonly labels: Float64Array;
  readonly predictions: Float64Array;
  /** By class, its probability; empty: numbers. A model without probabilities is sure of what it predicts. */
  readonly probabilities: readonly Float64Array[];
  readonly features: readonly BatchColumn[];
  /** Whether the order of the rows says anything. */
  readonly isTimed: boolean;
};

export type EffectFigures = Omit<
  ModelEffect,
  'model' | 'label' | 'definition' | 'version' | 'move' | 'largestMove'
>;

/** Probability below which a class is taken for that: one row must not weigh more than all others. */
const leastProbability = 1e-3;

/** How much less likely than the best the class that came must have been to surprise. */
const surprisingly = 0.1;

/** The figures of the judgement. The same for the same rows in the same order, to the last bit. */
export function effectFigures(of: PredictedRows): EffectFigures {
  const fit = of.probabilities.length === 0 ? numberFit(of) : classFit(of);
  return {
    rows: of.rows,
    ...fit,
    skill: fisherZ(agreement(of, 0)),
    center: meanOf(of.probabilities.at(-1) ?? of.predictions),
    relations: of.features.map((feature) => [feature.name, fisherZ(relationOf(feature, of))] as const),
    shifted: shiftsLookedAt.map((shift) => (of.isTimed ? fisherZ(agreement(of, shift)) : Number.NaN)),
  };
}

type Fit = Pick<EffectFigures, 'loss' | 'error' | 'surprises'>;

function numberFit({ rows, labels, predictions }: PredictedRows): Fit {
  const errors = labels.map((label, row) => Math.abs(label - (predictions[row] ?? 0)));
  let squares = 0;
  let sum = 0;
  for (const error of errors) {
    squares += error * error;
    sum += error;
  }
  const middle = errors.toSorted()[rows >> 1] ?? 0;
  // Three deviations, as the middle error tells them.
  const far = 3 * 1.4826 * middle;
  const surprises = middle > 0 ? errors.reduce((count, error) => count + Number(error > far), 0) : 0;
  return { loss: Math.sqrt(squares / rows), error: sum / rows, surprises };
}

function classFit({ rows, labels, predictions, probabilities }: PredictedRows): Fit {
  let loss = 0;
  let wrong = 0;
  let surprises = 0;
  for (let row = 0; row < rows; row++) {
    const label = labels[row] ?? -1;
    const given = probabilities[label]?.[row] ?? 0;
    const best = probabilities.reduce((most, one) => Math.max(most, one[row] ?? 0), 0);
    loss -= Math.log(Math.max(leastProbability, given));
    if (predictions[row] !== label) wrong += 1;
    if (given <= surprisingly * best) surprises += 1;
  }
  return { loss: loss / rows, error: wrong / rows, surprises };
}

/** How predictions go with the labels `shift` rows further on. */
function agreement(of: PredictedRows, shift: number): number {
  return of.probabilities.length === 0 ? rankAgreement(of, shift) : classAgreement(of, shift);
}

function rankAgreement({ rows, labels, predictions }: PredictedRows, shift: number): number {
  // Ranks of more rows are those of a sample, in which no row has its neighbour.
  const looked = shift === 0 ? rows : Math.min(rows, jointRows);
  const [x, y] = [ranksOf(numberColumn(predictions), looked), ranksOf(numberColumn(labels), looked)];
  return correlationOf(...beside(x, y, shift));
}

function beside(x: Float64Array, y: Float64Array, shift: number): [Float64Array, Float64Array] {
  const length = Math.max(0, x.length - Math.abs(shift));
  return [
    x.subarray(Math.max(0, -shift)).subarray(0, length),
    y.subarray(Math.max(0, shift)).subarray(0, length),
  ];
}

/** Over rows and classes: of each probability with whether that class came, each about its own mean. */
function classAgreement({ labels, probabilities }: PredictedRows, shift: number): number {
  let spreadX = 0;
  let spreadY = 0;
  let common = 0;
  for (const [place, probability] of probabilities.entries()) {
    const came = labels.map((label) => Number(label === place));
    const [x, y] = beside(probability, came, shift);
    const [meanX, meanY] = [meanOf(x), meanOf(y)];
    for (let row = 0; row < x.length; row++) {
      const [u, v] = [(x[row] ?? 0) - meanX, (y[row] ?? 0) - meanY];
      spreadX += u * u;
      spreadY += v * v;
      common += u * v;
    }
  }
  return spreadX <= 0 || spreadY <= 0 ? Number.NaN : common / Math.sqrt(spreadX * spreadY);
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function numberColumn(numbers: Float64Array): BatchColumn {
  return { name: '', kind: 'number', numbers, texts: [], present: new Uint8Array(numbers.length).fill(1) };
}

/** How a feature goes with the label: by ranks; where one of the two is of classes, as a correlation ratio. */
function relationOf(feature: BatchColumn, { rows, labels, probabilities }: PredictedRows): number {
  const isCategory = feature.kind === 'text';
  if (feature.kind === 'other') return Number.NaN;
  const label = ranksOf(numberColumn(labels), rows);
  const step = Math.max(1, Math.ceil(rows / jointRows));
  const placed = (valueAt: (row: number) => string | null) =>
    Array.from(label, (_, place) => valueAt(place * step));
  if (probabilities.length <= 2) {
    return isCategory
      ? correlationRatio(
          label,
          placed((row) => feature.texts[row] ?? null),
        )
      : correlationOf(ranksOf(feature, rows), label);
  }
  return isCategory
    ? Number.NaN
    : correlationRatio(
        ranksOf(feature, rows),
        placed((row) => String(labels[row] ?? -1)),
      );
}

/**
 * The share of the variance of `values` between groups, less what chance makes of it (Kelley's ε²), and its root; NaN
 * where groups are so many that it says nothing.
 */
function correlationRatio(values: Float64Array, groups: readonly (string | null)[]): number {
  const byGroup = new Map<string, [count: number, sum: number]>();
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (const [place, value] of values.entries()) {
    const group = groups[place];
    if (group === null || group === undefined || value - value !== 0) continue;
    const known = byGroup.get(group) ?? [0, 0];
    byGroup.set(group, [known[0] + 1, known[1] + value]);
    n += 1;
    sum += value;
    squares += value * value;
  }
  const total = squares - (sum * sum) / n;
  if (n < 10 || byGroup.size > n / 5 || total <= 0) return Number.NaN;
  let between = -(sum * sum) / n;
  for (const [count, ofGroup] of byGroup.values()) between += (ofGroup * ofGroup) / count;
  return Math.sqrt(Math.max(0, 1 - ((1 - between / total) * (n - 1)) / (n - byGroup.size)));
}

function fisherZ(correlation: number): number {
  return Math.atanh(Math.max(-0.9999, Math.min(0.9999, correlation)));
}
