import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SkiRental } from '../../../src/lab/triggers/ski-rental.ts';
import {
  bestScheduleCost,
  evenHistory,
  type SmallHistory,
  smallHistories,
  waitingCost,
} from '../../support/best-schedule.ts';
import { observationOf } from '../../support/drift-streams.ts';
import { Random } from '../../support/random.ts';

type Played = {
  readonly cost: number;
  readonly refreshes: number[];
  /** What the costs between two refreshes came to above that of a refresh, summed. */
  readonly jumped: number;
};

function play(history: SmallHistory): Played {
  const trigger = new SkiRental();
  const refreshes: number[] = [];
  let cost = 0;
  let waited = 0;
  let jumped = 0;
  let since = -1;
  for (const step of history.labels.keys()) {
    const stalenessCost = waitingCost(history, since, step);
    cost += stalenessCost;
    waited += stalenessCost;
    const pendingLabels = history.labels.slice(since + 1, step + 1).reduce((sum, count) => sum + count, 0);
    const { refreshCost } = history;
    if (!trigger.observe(observationOf({ atMs: step, stalenessCost, refreshCost, pendingLabels })).refresh)
      continue;
    trigger.refreshed();
    refreshes.push(step);
    cost += refreshCost;
    jumped += waited - refreshCost;
    waited = 0;
    since = step;
  }
  return { cost, refreshes, jumped };
}

describe('ski rental', () => {
  it('costs at most twice the best schedule, and what single steps jumped over', () => {
    fc.assert(
      fc.property(smallHistories, (history) => {
        const { cost, jumped } = play(history);
        expect(jumped).toBeGreaterThanOrEqual(0);
        expect(cost).toBeLessThanOrEqual(2 * bestScheduleCost(history) + jumped + 1e-9);
      }),
      { seed: 17, numRuns: 300 },
    );
  });

  it('costs at most (2 + jump/R) times the best schedule', () => {
    fc.assert(
      fc.property(smallHistories, (history) => {
        const { refreshCost } = history;
        let largest = 0;
        let waited = 0;
        const { cost, refreshes } = play(history);
        let since = -1;
        for (const step of history.labels.keys()) {
          waited += waitingCost(history, since, step);
          if (!refreshes.includes(step)) continue;
          largest = Math.max(largest, waited - refreshCost);
          waited = 0;
          since = step;
        }
        const best = bestScheduleCost(history);
        expect(cost).toBeLessThanOrEqual((2 + largest / refreshCost) * best + 1e-9);
      }),
      { seed: 18, numRuns: 300 },
    );
  });

  it('is the best schedule where labels and answers come evenly', () => {
    for (const refreshCost of [1, 3, 10, 55, 300]) {
      const even = evenHistory(refreshCost);
      // The best schedule knows the end, and saves up to one refresh there.
      expect(play(even).cost).toBeLessThanOrEqual(bestScheduleCost(even) + refreshCost);
    }
  });

  it('is within a quarter of the best on streams like those of a day and a night', () => {
    const random = new Random(23);
    const ratios = random.list(40, () => {
      const steps = 300;
      const labels = Array.from({ length: steps }, (_, step) => random.int(0, step % 24 < 12 ? 8 : 2));
      const answers = Array.from({ length: steps }, (_, step) => random.int(0, step % 24 < 12 ? 20 : 4));
      const history = { labels, answers, priceOfWaiting: 1, refreshCost: random.int(500, 8000) };
      return play(history).cost / bestScheduleCost(history);
    });
    expect(Math.max(...ratios)).toBeLessThan(2);
    expect(ratios.reduce((a, b) => a + b, 0) / ratios.length).toBeLessThan(1.25);
  });

  it('does not refresh where staleness costs nothing, or nothing waits', () => {
    const free = new SkiRental();
    for (let step = 0; step < 100; step++)
      expect(free.observe(observationOf({ atMs: step, refreshCost: 0, stalenessCost: 0 })).refresh).toBe(
        false,
      );
    const idle = new SkiRental();
    expect(idle.observe(observationOf({ stalenessCost: 5, pendingLabels: 0 })).refresh).toBe(false);
    expect(idle.observe(observationOf({ stalenessCost: 0, pendingLabels: 1 }))).toEqual({
      refresh: true,
      because: 'staleness has cost 5.00 since the last refresh, which costs 1.00',
    });
    idle.refreshed();
    expect(idle.observe(observationOf({ stalenessCost: 0.5 })).refresh).toBe(false);
  });
});
