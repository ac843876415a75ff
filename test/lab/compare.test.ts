import { describe, expect, it } from 'vitest';
import type { CellResult } from '../../src/lab/cell-result.ts';
import { compareRuns } from '../../src/lab/compare/compare-runs.ts';
import { emptyCell, hourMs, markOf, policyNamed, runOf } from '../support/lab/synthetic-run.ts';
import { Random } from '../support/random.ts';

const steps = 150;

function noisy(seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: steps }, () => 5 + random.next());
}

function cellWith(name: string, lossSum: number[], refreshSteps: readonly number[] = []): CellResult {
  const refreshes = refreshSteps.map((step) => markOf({ step, kind: 'full' }));
  return { ...emptyCell(policyNamed(name), 1, steps), lossSum, refreshes };
}

const every10 = Array.from({ length: 15 }, (_, place) => place * 10);

describe('two runs', () => {
  it('do not differ where they say the same, and name what one of them has alone', () => {
    const cell = cellWith('p', noisy(1), every10);
    const comparison = compareRuns(
      runOf([cell, cellWith('left', noisy(2))]),
      runOf([cellWith('right', noisy(3)), cell]),
    );
    expect(comparison).toMatchObject({
      isSameExperiment: true,
      onlyInLeft: ['left'],
      onlyInRight: ['right'],
    });
    expect(comparison.policies).toHaveLength(1);
    const [policy] = comparison.policies;
    expect(policy).toMatchObject({ name: 'p', isPaired: true });
    for (const difference of [policy?.meanLoss, policy?.billedSeconds, policy?.refreshes]) {
      expect(difference).toMatchObject({
        difference: 0,
        interval: { lower: 0, upper: 0 },
        isBeyondNoise: false,
      });
    }
  });

  it('tell what is less than the noise that both have in common, because steps are paired', () => {
    const loss = noisy(1);
    const other = noisy(1).map((value, step) => value + 0.02 + (step % 3) / 100);
    const paired = compareRuns(runOf([cellWith('p', loss)]), runOf([cellWith('p', other)])).policies[0];
    expect(paired?.meanLoss.isBeyondNoise).toBe(true);
    expect(paired?.meanLoss.difference).toBeCloseTo(0.03, 9);
    const later = { ...cellWith('p', other), atMs: loss.map((_, step) => (step + 1000) * hourMs) };
    const apart = compareRuns(runOf([cellWith('p', loss)]), runOf([later], { hash: '1' }));
    expect(apart.isSameExperiment).toBe(false);
    expect(apart.policies[0]).toMatchObject({ isPaired: false, meanLoss: { isBeyondNoise: false } });
    expect(apart.policies[0]?.meanLoss.difference).toBeCloseTo(0.03, 9);
  });

  it('tell refreshes, their bill and what was measured', () => {
    const loss = noisy(1);
    const right = cellWith('p', loss, every10);
    const measured = { cpuSeconds: 9, refreshCpuSeconds: 3, wallSeconds: 9 };
    const [policy] = compareRuns(
      runOf([cellWith('p', loss)]),
      runOf([{ ...right, measured }], { refreshCost: { seconds: 2, secondsPerRow: 0 } }),
    ).policies;
    expect(policy?.refreshes).toMatchObject({ left: 0, right: 15, difference: 15, isBeyondNoise: true });
    expect(policy?.billedSeconds).toMatchObject({ left: 0, right: 30, difference: 30, isBeyondNoise: true });
    expect(policy?.measuredSeconds).toEqual({ left: 0, right: 3 });
  });

  it('seldom differ where each has noise of its own', () => {
    let beyond = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const sides = [seed, seed + 1000].map((of) => runOf([cellWith('p', noisy(of))]));
      const [left = runOf([]), right = runOf([])] = sides;
      const [policy] = compareRuns(left, right, { resamples: 200 }).policies;
      if (policy?.meanLoss.isBeyondNoise === true) beyond++;
    }
    expect(beyond).toBeLessThanOrEqual(3);
  });
});
