import { EverviewError } from '../core/errors.ts';
import type { Anchored } from './anchored/anchored-fitter.ts';
import type { ClassSums } from './class-sums.ts';
import type { ClusterState } from './clusters/cluster-state.ts';
import type { SumsState } from './sums-state.ts';

/** What a family keeps of its training rows between refreshes. */
export type ModelState =
  | { readonly kind: 'sums'; readonly sums: SumsState }
  /** Sums by class of the label. */
  | { readonly kind: 'classed-sums'; readonly classes: readonly ClassSums[] }
  /** Gradients and curvatures at an anchor. */
  | ({ readonly kind: 'anchored' } & Anchored)
  /** Sums by the nearest of fixed centroids. */
  | { readonly kind: 'clusters'; readonly clusters: ClusterState }
  /** Nothing: the rows there are determine no model. */
  | { readonly kind: 'none'; readonly rows: number };

export function sumsOf(state: ModelState): SumsState {
  if (state.kind === 'sums') return state.sums;
  throw otherFamily(state);
}

export function classesOf(state: ModelState): readonly ClassSums[] {
  if (state.kind === 'classed-sums') return state.classes;
  throw otherFamily(state);
}

export function anchoredOf(state: ModelState): Anchored {
  if (state.kind === 'anchored') return state;
  throw otherFamily(state);
}

export function clustersOf(state: ModelState): ClusterState {
  if (state.kind === 'clusters') return state.clusters;
  throw otherFamily(state);
}

function otherFamily({ kind }: ModelState): EverviewError {
  return new EverviewError('internal', `a state of kind "${kind}" was handed to another family`);
}
