import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Metric, metrics, metricsOf, metricTable, pairedMetrics } from '../../../src/core/metric.ts';
import { blockCount } from '../../../src/model/metrics/block-losses.ts';
import { ClassPlace } from '../../../src/model/metrics/class-place.ts';
import { NumberPlace } from '../../../src/model/metrics/number-place.ts';
import type { PlaceScores, PlaceSums, ScoredBatch } from '../../../src/model/metrics/place-scores.ts';
import { RowGroups } from '../../../src/model/metrics/row-groups.ts';
import { Random } from '../../support/random.ts';

const scores = z.record(z.string(), z.number());
const list = z.array(z.number());
const references = z
  .object({
    sklearn: z.string(),
    numbers: z.array(z.object({ labels: list, predictions: list, scores })),
    classes: z.array(z.object({ labels: list, predictions: list, probabilities: z.array(list), scores })),
  })
  .parse(
    JSON.parse(
      readFileSync(new URL('../../support/sklearn/metric-references.json', import.meta.url), 'utf8'),
    ),
  );

type Rows = { readonly labels: readonly number[]; readonly predictions: readonly number[] };

function batchOf(rows: Rows, probabilities: readonly (readonly number[])[] = []): ScoredBatch {
  return {
    labels: Float64Array.from(rows.labels),
    contenders: [
      {
        predictions: Float64Array.from(rows.predictions),
        probabilities: probabilities.map((one) => Float64Array.from(one)),
      },
    ],
  };
}

function scored(place: PlaceSums, batch: ScoredBatch, order: readonly number[]): PlaceScores {
  const groups = new RowGroups(blockCount);
  // batches of one row, of two, of four, …
  for (let from = 0, length = 1; from < order.length; from += length, length *= 2) {
    const rows = order.slice(from, from + length);
    const blocks = Int32Array.from(rows, (row) => row % blockCount);
    groups.visit(blocks, (block, chosen) => {
      place.add(
        batch,
        chosen.map((index) => rows[index] ?? 0),
        block,
      );
    });
  }
  return place.result();
}

const upTo = (size: number) => Array.from({ length: size }, (_, index) => index);

function ofNumbers(labels: readonly number[], predictions: readonly number[], order = upTo(labels.length)) {
  return scored(new NumberPlace(1), batchOf({ labels, predictions }), order).candidate;
}

function classesOf(
  labels: readonly number[],
  predictions: readonly number[],
  probabilities: readonly (readonly number[])[],
  order = upTo(labels.length),
  classes = Math.max(2, probabilities.length),
) {
  const place = new ClassPlace({
    contenders: 1,
    classes,
    probabilities: probabilities.length > 0,
    ranks: true,
  });
  return scored(place, batchOf({ labels, predictions }, probabilities), order).candidate;
}

/** Two classes by the probability of the second. */
function binary(labels: readonly number[], probability: readonly number[], order = upTo(labels.length)) {
  const predictions = probability.map((p) => (p > 0.5 ? 1 : 0));
  return classesOf(labels, predictions, [probability.map((p) => 1 - p), [...probability]], order);
}

function expectClose(actual: object, expected: Readonly<Record<string, number>>, digits: number) {
  for (const [metric, value] of Object.entries(expected)) {
    const got: unknown = Reflect.get(actual, metric);
    expect(typeof got, metric).toBe('number');
    expect(Math.abs(Number(got) - value), `${metric}: ${String(got)}, sklearn ${value}`).toBeLessThanOrEqual(
      10 ** -digits * Math.max(1e-3, Math.abs(value)),
    );
  }
}

