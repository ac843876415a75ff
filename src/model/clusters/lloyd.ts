import { inertiaOf, rounding, servedWeights, stepGain } from './cluster-spread.ts';
import type { ClusterState } from './cluster-state.ts';

/** Passes of a fit, at most. */
const mostScans = 25;
/** A step that takes less than this share of the inertia is none: far below what counts as drift. */
const settledShare = 1e-5;

/**
 * Lloyd's algorithm (Lloyd 1982, doi:10.1109/TIT.1982.1056489): rows to the nearest centroid, centroids to the mean of
 * their rows, until nothing moves. The state is at the last centroids; what it serves is no further from a fixed point
 * than one step. A cluster that loses its rows stays where it stands.
 */
export async function lloyd(
  scan: (anchor: Float64Array) => ClusterState | Promise<ClusterState>,
  start: Float64Array,
): Promise<ClusterState> {
  let state = await scan(start);
  for (let scans = 1; scans < mostScans && !isSettled(state); scans++)
    state = await scan(servedWeights(state));
  return state;
}

function isSettled(state: ClusterState): boolean {
  return stepGain(state) <= settledShare * inertiaOf(state) + rounding(state);
}
