import type { Reason } from '../core/reasons.ts';
import type { GateCondition } from '../declare/definition.ts';
import type { HoldoutScore } from '../model/score-holdout.ts';

/** How one condition fared. Scores are null where they are undefined, and then no condition on them holds. */
export type GateResult = {
  readonly condition: GateCondition;
  readonly candidate: number | null;
  /** Null: there is no current model, or it has no such score. */
  readonly current: number | null;
  /** What the candidate's score was held against; null for a relative condition with nothing to compare. */
  readonly threshold: number | null;
  readonly passed: boolean;
  readonly reason: Reason;
};

export type GateVerdict = {
  readonly passed: boolean;
  readonly reason: Reason;
  readonly results: readonly GateResult[];
};

/**
 * Whether a candidate may answer. Both scores are over the same hold-out rows.
 * @param candidate null: there is no hold-out.
 * @param current null: no version was promoted; conditions relative to it hold.
 */
export function judgeGate(
  conditions: readonly GateCondition[],
  candidate: HoldoutScore | null,
  current: HoldoutScore | null,
): GateVerdict {
  if (conditions.length === 0) return { passed: true, reason: 'no-gate', results: [] };
  const results = conditions.map((condition) => judge(condition, candidate, current));
  const failed = results.find((result) => !result.passed);
  return { passed: failed === undefined, reason: failed?.reason ?? 'gate-passed', results };
}

function judge(
  condition: GateCondition,
  candidate: HoldoutScore | null,
  current: HoldoutScore | null,
): GateResult {
  const score = candidate?.[condition.metric] ?? null;
  const reference = current?.[condition.metric] ?? null;
  const threshold = thresholdOf(condition, reference);
  const seen = { condition, candidate: score, current: reference, threshold };
  if (candidate === null || candidate.rows === 0) return { ...seen, passed: false, reason: 'empty-holdout' };
  if (condition.relative && current === null) return { ...seen, passed: true, reason: 'no-current-model' };
  const passed = score !== null && threshold !== null && holds(score, condition.operator, threshold);
  return { ...seen, passed, reason: passed ? 'gate-passed' : 'gate-failed' };
}

function thresholdOf(condition: GateCondition, reference: number | null): number | null {
  if (!condition.relative) return condition.factor;
  return reference === null ? null : condition.factor * reference;
}

/** False whenever a side is NaN. */
function holds(score: number, operator: GateCondition['operator'], threshold: number): boolean {
  switch (operator) {
    case '<':
      return score < threshold;
    case '<=':
      return score <= threshold;
    case '>':
      return score > threshold;
    case '>=':
      return score >= threshold;
  }
}