describe('metrics', () => {
  it('are a closed list, each of one kind of prediction', () => {
    expect([...metrics].sort()).toEqual(Object.keys(metricTable).sort());
    expect([...metricsOf('number'), ...metricsOf('class')].sort()).toEqual([...metrics].sort());
    expect([...pairedMetrics].sort()).toEqual(metrics.filter((one) => metricTable[one].pairable).sort());
  });

  it.each(references.numbers.map((one, index) => [index, one] as const))(
    'agree with scikit-learn to 13 digits on numbers, case %i',
    (_, { labels, predictions, scores: expected }) => {
      expectClose(ofNumbers(labels, predictions), expected, 13);
    },
  );

  it.each(references.classes.map((one, index) => [index, one] as const))(
    'agree with scikit-learn to 12 digits on classes, case %i',
    (_, { labels, predictions, probabilities, scores: expected }) => {
      expectClose(classesOf(labels, predictions, probabilities), expected, 12);
      expect(Object.keys(expected).sort()).toEqual([...metricsOf('class')].sort());
    },
  );

  // The examples of scikit-learn's documentation, and of the papers named beside the formulas.
  it.each<[Metric, number | null | undefined, number, number]>([
    ['auc', binary([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).auc, 0.75, 15],
    ['average_precision', binary([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).average_precision, 0.8333, 4],
    ['brier', binary([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]).brier, 0.0375, 15],
    ['log_loss', binary([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65]).log_loss, 0.21616, 5],
    ['mcc', classesOf([1, 1, 1, 0], [1, 0, 1, 1], []).mcc, -1 / 3, 15],
    ['f1', classesOf([0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1], [], upTo(6), 3).f1, 0.8 / 3, 12],
    ['accuracy', classesOf([0, 1, 2, 3], [0, 2, 1, 3], [], upTo(4), 4).accuracy, 0.5, 15],
    ['rmse', ofNumbers([3, -0.5, 2, 7], [2.5, 0, 2, 8]).rmse, Math.sqrt(0.375), 15],
    ['mae', ofNumbers([3, -0.5, 2, 7], [2.5, 0, 2, 8]).mae, 0.5, 15],
    ['mape', ofNumbers([3, -0.5, 2, 7], [2.5, 0, 2, 8]).mape, (1 / 6 + 1 + 1 / 7) / 4, 15],
    ['r2', ofNumbers([3, -0.5, 2, 7], [2.5, 0, 2, 8]).r2, 0.9486, 4],
    // one bin holds 0.8 and 0.9 is in the next: (|0.8 − 1| + |0.9 − 0|) / 2
    ['calibration_error', binary([1, 0], [0.8, 0.9]).calibration_error, 0.55, 14],
  ])('gives the published %s', (_, actual, expected, digits) => {
    expect(actual).toBeCloseTo(expected, digits);
  });

  it.each<[string, object, readonly Metric[]]>([
    ['no rows', ofNumbers([], []), ['rmse', 'mae', 'mape', 'r2']],
    ['labels all alike', ofNumbers([4, 4], [1, 2]), ['r2']],
    ['a label of 0', ofNumbers([0, 4], [1, 2]), ['mape']],
    ['no rows of classes', binary([], []), [...metricsOf('class')]],
    ['only negatives', binary([0, 0], [0.1, 0.2]), ['auc', 'average_precision', 'f1', 'mcc']],
    ['only positives', binary([1, 1], [0.1, 0.2]), ['auc', 'mcc']],
    ['one prediction', binary([0, 1, 1], [0.6, 0.7, 0.6]), ['mcc']],
  ])('are null where undefined: %s', (_, actual, expected) => {
    const nulls = metrics.filter((metric) => Reflect.get(actual, metric) === null);
    expect([...nulls].sort()).toEqual([...expected].sort());
  });

  it('count a class that no model knows as wrong, and as nobody’s positive', () => {
    const got = classesOf(
      [0, 1, -1],
      [0, 1, 1],
      [
        [0.9, 0.2, 0.3],
        [0.1, 0.8, 0.7],
      ],
    );
    expect(got.accuracy).toBeCloseTo(2 / 3, 15);
    expect(got.auc).toBe(1);
    expect(got.log_loss).toBeCloseTo((-Math.log(0.9) - Math.log(0.8) + 52 * Math.log(2)) / 3, 12);
  });

  it('average only over the classes that came', () => {
    const got = classesOf(
      [0, 1, 0, 1],
      [0, 1, 1, 1],
      [
        [0.7, 0.1, 0.2, 0.2],
        [0.2, 0.8, 0.5, 0.4],
        [0.1, 0.1, 0.3, 0.4],
      ],
    );
    // class 0: (0.7, 0.2) over (0.1, 0.2): 3.5 of 4; class 1: (0.8, 0.4) over (0.2, 0.5): 3 of 4
    expect(got.auc).toBeCloseTo((3.5 / 4 + 3 / 4) / 2, 15);
  });

  it('are the same to the last bit in any order of the rows', () => {
    const random = new Random(7);
    const size = 3_000;
    const wide = () => (random.next() - 0.5) * 10 ** random.int(-12, 12);
    const labels = upTo(size).map(wide);
    const predictions = upTo(size).map(wide);
    const classes = upTo(size).map(() => random.int(0, 1));
    const probability = upTo(size).map(() => Math.round(random.next() * 1e3) / 1e3);
    const [numbers, both] = [ofNumbers(labels, predictions), binary(classes, probability)];
    for (let round = 0; round < 5; round++) {
      const order = upTo(size).sort(() => random.next() - 0.5);
      expect(ofNumbers(labels, predictions, order)).toEqual(numbers);
      expect(binary(classes, probability, order)).toEqual(both);
    }
  });
});
