import { metricTable } from '../core/metric.ts';
import type { GateCondition } from '../declare/gate-condition.ts';
import { toleratedMargin } from './gate.ts';
import { type LiveMetric, liveMetricOf, liveMetricTable, usualLiveMetric } from './live-metrics.ts';
import type { LossSequence } from './loss-sequence.ts';

/** The metrics by which a version's promotion is held against its life: those of its gate, or the usual one. */
export function promisedMetrics(
  gate: readonly GateCondition[],
  kind: 'number' | 'class',
): readonly LiveMetric[] {
  const named = gate.flatMap((condition) => {
    if (condition.kind === 'negative-flips') return [];
    return condition.metric === null ? [] : (liveMetricOf(condition.metric) ?? []);
  });
  return named.length === 0 ? [usualLiveMetric(kind)] : [...new Set(named)];
}

/**
 * The worst score that a version has led to expect: that of its hold-out and a margin, which is the gate's, and a tenth
 * (5 points of accuracy) at least; or what the gate would have let pass, where that is worse.
 */
export function worstPromised(
  gate: readonly GateCondition[],
  metric: LiveMetric,
  atPromotion: number,
): number {
  const isLower = metricTable[metric].better === 'lower';
  const worse = (a: number, b: number) => (isLower ? Math.max(a, b) : Math.min(a, b));
  const least = metric === 'accuracy' ? toleratedMargin.points : toleratedMargin.share;
  const beyond = (margin: number) =>
    metric === 'accuracy' ? atPromotion - margin : atPromotion * (1 + margin);
  return gate.reduce((worst, condition) => {
    if (condition.kind === 'negative-flips' || condition.metric !== metric || condition.per !== null)
      return worst;
    if (condition.kind === 'not-worse') return worse(worst, beyond(condition.margin));
    return worse(worst, condition.relative ? atPromotion * condition.factor : condition.factor);
  }, beyond(least));
}

/** Two deviations of a mean: the hold-out is a sample too. */
const holdoutReach = 2;

/**
 * The mean loss that is still within what was promised. The hold-out's own deviation is not kept; what comes of it is
 * taken to be that of the losses since.
 */
export function promisedLoss(
  metric: LiveMetric,
  worstScore: number,
  holdoutRows: number,
  scale: number,
  { rows, squares }: LossSequence,
): number {
  const deviation = rows > 1 ? Math.sqrt(squares / (rows - 1)) : 0;
  const reach = holdoutRows > 0 ? (holdoutReach * deviation) / Math.sqrt(holdoutRows) : 0;
  return liveMetricTable[metric].lossOf(worstScore, scale) + reach;
}
