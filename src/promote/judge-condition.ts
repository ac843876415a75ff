import { metricTable, type OutputKind, type PairedMetric } from '../core/metric.ts';
import type { Reason } from '../core/reasons.ts';
import type {
  FlipsCondition,
  GateCondition,
  NotWorseCondition,
  ThresholdCondition,
} from '../declare/gate-condition.ts';
import type { PlaceScores } from '../model/metrics/place-scores.ts';
import { scoreOf } from '../model/metrics/scores.ts';
import type { Judged } from './gate-result.ts';
import { pairedTest } from './paired-test.ts';

/** The rows a condition is judged on. */
export type Place = {
  readonly scores: PlaceScores;
  readonly kind: OutputKind;
  /** `origin = JFK`; null: the whole window. */
  readonly slice: string | null;
  readonly earlierWindow: number | null;
  /** The chance of a wrong proof allowed here: many places share one. */
  readonly risk: number;
  /**
   * `proof`: a comparison passes once it is proven. `veto`: it passes until the contrary is proven, as where places
   * are too many or too small for each to prove anything.
   */
  readonly burden: 'proof' | 'veto';
};

/** One condition on one set of rows. */
export function judgeCondition(condition: GateCondition, place: Place): Judged {
  if (place.scores.rows === 0) return settled(condition, place, 'empty-holdout');
  switch (condition.kind) {
    case 'threshold':
      return judgeThreshold(condition, place);
    case 'not-worse':
      return judgeNotWorse(condition, place);
    case 'negative-flips':
      return judgeFlips(condition, place);
  }
}

/** The metric that a paired test is of when the condition names none. */
export function pairedMetricOf(condition: NotWorseCondition, kind: OutputKind): PairedMetric {
  return condition.metric ?? (kind === 'number' ? 'rmse' : 'accuracy');
}

function seen(condition: GateCondition, { scores, slice, earlierWindow }: Place) {
  const nothing = { candidate: null, current: null, threshold: null, lower: null, upper: null };
  return { condition: condition.text, slice, earlierWindow, rows: scores.rows, ...nothing };
}

function settled(
  condition: GateCondition,
  place: Place,
  reason: 'empty-holdout' | 'no-current-model',
): Judged {
  const passed = reason === 'no-current-model';
  const metric = metricName(condition, place.kind);
  const scores =
    condition.kind === 'threshold' ? { candidate: scoreOf(place.scores.candidate, condition.metric) } : {};
  const verdict = passed ? 'promote' : 'inconclusive';
  return { result: { ...seen(condition, place), ...scores, metric, verdict, passed, reason }, excess: 0 };
}

/** A slice with labels of one class only, say, has no auc: that speaks against nobody. */
function silent(condition: ThresholdCondition, place: Place): Judged {
  const { metric } = condition;
  const result = { ...seen(condition, place), metric, verdict: 'inconclusive', passed: true } as const;
  return { result: { ...result, reason: 'not-proven-worse' }, excess: Number.NEGATIVE_INFINITY };
}

function metricName(condition: GateCondition, kind: OutputKind): string {
  switch (condition.kind) {
    case 'threshold':
      return condition.metric;
    case 'not-worse':
      return pairedMetricOf(condition, kind);
    case 'negative-flips':
      return 'negative_flips';
  }
}

function judgeThreshold(condition: ThresholdCondition, place: Place): Judged {
  const { metric, operator, factor, relative } = condition;
  const { scores } = place;
  if (relative && scores.current === null) return settled(condition, place, 'no-current-model');
  const candidate = scoreOf(scores.candidate, metric);
  const current = scoreOf(scores.current, metric);
  const threshold = relative ? (current === null ? null : factor * current) : factor;
  if (place.slice !== null && (candidate === null || threshold === null)) return silent(condition, place);
  const passed = candidate !== null && threshold !== null && holds(candidate, operator, threshold);
  const beyond = (candidate ?? Number.NaN) - (threshold ?? Number.NaN);
  const sign = metricTable[metric].better === 'lower' ? 1 : -1;
  return {
    result: {
      ...seen(condition, place),
      metric,
      candidate,
      current,
      threshold,
      verdict: passed ? 'promote' : 'hold',
      passed,
      reason: passed ? 'gate-passed' : failure(place, 'gate-failed'),
    },
    // what is undefined is the worst
    excess: Number.isNaN(beyond)
      ? Number.POSITIVE_INFINITY
      : (sign * beyond) / (Math.abs(threshold ?? 1) || 1),
  };
}

/** False whenever a side is NaN. */
function holds(score: number, operator: ThresholdCondition['operator'], threshold: number): boolean {
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

function judgeNotWorse(condition: NotWorseCondition, place: Place): Judged {
  const { scores, burden, risk } = place;
  if (scores.current === null) return settled(condition, place, 'no-current-model');
  const metric = pairedMetricOf(condition, place.kind);
  const { verdict, lower, upper } = pairedTest(scores, metric, condition.margin, risk);
  const current = scoreOf(scores.current, metric);
  const limit = metric === 'accuracy' ? -condition.margin : condition.margin * (current ?? 0);
  const passed = verdict === 'promote' || (verdict === 'inconclusive' && burden === 'veto');
  return {
    result: {
      ...seen(condition, place),
      metric,
      candidate: scoreOf(scores.candidate, metric),
      current,
      threshold: current === null ? null : current + limit,
      lower,
      upper,
      verdict,
      passed,
      reason: reasonOf(verdict, place),
    },
    excess: lower ?? Number.NEGATIVE_INFINITY,
  };
}

function reasonOf(verdict: 'promote' | 'hold' | 'inconclusive', place: Place): Reason {
  switch (verdict) {
    case 'promote':
      return 'gate-passed';
    case 'hold':
      return failure(place, 'gate-failed');
    case 'inconclusive':
      return place.burden === 'veto' ? 'not-proven-worse' : 'gate-inconclusive';
  }
}

function judgeFlips(condition: FlipsCondition, place: Place): Judged {
  const { scores } = place;
  if (scores.current === null) return settled(condition, place, 'no-current-model');
  const flips = scores.flips.find(({ tolerance }) => tolerance === condition.tolerance);
  const share = flips === undefined ? null : flips.negative / scores.rows;
  const passed = share !== null && holds(share, condition.operator, condition.budget);
  return {
    result: {
      ...seen(condition, place),
      metric: 'negative_flips',
      candidate: share,
      threshold: condition.budget,
      verdict: passed ? 'promote' : 'hold',
      passed,
      reason: passed ? 'gate-passed' : failure(place, 'too-many-flips'),
    },
    excess: share ?? Number.POSITIVE_INFINITY,
  };
}

function failure({ slice, earlierWindow }: Place, reason: Reason): Reason {
  if (earlierWindow !== null) return 'earlier-window-worse';
  return slice === null ? reason : 'slice-failed';
}
