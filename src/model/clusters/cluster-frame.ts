import type { FeaturePlan } from '../feature-plan.ts';
import type { Frame } from '../sums-state.ts';
import { spreadOf } from './cluster-spread.ts';
import type { ClusterState } from './cluster-state.ts';

/** Within this factor of a deviation sums hold the digits that means and deviations take. */
const reach = 2 ** 10;

/** Whether the frame the rows were summed in is near enough to tell their means and deviations. */
export function isTelling(plan: FeaturePlan, state: ClusterState): boolean {
  return plan.measured.every(({ kind }, feature) => {
    const { mean, deviation } = spreadOf(state, feature);
    if (kind === 'boolean' || (mean === 0 && deviation === 0)) return true;
    return Math.abs(mean) < reach && deviation > 1 / reach && deviation < reach;
  });
}

/**
 * Means and deviations of the rows as pivots and scales. Both are rounded, to a millionth of a deviation, so that they
 * are the same whatever the order in which the rows were summed. Booleans have scale 1, and so has what does not vary.
 */
export function measuredFrame(plan: FeaturePlan, state: ClusterState): Frame {
  const frame = { pivot: state.frame.pivot.slice(), scale: state.frame.scale.slice() };
  plan.measured.forEach(({ kind }, feature) => {
    const { mean, deviation } = spreadOf(state, feature);
    const [pivot, scale] = [state.frame.pivot[feature] ?? 0, state.frame.scale[feature] ?? 1];
    const unit = kind === 'boolean' || deviation === 0 ? 1 : rounded(scale * deviation);
    const step = unit * 2 ** -20;
    frame.scale[feature] = unit;
    frame.pivot[feature] = Math.round((pivot + scale * mean) / step) * step;
  });
  return frame;
}

/** To 20 binary digits. */
function rounded(value: number): number {
  const step = 2 ** (Math.floor(Math.log2(value)) - 20);
  return Math.round(value / step) * step;
}
