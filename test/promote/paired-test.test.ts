import { describe, expect, it } from 'vitest';
import type { PairedMetric } from '../../src/core/metric.ts';
import { studentQuantile } from '../../src/core/student.ts';
import { blockCount } from '../../src/model/metrics/block-losses.ts';
import { ClassPlace } from '../../src/model/metrics/class-place.ts';
import { NumberPlace } from '../../src/model/metrics/number-place.ts';
import type { PlaceScores, PlaceSums } from '../../src/model/metrics/place-scores.ts';
import { pairedTest, type Verdict } from '../../src/promote/paired-test.ts';
import { depth, longTests } from '../support/depth.ts';
import { Random } from '../support/random.ts';

type Draw = { readonly label: number; readonly candidate: number; readonly current: number };

function placeOf(place: PlaceSums, rows: readonly Draw[]): PlaceScores {
  const column = (name: keyof Draw) => Float64Array.from(rows, (row) => row[name]);
  const contender = (name: keyof Draw) => ({ predictions: column(name), probabilities: [] });
  const batch = { labels: column('label'), contenders: [contender('candidate'), contender('current')] };
  rows.forEach((_, row) => {
    place.add(batch, Uint32Array.of(row), Math.floor((row / rows.length) * blockCount));
  });
  return place.result();
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Φ, to 7 digits: Abramowitz and Stegun 7.1.26. */
function normalProbability(z: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(z / Math.SQRT2));
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const tail = (series * Math.exp((-z * z) / 2)) / 2;
  return z > 0 ? 1 - tail : tail;
}

/**
 * Two classifiers that are right with the given chances and agree in most rows. `persistence`: the share by which a
 * row's difficulty is that of the row before it, so that neighbours fail together.
 */
function classifiers(
  random: Random,
  rows: number,
  candidate: number,
  current: number,
  persistence = 0,
): Draw[] {
  let mood = normal(random);
  return Array.from({ length: rows }, () => {
    mood = persistence * mood + Math.sqrt(1 - persistence ** 2) * normal(random);
    // uniform; the two models share it in nine rows of ten
    const shared = normalProbability(mood);
    const own = random.chance(0.1) ? random.next() : shared;
    return { label: 1, candidate: own < candidate ? 1 : 0, current: shared < current ? 1 : 0 };
  });
}

/** Two regressors whose errors have the given sizes and are alike up to a part of their own. */
function regressors(
  random: Random,
  rows: number,
  candidate: number,
  current: number,
  persistence = 0,
): Draw[] {
  let mood = normal(random);
  return Array.from({ length: rows }, () => {
    mood = persistence * mood + Math.sqrt(1 - persistence ** 2) * normal(random);
    const own = () => Math.sqrt(0.98) * mood + Math.sqrt(0.02) * normal(random);
    return { label: 0, candidate: candidate * own(), current: current * own() };
  });
}

function shares(runs: number, seed: number, run: (random: Random) => Verdict): Record<Verdict, number> {
  const random = new Random(seed);
  const counts: Record<Verdict, number> = { promote: 0, hold: 0, inconclusive: 0 };
  for (let index = 0; index < runs; index++) counts[run(random)] += 1;
  return {
    promote: counts.promote / runs,
    hold: counts.hold / runs,
    inconclusive: counts.inconclusive / runs,
  };
}

const ofClasses = (rows: readonly Draw[]) =>
  placeOf(new ClassPlace({ contenders: 2, classes: 2, probabilities: false, ranks: false }), rows);
const ofNumbers = (rows: readonly Draw[]) => placeOf(new NumberPlace(2), rows);

describe("Student's distribution", () => {
  // scipy.stats.t.isf(tail, df)
  it.each([
    [0.05, 1, 6.313751514675],
    [0.05, 2, 2.919985580355],
    [0.05, 4, 2.131846786326],
    [0.05, 19, 1.729132811521],
    [0.025, 10, 2.228138851965],
    [0.001, 19, 3.579400148955],
    [0.005, 30, 2.749995653567],
  ])('has %d of its mass above, with %i degrees: %d', (tail, freedom, expected) => {
    expect(studentQuantile(tail, freedom)).toBeCloseTo(expected, 9);
  });
});

