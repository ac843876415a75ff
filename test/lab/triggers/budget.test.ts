import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/lab/trigger.ts';
import { observationOf, triggerOf } from '../../support/drift-streams.ts';

/** Moments at which it refreshed. */
function play(refreshes: number, per: number, stream: readonly Partial<Observation>[]): number[] {
  const trigger = triggerOf({ kind: 'budget', refreshes, per });
  return stream.flatMap((seen) => {
    if (!trigger.observe(observationOf(seen)).refresh) return [];
    trigger.refreshed((seen.pendingLabels ?? 0) % 5 !== 0);
    return [seen.atMs ?? 0];
  });
}

/** Most of the moments that lie in any span, its later end not included. */
function mostInSpan(moments: readonly number[], span: number): number {
  return Math.max(0, ...moments.map((from) => moments.filter((at) => at >= from && at < from + span).length));
}

/** One step a unit of time, labels waiting since the last refresh. */
function playEvenly(
  refreshes: number,
  per: number,
  steps: number,
  answersAt: (step: number) => number,
): number[] {
  const trigger = triggerOf({ kind: 'budget', refreshes, per });
  const moments: number[] = [];
  for (let step = 0; step < steps; step++) {
    const pendingLabels = step - (moments.at(-1) ?? -1);
    const seen = observationOf({ atMs: step, pendingLabels, answers: answersAt(step), trainingRows: 500 });
    if (!trigger.observe(seen).refresh) continue;
    trigger.refreshed(true);
    moments.push(step);
  }
  return moments;
}

describe('budget', () => {
  it('is never exceeded, whatever comes and when', () => {
    const stream = fc.array(
      fc.record({
        gap: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3000 })),
        answers: fc.integer({ min: 0, max: 12 }).map((power) => 3 ** power),
        pendingLabels: fc.integer({ min: 0, max: 10_000 }),
        trainingRows: fc.integer({ min: 0, max: 1000 }),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(
        stream,
        fc.integer({ min: 1, max: 5 }),
        fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 500 })),
        (steps, refreshes, per) => {
          let atMs = 0;
          const timed = steps.map(({ gap, ...seen }) => {
            atMs += gap;
            return { ...seen, atMs };
          });
          const moments = play(refreshes, per, timed);
          expect(mostInSpan(moments, per)).toBeLessThanOrEqual(refreshes);
          expect(play(refreshes, per, timed)).toEqual(moments);
        },
      ),
      { seed: 29, numRuns: 400 },
    );
  });

  it('is spent evenly where all comes evenly', () => {
    const moments = playEvenly(10, 1000, 10_000, () => 5);
    expect(moments.length).toBeGreaterThan(95);
    const gaps = moments.slice(1).map((at, place) => at - (moments[place] ?? 0));
    expect(Math.max(...gaps.slice(5))).toBeLessThanOrEqual(105);
    expect(Math.min(...gaps.slice(5))).toBeGreaterThanOrEqual(95);
  });

  it('is spent where most is asked', () => {
    const isBusy = (step: number) => step % 1000 < 300;
    const moments = playEvenly(10, 1000, 10_000, (step) => (isBusy(step) ? 50 : 1));
    expect(moments.filter(isBusy).length).toBeGreaterThan(0.6 * moments.length);
  });

  it('is not spent where nothing waits or nobody asks', () => {
    expect(playEvenly(10, 1000, 3000, () => 0)).toEqual([]);
    expect(
      play(
        10,
        1000,
        Array.from({ length: 3000 }, (_, atMs) => ({ atMs, pendingLabels: 0 })),
      ),
    ).toEqual([]);
  });
});
