import { EverviewError } from '../core/errors.ts';
import type { SumsState } from './sums-state.ts';

/** What a family keeps of its training rows between refreshes. */
export type ModelState = { readonly kind: 'sums'; readonly sums: SumsState };

/** @throws EverviewError `internal` when the state is of another family. */
export function sumsOf(state: ModelState): SumsState {
  if (state.kind === 'sums') return state.sums;
  throw new EverviewError('internal', `a state of kind "${state.kind}" was handed to a family of sums`);
}
