import type { FindingSeverity } from '../../core/verdict.ts';
import { blockingUpdates, historyLength, type TableHistory } from './table-history.ts';
import type { TestResult } from './test-result.ts';

/** Chances, for one update, that nothing is wrong and it is blocked, or noticed, all the same. */
export type FalseAlarmBudget = { readonly block: number; readonly notice: number };

export type Thresholds = {
  /** The p-values of one test of weight 1 that make a block and a notice. */
  readonly block: number;
  readonly notice: number;
  /** How many times further beyond what was usual than of a table that keeps to the budget; 1 and more. */
  readonly caution: number;
};

/**
 * Shares of the budget, where they are not 1. Levels and shares of values are where seasons and new prices show first, and
 * what breaks them shows elsewhere too; the order of rows is moved by little but errors. By the tuning sets of the drill.
 */
const weights: ReadonlyMap<string, number> = new Map([
  ...['q05', 'q25', 'median', 'q75', 'q95', 'spread'].map((name) => [name, 0.1] as const),
  ['value', 0.25],
  ['correlation', 0.5],
  ['run', 0.3],
  ['repeated', 3],
  ['disorder', 10],
  ['rows', 10],
  ['duplicates', 10],
]);

export function weightOf(statistic: string): number {
  return weights.get(statistic) ?? 1;
}

/**
 * The budget of an update shared out over its tests by their weights (weighted Bonferroni, Genovese, Roeder and Wasserman
 * 2006: whatever hangs together, at most that many alarms are false).
 *
 * @param weight of all tests together
 */
export function thresholdsOf(budget: FalseAlarmBudget, weight: number, caution: number): Thresholds {
  const shares = Math.max(1, weight);
  return { block: budget.block / shares, notice: budget.notice / shares, caution };
}

/**
 * A table whose updates were noticed and taken more often than the budget allows is believed less: what nobody has put
 * right counts as false. By the square root of how many times the budget that was, with one alarm expected beforehand.
 */
export function cautionOf(budget: FalseAlarmBudget, { units, doubted }: TableHistory): number {
  const noticed = doubted.filter(({ state }) => state === 'noticed');
  const told = units.filter(({ subjects }) => subjects.length > 0).length + noticed.length;
  return Math.sqrt(Math.max(1, told / (1 + budget.notice * (units.length + noticed.length))));
}

/**
 * Expected false alarms per month as a chance per update. Never above one in a hundred for a notice, and a tenth of
 * that for a block, however rare updates are.
 */
export function budgetPerUpdate(falseAlarmsPerMonth: number, updatesPerMonth: number): FalseAlarmBudget {
  const notice = Math.min(0.01, falseAlarmsPerMonth / Math.max(1, updatesPerMonth));
  return { block: notice / 10, notice };
}

/** How far beyond anything an accepted update has shown a block, and a notice, must be: no tail is trusted blindly. */
const beyondForBlock = 1.5;
export const beyondForNotice = 1.2;

/**
 * How far beyond the worst of 60 updates a block must be where no sign is an error by itself. The worst of fewer is
 * much less of a bound.
 */
const beyondWithoutSign = 3;

type Weighed = Pick<
  TestResult,
  'model' | 'statistic' | 'pValue' | 'isTelling' | 'beyond' | 'isLarge' | 'isExact' | 'updates'
>;

/** Signs that are an error wherever they were never seen, be it in few rows. */
const signs: ReadonlySet<string> = new Set([
  'nonfinite',
  'damaged',
  'implicit-null',
  'empty',
  'padded',
  'leading-zero',
  'minus-one',
  'nines',
  'epoch',
]);

export function severityOf(test: Weighed, thresholds: Thresholds): FindingSeverity | null {
  if (!test.isTelling) return null;
  const pValue = test.pValue / weightOf(test.statistic);
  if (pValue <= thresholds.block && test.beyond >= beyondForBlock && isPlain(test, thresholds.caution))
    return 'block';
  if (test.isExact || (pValue <= thresholds.notice && test.beyond >= beyondForNotice * thresholds.caution))
    return 'notice';
  return null;
}

/**
 * Enough to stop an update for: a sign that was never seen, or a change that is large and far beyond what was usual. What a
 * model shows is weighed by what it is about, and not here.
 */
function isPlain({ model, isExact, isLarge, beyond, updates, statistic }: Weighed, caution: number): boolean {
  if (model !== null) return true;
  if (updates < blockingUpdates) return false;
  const wanted = beyondWithoutSign * (historyLength / updates) ** 2 * caution;
  return (isExact && signs.has(statistic)) || (isLarge && beyond >= wanted);
}
