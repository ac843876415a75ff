import type { Reason } from '../core/reasons.ts';
import type { RefreshMode } from '../declare/definition.ts';
import type { AskedRefresh } from './refresh-decision.ts';

/** What a model's refreshes have cost, per row of each kind; null before the first of its kind. */
export type ModelCost = {
  /** What comes on top whichever way the sums are made: solving, scoring the hold-out. */
  readonly overheadMs: number | null;
  readonly fullMsPerRow: number | null;
  readonly incrementalMsPerRow: number | null;
};

export const unknownModelCost: ModelCost = {
  overheadMs: null,
  fullMsPerRow: null,
  incrementalMsPerRow: null,
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

/** Fixed part of making the sums: reading the state and the levels. */
const fixedMs = 5;
/** Before anything was measured: streaming and multiplying a row of a dozen features. */
const priorMsPerRow = 0.0005;
const memory = 0.7;

/** Add and take away what changed, or sum over the whole training set again. */
export function decideModelRefresh(input: ModelRefreshInput): ModelRefreshDecision {
  const { cost } = input;
  const overheadMs = fixedMs + (cost.overheadMs ?? 0);
  const predictedMs = {
    incremental:
      overheadMs + input.changedRows * (cost.incrementalMsPerRow ?? cost.fullMsPerRow ?? priorMsPerRow),
    full: overheadMs + input.trainingRows * (cost.fullMsPerRow ?? priorMsPerRow),
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

/** What one executed refresh cost: making the sums, and all else. */
export type ExecutedModelRefresh = {
  readonly kind: 'incremental' | 'full';
  readonly rows: number;
  readonly sumsMs: number;
  readonly overheadMs: number;
};

/** The memory with one more executed refresh in it; too few rows say nothing of the cost of a row. */
export function learnModelCost(cost: ModelCost, executed: ExecutedModelRefresh): ModelCost {
  const blend = (known: number | null, seen: number) =>
    known === null ? seen : memory * known + (1 - memory) * seen;
  const withOverhead = { ...cost, overheadMs: blend(cost.overheadMs, executed.overheadMs) };
  if (executed.rows < 100) return withOverhead;
  const perRow = Math.max(0, executed.sumsMs - fixedMs) / executed.rows;
  return executed.kind === 'full'
    ? { ...withOverhead, fullMsPerRow: blend(cost.fullMsPerRow, perRow) }
    : { ...withOverhead, incrementalMsPerRow: blend(cost.incrementalMsPerRow, perRow) };
}
