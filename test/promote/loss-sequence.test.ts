import { describe, expect, it } from 'vitest';
import {
  emptySequence,
  fewestAsymptoticRows,
  intervalOf,
  type SequenceKind,
  sequenceRisk,
  withLoss,
} from '../../src/promote/loss-sequence.ts';
import { drawNormal } from '../support/draw-normal.ts';
import { Random } from '../support/random.ts';

const streams = 400;
const steps = 1_000;

/** The share of streams in which an interval ever misses the mean, looked at after every loss. */
function everMissed(
  kind: SequenceKind,
  mean: number,
  draw: (random: Random) => number,
): { readonly sequence: number; readonly repeated: number } {
  let [sequence, repeated] = [0, 0];
  for (let stream = 0; stream < streams; stream++) {
    const random = new Random(1_000 + stream);
    let losses = emptySequence;
    let [missed, missedByT] = [false, false];
    for (let step = 1; step <= steps; step++) {
      losses = withLoss(kind, losses, draw(random));
      const told = intervalOf(kind, losses);
      missed ||= told !== null && (mean < told.lower || mean > told.upper);
      // What people do: a 95 % normal interval of the rows so far, looked at again and again.
      const error = Math.sqrt(losses.squares / (step - 1) / step);
      missedByT ||= step >= 30 && Math.abs(losses.mean - mean) > 1.96 * error;
    }
    sequence += Number(missed) / streams;
    repeated += Number(missedByT) / streams;
  }
  return { sequence, repeated };
}

const kinds: readonly (readonly [string, SequenceKind, number, (random: Random) => number])[] = [
  ['wrong or right, 1 in 10', 'bounded', 0.1, (random) => Number(random.chance(0.1))],
  ['wrong or right, 1 in 2', 'bounded', 0.5, (random) => Number(random.chance(0.5))],
  ['Brier scores', 'bounded', 1 / 3, (random) => random.next() ** 2],
  ['squared errors', 'asymptotic', 1, (random) => drawNormal(random) ** 2],
  ['absolute errors', 'asymptotic', Math.sqrt(2 / Math.PI), (random) => Math.abs(drawNormal(random))],
  ['log losses', 'asymptotic', 1, (random) => -Math.log(1 - random.next())],
];

describe('a confidence sequence', () => {
  it.each(kinds)('holds at all looks at once: %s', (_, kind, mean, draw) => {
    const missed = everMissed(kind, mean, draw);
    expect(missed.sequence).toBeLessThanOrEqual(sequenceRisk);
    expect(missed.repeated).toBeGreaterThan(2 * sequenceRisk);
  });

  it('is what its formula gives for the whole stream, and narrows with it', () => {
    const random = new Random(3);
    const losses = random.list(500, () => random.next() ** 3);
    const one = losses.reduce((sequence, loss) => withLoss('bounded', sequence, loss), emptySequence);
    const mean = (upTo: number) => (0.5 + losses.slice(0, upTo).reduce((sum, x) => sum + x, 0)) / (upTo + 1);
    const variance = (upTo: number) =>
      (0.25 + losses.slice(0, upTo).reduce((sum, x, i) => sum + (x - mean(i + 1)) ** 2, 0)) / (upTo + 1);
    const risk = Math.log(2 / sequenceRisk);
    const weights = losses.map((_, i) =>
      Math.min(0.5, Math.sqrt((2 * risk) / (variance(i) * (i + 1) * Math.log(i + 2)))),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const middle = weights.reduce((sum, weight, i) => sum + weight * (losses[i] ?? 0), 0) / total;
    const penalty = weights.reduce(
      (sum, weight, i) => sum + ((losses[i] ?? 0) - mean(i)) ** 2 * (-Math.log(1 - weight) - weight),
      0,
    );
    const told = intervalOf('bounded', one);
    expect(told?.lower).toBeCloseTo(middle - (risk + penalty) / total, 10);
    expect(told?.upper).toBeCloseTo(middle + (risk + penalty) / total, 10);
    expect(one.mean).toBeCloseTo(losses.reduce((sum, x) => sum + x, 0) / 500, 12);
  });

  it('tells nothing where it knows nothing', () => {
    expect(intervalOf('bounded', emptySequence)).toBeNull();
    let few = emptySequence;
    for (let row = 1; row < fewestAsymptoticRows; row++) few = withLoss('asymptotic', few, row % 7);
    expect(intervalOf('asymptotic', few)).toBeNull();
    expect(intervalOf('asymptotic', withLoss('asymptotic', few, 3))).not.toBeNull();
  });
});
