import { describe, expect, it } from 'vitest';
import { judgeAims } from '../../src/lab/aims/judge-aims.ts';
import type { CellResult, RunResult } from '../../src/lab/cell-result.ts';
import type { Policy } from '../../src/lab/policy.ts';
import {
  cellOf,
  emptyCell,
  historyOf,
  markOf,
  policyNamed,
  runOf,
  type SyntheticHistory,
} from '../support/lab/synthetic-run.ts';

function refreshing(policy: Policy, history: SyntheticHistory, refreshSteps: readonly number[]): CellResult {
  const done = refreshSteps.map((step) => ({ step, before: false, kind: 'full', promoted: true }) as const);
  return cellOf(policy, history, done);
}

const auto = policyNamed('auto', { kind: 'auto' });
const never = policyNamed('never');

/** One burst of answers of which each model but that of step 1 makes something stale. */
function runWithAuto(experiment: string, refreshSteps: readonly number[]): RunResult {
  const history = historyOf([8, 8, 0, 0, 0, 0], 16, [0, 0, 4, 4, 4, 4]);
  return runOf([refreshing(never, history, []), refreshing(auto, history, refreshSteps)], { experiment });
}

function costing(policy: Policy, lossSum: number, refreshCpuSeconds: number): CellResult {
  return {
    ...emptyCell(policy, 1, 2),
    lossSum: [lossSum, 0],
    refreshes: refreshCpuSeconds === 0 ? [] : [markOf({ kind: 'full', trainingRows: refreshCpuSeconds })],
    measured: { cpuSeconds: 0, refreshCpuSeconds, wallSeconds: 0 },
  };
}

function runOfCosts(experiment: string, cells: readonly CellResult[]): RunResult {
  return runOf(cells, { experiment, refreshCost: { seconds: 0, secondsPerRow: 1 } });
}

const daily = policyNamed('daily', { kind: 'interval', every: 86_400_000 });
const rows = policyNamed('rows', { kind: 'rows', rows: 10 });
const effect = (bound: number) => policyNamed(`effect ${bound}`, { kind: 'max-effect', effect: bound });

describe('the aim of auto', () => {
  it('is judged beside hindsight, set by set and in the mean', () => {
    const { auto: judged } = judgeAims([runWithAuto('best', [1]), runWithAuto('twice', [1, 3])]);
    expect(judged).toEqual({
      sets: [
        { set: 'best', policy: 'auto', times: 1, timesOfBefore: 1 },
        { set: 'twice', policy: 'auto', times: 2, timesOfBefore: 2 },
      ],
      meanTimes: 1.5,
      isEachMet: true,
      isMeanMet: false,
    });
    expect(judgeAims([runWithAuto('three', [1, 2, 3])]).auto).toMatchObject({ isEachMet: false });
  });

  it('is not met where nothing was tried', () => {
    expect(judgeAims([])).toEqual({
      auto: { sets: [], meanTimes: null, isEachMet: false, isMeanMet: false },
      maxEffect: { sets: [], isMet: false },
      beaten: [],
    });
  });
});

describe('the aim of max_effect', () => {
  it('compares with the fixed schedule of least cost, at no more loss than that', () => {
    const run = runOfCosts('s', [
      costing(never, 100, 0),
      costing(rows, 20, 30),
      costing(daily, 10, 20),
      costing(effect(0.1), 9, 15),
      costing(effect(0.5), 10.05, 8),
      costing(effect(2), 60, 1),
    ]);
    expect(judgeAims([run]).maxEffect).toEqual({
      sets: [
        {
          set: 's',
          interval: { policy: 'daily', meanLoss: 5, seconds: 20 },
          effect: { policy: 'effect 0.5', meanLoss: 5.025, seconds: 8, share: 0.4, billedShare: 0.4 },
          isMet: true,
        },
      ],
      isMet: true,
    });
  });

  it('is met on half of the sets or not at all', () => {
    const met = runOfCosts('met', [costing(daily, 10, 20), costing(effect(1), 10, 10)]);
    const dear = runOfCosts('dear', [costing(daily, 10, 20), costing(effect(1), 10, 11)]);
    const lossy = runOfCosts('lossy', [costing(daily, 10, 20), costing(effect(1), 10.2, 1)]);
    expect(judgeAims([met, dear]).maxEffect.isMet).toBe(true);
    const { maxEffect } = judgeAims([met, dear, lossy]);
    expect(maxEffect.sets.map(({ isMet }) => isMet)).toEqual([true, false, false]);
    expect(maxEffect.sets[2]?.effect).toBeNull();
    expect(maxEffect.isMet).toBe(false);
  });

  it('does not set one window against another', () => {
    const sliding = policyNamed('sliding', { kind: 'max-effect', effect: 1 }, { kind: 'sliding', length: 9 });
    const run = runOfCosts('s', [costing(daily, 10, 20), costing(sliding, 10, 1)]);
    expect(judgeAims([run]).maxEffect.sets).toEqual([]);
  });
});
