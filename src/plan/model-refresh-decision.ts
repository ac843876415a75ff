import type { Reason } from '../core/reasons.ts';
import type { RefreshMode } from '../declare/definition.ts';

/** What a model's refreshes have cost, per row of each kind; null before the first of its kind. */
export type ModelCost = {
  readonly fullMsPerRow: number | null;
  readonly incrementalMsPerRow: number | null;
};

export const unknownModelCost: ModelCost = { fullMsPerRow: null, incrementalMsPerRow: null };

export type ModelRefreshInput = {
  readonly mode: RefreshMode;
  readonly forced: 'full' | 'incremental' | null;
  readonly how: 'auto' | 'incremental' | 'full';
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

/** Fixed part of a fit: reading levels, solving, scoring. */
const fixedMs = 5;
/** Before anything was measured: streaming and multiplying a row of a dozen features. */
const priorMsPerRow = 0.0005;
const memory = 0.7;

/** Add and take away what changed, or sum over the whole training set again. */
export function decideModelRefresh(input: ModelRefreshInput): ModelRefreshDecision {
  const { cost } = input;
  const predictedMs = {
    incremental:
      fixedMs + input.changedRows * (cost.incrementalMsPerRow ?? cost.fullMsPerRow ?? priorMsPerRow),
    full: fixedMs + input.trainingRows * (cost.fullMsPerRow ?? priorMsPerRow),
  };
  const decided = (kind: 'incremental' | 'full', reason: Reason): ModelRefreshDecision => ({
    kind,
    reason,
    predictedMs,
  });
  if (!input.hasState) return decided('full', input.definitionChanged ? 'definition-changed' : 'first-build');
  if (input.how !== 'auto')
    return decided(input.how, input.how === 'full' ? 'asked-full' : 'asked-incremental');
  if (input.forced !== null) return decided(input.forced, 'forced-by-environment');
  if (input.mode === 'full') return decided('full', 'asked-full');
  if (input.mode === 'incremental') return decided('incremental', 'asked-incremental');
  return predictedMs.incremental <= predictedMs.full
    ? decided('incremental', 'cheaper-incremental')
    : decided('full', 'cheaper-full');
}

/** The memory with one more executed refresh in it. */
export function learnModelCost(
  cost: ModelCost,
  kind: 'incremental' | 'full',
  rows: number,
  ms: number,
): ModelCost {
  if (rows < 100) return cost;
  const seen = Math.max(0, ms - fixedMs) / rows;
  const blend = (known: number | null) => (known === null ? seen : memory * known + (1 - memory) * seen);
  return kind === 'full'
    ? { ...cost, fullMsPerRow: blend(cost.fullMsPerRow) }
    : { ...cost, incrementalMsPerRow: blend(cost.incrementalMsPerRow) };
}
