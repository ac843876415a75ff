import type { FindingSeverity } from '../../core/verdict.ts';
import type { TestResult } from './test-result.ts';

/** Chances, for one update, that nothing is wrong and it is blocked, or noticed, all the same. */
export type FalseAlarmBudget = { readonly block: number; readonly notice: number };

/** The p-values of one test that make a block and a notice. */
export type Thresholds = { readonly block: number; readonly notice: number };

/**
 * The budget of an update shared out over its tests (Bonferroni: whatever hangs together, at most that many alarms are
 * false).
 */
export function thresholdsOf(budget: FalseAlarmBudget, tests: number): Thresholds {
  const shares = Math.max(1, tests);
  return { block: budget.block / shares, notice: budget.notice / shares };
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
const beyondForNotice = 1.2;

export function severityOf(test: TestResult, thresholds: Thresholds): FindingSeverity | null {
  if (!test.isTelling) return null;
  if (test.pValue <= thresholds.block && test.beyond >= beyondForBlock) return 'block';
  if (test.pValue <= thresholds.notice && test.beyond >= beyondForNotice) return 'notice';
  return null;
}
