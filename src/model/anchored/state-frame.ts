import type { Reason } from '../../core/reasons.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { setFrame } from '../moment-query.ts';
import type { Frame } from '../sums-state.ts';
import { type AnchoredState, trainingRows } from './anchored-state.ts';
import { centredSquaresOf, presentRowsOf, squaresError } from './standard-system.ts';

/** Σ(z − z̄)² is trusted to this much, as in sums-state.ts. */
const trusted = 64 * 2 ** -53;

/** Why the state must be made anew on a fresh pivot and scale, or null. */
export function needsReframe(state: AnchoredState): Reason | null {
  for (let feature = 0; feature < state.frame.pivot.length; feature++) {
    if (presentRowsOf(state, feature) === 0 || isAtItsPivot(state, feature)) continue;
    const squares = centredSquaresOf(state, feature);
    const error = squaresError(state, feature);
    if (!Number.isFinite(squares) || !Number.isFinite(error)) return 'non-finite';
    if (error > trusted * Math.max(squares, 0) && error > 0) return 'state-rebase';
  }
  return null;
}

/** A feature that never differs from its pivot by more than rounding: no frame could tell more of it. */
function isAtItsPivot(state: AnchoredState, feature: number): boolean {
  const far = Math.abs(state.frame.pivot[feature] ?? 0) / (state.frame.scale[feature] ?? 1);
  return (
    Math.abs(meanOffset(state, feature)) <= 2 ** -50 * far &&
    centredSquaresOf(state, feature) <= 2 ** -90 * far ** 2
  );
}

/** Mean of the present values from the pivot, in units of the scale. */
function meanOffset(state: AnchoredState, feature: number): number {
  const sum = (state.columns.high[feature + 1] ?? 0) + (state.columns.low[feature + 1] ?? 0);
  return sum / presentRowsOf(state, feature);
}

/** Pivots at the means and scales at the deviations that the sums themselves give. */
export function betterFrameOf(plan: FeaturePlan, state: AnchoredState): Frame {
  const frame = { pivot: state.frame.pivot.slice(), scale: state.frame.scale.slice() };
  for (let feature = 0; feature < frame.pivot.length; feature++) {
    const present = presentRowsOf(state, feature);
    if (plan.measured[feature]?.kind === 'boolean' || present === 0) continue;
    const scale = state.frame.scale[feature] ?? 1;
    const mean = (state.frame.pivot[feature] ?? 0) + scale * meanOffset(state, feature);
    const squares = centredSquaresOf(state, feature);
    if (!Number.isFinite(mean)) continue;
    if (squares > squaresError(state, feature))
      setFrame(frame, feature, mean, Math.sqrt(squares / trainingRows(state)) * scale);
    // One value and nothing else, as far as the sums can tell: seen from there it is 0.
    else frame.pivot[feature] = mean;
  }
  return frame;
}
