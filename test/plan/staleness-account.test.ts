import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyAccount,
  isPriced,
  isRefreshEarned,
  type StalenessAccount,
  stalenessCostMs,
} from '../../src/plan/staleness-account.ts';
import {
  bestScheduleCost,
  evenHistory,
  type SmallHistory,
  smallHistories,
  waitingCost,
} from '../support/best-schedule.ts';
import { Random } from '../support/random.ts';

/** The rule over a history, asked after the answers of each step. */
function play(history: SmallHistory): { readonly cost: number; readonly largestJump: number } {
  const { refreshCost } = history;
  let account: StalenessAccount = emptyAccount;
  let [cost, largestJump, since] = [0, 0, -1];
  for (const [step, answers] of history.answers.entries()) {
    const costMs = waitingCost(history, since, step);
    cost += costMs;
    account = { costMs: account.costMs + costMs, answers: account.answers + answers };
    if (!isRefreshEarned(account, refreshCost)) continue;
    cost += refreshCost;
    largestJump = Math.max(largestJump, account.costMs - refreshCost);
    account = emptyAccount;
    since = step;
  }
  return { cost, largestJump };
}

describe('the rule of staleness_price', () => {
  it('costs at most (2 + jump/R) times the best schedule in hindsight', () => {
    fc.assert(
      fc.property(smallHistories, (history) => {
        const { cost, largestJump } = play(history);
        const most = (2 + largestJump / history.refreshCost) * bestScheduleCost(history);
        expect(cost).toBeLessThanOrEqual(most + 1e-9);
      }),
      { seed: 18, numRuns: 300 },
    );
  });

  it('costs at most twice the best and one refresh where answers come one by one', () => {
    const random = new Random(7);
    for (let history = 0; history < 200; history++) {
      const drawn = {
        labels: random.list(120, () => (random.chance(0.3) ? random.int(0, 20) : 0)),
        answers: random.list(120, () => random.int(0, 1)),
        priceOfWaiting: 1,
        refreshCost: random.int(1_000, 5_000),
      };
      const { cost, largestJump } = play(drawn);
      expect(largestJump / drawn.refreshCost).toBeLessThan(1);
      expect(cost).toBeLessThanOrEqual(2 * bestScheduleCost(drawn) + drawn.refreshCost);
    }
  });

  it('is the best schedule where changes and answers come evenly', () => {
    for (const refreshCost of [1, 3, 10, 55, 300]) {
      const even = evenHistory(refreshCost);
      // The best schedule knows the end, and saves up to one refresh there.
      expect(play(even).cost).toBeLessThanOrEqual(bestScheduleCost(even) + refreshCost);
    }
  });

  it('asks for nothing where nothing was answered stale, whatever a refresh costs', () => {
    expect(isRefreshEarned(emptyAccount, 0)).toBe(false);
    expect(isRefreshEarned({ costMs: 1, answers: 1 }, 1)).toBe(true);
  });

  it('prices each unit, in ms of refreshing', () => {
    const waiting = { ms: 30_000, rows: 200, share: 0.25 };
    expect(stalenessCostMs({ seconds: 0.001, per: 'second' }, waiting, 4)).toBeCloseTo(120, 9);
    expect(stalenessCostMs({ seconds: 1e-6, per: 'row' }, waiting, 4)).toBeCloseTo(0.8, 9);
    expect(stalenessCostMs({ seconds: 0.02, per: 'share' }, waiting, 4)).toBeCloseTo(20, 9);
  });

  it('has a say where the policy leaves open when, and nowhere else', () => {
    const policy = {
      maxStalenessMs: 1,
      maxRows: null,
      stalenessPrice: { seconds: 1, per: 'row' as const },
      onStaleRead: 'refresh' as const,
    };
    const modes = ['immediate', 'auto', 'on_read', 'manual', 'incremental', 'full'] as const;
    expect(modes.filter((refresh) => isPriced({ ...policy, refresh }))).toEqual([
      'auto',
      'incremental',
      'full',
    ]);
    expect(isPriced({ ...policy, refresh: 'auto', stalenessPrice: null })).toBe(false);
    expect(isPriced({ ...policy, refresh: 'auto', stalenessPrice: { seconds: 0, per: 'row' } })).toBe(false);
  });
});
