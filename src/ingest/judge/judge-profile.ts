import { type Finding, type Verdict, worstSeverity } from '../../core/verdict.ts';
import type { Version } from '../../core/version.ts';
import type { BatchProfile } from '../profile/batch-profile.ts';
import type { KnownColumn } from '../profile/known-column.ts';
import { compareBatch } from './compare-batch.ts';
import { groupFindings } from './group-findings.ts';
import { isSmallCorrection, type LentHistory, speaksOfLent } from './lent-history.ts';
import { budgetPerUpdate, cautionOf, thresholdsOf } from './significance.ts';
import { historyLength, learningUpdates, type TableHistory } from './table-history.ts';
import type { TableUse } from './table-use.ts';

export type JudgedProfile = {
  readonly table: string;
  readonly version: Version;
  readonly atMs: number;
  readonly profile: BatchProfile;
  readonly known: ReadonlyMap<string, KnownColumn>;
  /** What the user bears of this table. */
  readonly falseAlarmsPerMonth: number;
  /** Updates of this table expected in a month. */
  readonly updatesPerMonth: number;
  readonly use: TableUse;
};

/**
 * Judges what was measured of a batch by the table's history. Pure.
 *
 * @param lent the history is that of other updates, of which not all holds for this one; null: of its like
 */
export function judgeProfile(
  judged: JudgedProfile,
  history: TableHistory,
  lent: LentHistory | null = null,
): Verdict {
  const { table, version, profile, known, atMs, use } = judged;
  const units = history.units.slice(-historyLength);
  const base = { table, version, rows: profile.rows, history: units.length };
  if (units.length < learningUpdates) {
    return {
      ...base,
      state: 'learning',
      severity: null,
      findings: [],
      tests: 0,
      thresholds: { block: 0, notice: 0 },
    };
  }
  const recent = { ...history, units };
  const { tests, weight, results: found } = compareBatch(profile, recent, atMs);
  const results = lent === null ? found : found.filter(speaksOfLent(lent, profile));
  const budget = budgetPerUpdate(judged.falseAlarmsPerMonth, judged.updatesPerMonth);
  const thresholds = thresholdsOf(budget, weight, cautionOf(budget, recent));
  const grouped = groupFindings({ table, profile, history: recent, known, results, thresholds, use, atMs });
  const findings = lent !== null && isSmallCorrection(lent, profile) ? grouped.map(atMostNotice) : grouped;
  const { block, notice } = thresholds;
  return {
    ...base,
    state: 'judged',
    severity: worstSeverity(findings),
    findings,
    tests,
    thresholds: { block, notice },
  };
}

function atMostNotice(finding: Finding): Finding {
  return finding.severity === 'block' ? { ...finding, severity: 'notice' } : finding;
}
