import { describe, expect, it } from 'vitest';
import { drawNormal } from '../../support/draw-normal.ts';
import { observationOf, triggerOf } from '../../support/drift-streams.ts';
import { Random } from '../../support/random.ts';

const rowsPerStep = 10;

/**
 * A model that loses `worth` more an answer for each label that it has not learned; staleness is billed as if that were
 * `supposed`.
 */
function play(worth: number, supposed: number, steps: number, noise = 0.2): number[] {
  const random = new Random(31);
  const trigger = triggerOf({ kind: 'forecast' }, 2);
  const moments: number[] = [];
  for (let step = 0; step < steps; step++) {
    const last = moments.at(-1) ?? -1;
    const pendingLabels = (step - last) * rowsPerStep;
    const added = moments.length === 0 ? Number.NaN : (last - (moments.at(-2) ?? -1)) * rowsPerStep;
    const losses = Float64Array.from({ length: rowsPerStep }, () => 1 + noise * drawNormal(random));
    const seen = observationOf({
      atMs: step,
      losses,
      answeredBy: new Int32Array(rowsPerStep).fill(moments.length),
      supersededLosses: losses.map((loss) => loss + worth * added + noise * drawNormal(random)),
      pendingLabels,
      trainingRows: 2000,
      answers: rowsPerStep,
      stalenessCost: 2 * supposed * rowsPerStep * pendingLabels,
      refreshCost: 20,
    });
    if (!trigger.observe(seen).refresh) continue;
    trigger.refreshed(true);
    moments.push(step);
  }
  return moments;
}

/** Steps between refreshes at which the mean cost is least: price · worth · answers · labels · T(T + 1)/2 = refresh cost. */
function bestGap(worth: number): number {
  return Math.sqrt((2 * 20) / (2 * worth * rowsPerStep * rowsPerStep));
}

function laterGaps(moments: readonly number[]): number[] {
  const gaps = moments.slice(1).map((at, place) => at - (moments[place] ?? 0));
  return gaps.slice(Math.floor(gaps.length / 2));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('forecast', () => {
  it.each([
    ['as supposed', 1e-3, 1e-3],
    ['ten times what was supposed', 1e-3, 1e-4],
    ['a tenth of what was supposed', 1e-3, 1e-2],
  ])('refreshes as often as is best where a label is worth %s', (_name, worth, supposed) => {
    const gap = meanOf(laterGaps(play(worth, supposed, 4000)));
    expect(gap / bestGap(worth)).toBeGreaterThan(0.75);
    expect(gap / bestGap(worth)).toBeLessThan(1.33);
  });

  it('looks as far ahead as it has come: n·(T + 1)/T waits in the next T steps', () => {
    // With c = 0.001, price 2, 10 labels and 10 answers a step: 0.002·(100 T² (T + 1)/T − 50 T(T + 1)) = 0.1 T(T + 1),
    // which comes to the 20 of a refresh at T = 14; without (T + 1)/T at 15.
    expect(new Set(laterGaps(play(1e-3, 1e-3, 400, 0)))).toEqual(new Set([14]));
  });

  it('refreshes only to measure again where labels are worth nothing', () => {
    expect(Math.min(...laterGaps(play(0, 1e-3, 4000, 0)))).toBe(200);
  });

  it('gives the same decisions for the same observations', () => {
    expect(play(1e-3, 1e-3, 500)).toEqual(play(1e-3, 1e-3, 500));
  });

  it('goes by ski rental until it has seen what refreshes save', () => {
    const trigger = triggerOf({ kind: 'forecast' });
    const seen = observationOf({ stalenessCost: 0.4 });
    expect([1, 2, 3].map(() => trigger.observe(seen).refresh)).toEqual([false, false, true]);
    trigger.refreshed(true);
    expect(trigger.observe(seen).refresh).toBe(false);
  });
});
