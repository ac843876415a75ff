import type { Reason } from '../core/reasons.ts';
import type { RefreshMode } from '../declare/definition.ts';
import { type CostTerms, costMsOf, type LearnedCost, learnCost } from './learned-cost.ts';
import type { AskedRefresh } from './refresh-decision.ts';

/**
 * What a model's refreshes have taught. Its cost is of a refresh as a whole, from the training set to the score on the
 * hold-out: `fixed` whatever the way, `standing` by rows summed in full, `moving` by rows of the change.
 */
export type ModelCost = LearnedCost & {
  /** The last refresh by increments was given up for a fit in full. */
  readonly gaveUp: boolean;
  /** Examples there were at the last refresh that had yet to be learned from, their labels being too young for it. */
  readonly waitingRows: number;
};

/**
 * A row of a thousand features costs thousands of times what one of a dozen does, so the prior says little; and the first
 * build, cold as it is, is all there is to go by.
 */
export const unknownModelCost: ModelCost = {
  factors: [0, 0, 0],
  covariance: [4, 0, 0, 4, 0, 4],
  samples: 1,
  gaveUp: false,
  waitingRows: 0,
};

export type ModelRefreshInput = {
  readonly mode: RefreshMode;
  readonly forced: Exclude<AskedRefresh, 'auto'> | null;
  readonly how: AskedRefresh;
  /** Sums exist and belong to the present definition. */
  readonly hasState: boolean;
  readonly definitionChanged: boolean;
  /** Signed rows in the training set's log since, and rows the window is expected to pass. */
  readonly changedRows: number;
  readonly trainingRows: number;
  readonly cost: ModelCost;
};

export type ModelRefreshDecision = {
  readonly kind: 'incremental' | 'full';
  readonly reason: Reason;
  readonly predictedMs: { readonly incremental: number; readonly full: number };
};

/** Before anything was measured: some statements, and streaming and multiplying a row of a dozen features. */
const prior = { fixedMs: 15, msPerRow: 0.0005 } as const;

/** Rows summed anew, and rows of the change that were put in or taken out. */
export type ModelRows = { readonly summed: number; readonly changed: number };

function termsOf({ summed, changed }: ModelRows): CostTerms {
  return { fixed: prior.fixedMs, standing: summed * prior.msPerRow, moving: changed * prior.msPerRow };
}

/** Add and take away what changed, or sum over the whole training set again. */
export function decideModelRefresh(input: ModelRefreshInput): ModelRefreshDecision {
  const { cost, changedRows, trainingRows } = input;
  const predictedMs = {
    incremental: costMsOf(cost, termsOf({ summed: 0, changed: changedRows })),
    full: costMsOf(cost, termsOf({ summed: trainingRows, changed: 0 })),
  };
  const decided = (kind: 'incremental' | 'full', reason: Reason): ModelRefreshDecision => ({
    kind,
    reason,
    predictedMs,
  });
  if (!input.hasState) return decided('full', input.definitionChanged ? 'definition-changed' : 'first-build');
  if (input.how !== 'auto')
    return input.how === 'full' ? decided('full', 'asked-full') : decided('incremental', 'asked-incremental');
  // Sums have one incremental way, whichever rung was named.
  if (input.forced !== null)
    return decided(input.forced === 'full' ? 'full' : 'incremental', 'forced-by-environment');
  if (input.mode === 'full') return decided('full', 'asked-full');
  if (input.mode === 'incremental') return decided('incremental', 'asked-incremental');
  return predictedMs.incremental <= predictedMs.full
    ? decided('incremental', 'cheaper-incremental')
    : decided('full', 'cheaper-full');
}

/** What the refresh is expected to cost, in ms; where increments were given up the last time, in full again. */
export function expectedModelMs(input: ModelRefreshInput): number {
  const { kind, predictedMs } = decideModelRefresh(input);
  return kind === 'incremental' && !input.cost.gaveUp ? predictedMs.incremental : predictedMs.full;
}

/** What one executed refresh cost, as a whole. */
export type ExecutedModelRefresh = ModelRows & {
  readonly gaveUp: boolean;
  readonly ms: number;
  readonly waitingRows: number;
};

/** The memory with one more executed refresh in it. */
export function learnModelCost(cost: ModelCost, executed: ExecutedModelRefresh): ModelCost {
  const { gaveUp, ms, waitingRows } = executed;
  return { ...learnCost(cost, termsOf(executed), 0, ms), gaveUp, waitingRows };
}