describe('the paired test', () => {
  const runs = depth(100, 300);
  /** Of candidates worse by the margin 5 % are promoted, give or take three deviations of a share of so many runs. */
  const worsePromoted = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs);

  longTests(() => {
    it('blocks no equal classifier and 95 % of those worse by the margin, at 5,000 rows and 2 points', () => {
      const equal = shares(
        runs,
        1,
        (random) => pairedTest(ofClasses(classifiers(random, 5_000, 0.8, 0.8)), 'accuracy', 0.02).verdict,
      );
      const worse = shares(
        runs,
        2,
        (random) => pairedTest(ofClasses(classifiers(random, 5_000, 0.78, 0.8)), 'accuracy', 0.02).verdict,
      );
      const muchWorse = shares(
        runs,
        3,
        (random) => pairedTest(ofClasses(classifiers(random, 5_000, 0.75, 0.8)), 'accuracy', 0.02).verdict,
      );
      console.info(
        'accuracy, 5,000 rows: equal',
        equal,
        'worse by the margin',
        worse,
        'by 5 points',
        muchWorse,
      );
      expect(equal.hold).toBe(0);
      expect(equal.promote).toBeGreaterThan(0.99);
      expect(worse.promote).toBeLessThan(worsePromoted);
      expect(muchWorse.hold).toBeGreaterThan(0.99);
    });
  });

  it('keeps its risk where neighbours in time fail together', () => {
    const worse = shares(
      runs,
      4,
      (random) => pairedTest(ofClasses(classifiers(random, 5_000, 0.78, 0.8, 0.9)), 'accuracy', 0.02).verdict,
    );
    const regress = shares(
      runs,
      5,
      (random) => pairedTest(ofNumbers(regressors(random, 5_000, 1.02, 1, 0.9)), 'rmse', 0.02).verdict,
    );
    console.info('neighbours alike: accuracy', worse, 'rmse', regress);
    expect(worse.promote).toBeLessThan(worsePromoted);
    expect(regress.promote).toBeLessThan(worsePromoted);
  });

  longTests(() => {
    it('blocks no equal regressor and 95 % of those worse by the margin', () => {
      const run = (candidate: number) => (random: Random) =>
        pairedTest(ofNumbers(regressors(random, 5_000, candidate, 1)), 'rmse', 0.02).verdict;
      const [equal, worse, muchWorse] = [
        shares(runs, 6, run(1)),
        shares(runs, 7, run(1.02)),
        shares(runs, 8, run(1.06)),
      ];
      console.info('rmse, 5,000 rows: equal', equal, 'worse by the margin', worse, 'by 6 %', muchWorse);
      expect(equal.hold).toBe(0);
      expect(equal.promote).toBeGreaterThan(0.99);
      expect(worse.promote).toBeLessThan(worsePromoted);
      expect(muchWorse.hold).toBeGreaterThan(0.99);
    });
  });

  it('cannot tell from few rows, and says so', () => {
    const few = shares(
      runs,
      9,
      (random) => pairedTest(ofClasses(classifiers(random, 100, 0.8, 0.8)), 'accuracy', 0.02).verdict,
    );
    expect(few.inconclusive).toBeGreaterThan(0.5);
    expect(few.hold).toBeLessThan(0.03);
    const four = ofClasses(classifiers(new Random(1), 4, 0.8, 0.8));
    expect(pairedTest(four, 'accuracy', 0.02)).toEqual({ verdict: 'inconclusive', lower: null, upper: null });
  });

  it.each<[PairedMetric, number]>([
    ['rmse', 0],
    ['mae', 0],
    ['rmse', 0.02],
  ])('finds the same model no worse by %s than itself, margin %d', (metric, margin) => {
    const rows = regressors(new Random(3), 200, 1, 1).map((row) => ({ ...row, candidate: row.current }));
    expect(pairedTest(ofNumbers(rows), metric, margin).verdict).toBe('promote');
  });

  it('takes rounding of exact fits for nothing', () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({
      label: index,
      candidate: index * (1 + 2 ** -50),
      current: index,
    }));
    expect(pairedTest(ofNumbers(rows), 'rmse', 0.02).verdict).toBe('promote');
    expect(pairedTest(ofNumbers(rows), 'mae', 0).verdict).toBe('promote');
  });

  it('has the mean of the differences in the middle of its interval', () => {
    const rows = classifiers(new Random(11), 1_000, 0.7, 0.8);
    const wrong = (name: 'candidate' | 'current') =>
      rows.filter((row) => row[name] !== row.label).length / 1_000;
    const { lower, upper } = pairedTest(ofClasses(rows), 'accuracy', 0.01);
    expect(((lower ?? 0) + (upper ?? 0)) / 2).toBeCloseTo(wrong('candidate') - wrong('current') - 0.01, 12);
  });
});
