import type { Reason } from '../core/reasons.ts';
import type { InlineCosts, InlineRead } from './inline-read.ts';
import type { ReadObject } from './read-plan.ts';
import { withinPolicy } from './staleness.ts';

/** A way to read one object. `history`: its rows, or its definition, as of an older version. */
export type ReadWay = 'contents' | 'refresh' | 'compensate' | 'recompute' | 'history' | 'refuse';

/** One way with why it is or is not taken, and what it is predicted to cost beyond reading contents; null: unknown. */
export type ExplainedWay = {
  readonly way: ReadWay;
  readonly isChosen: boolean;
  readonly reason: Reason;
  readonly predictedMs: number | null;
};

/** What planning found out about one kept object. */
export type PlannedObject = {
  readonly object: ReadObject;
  readonly chosen: Exclude<ReadWay, 'history'>;
  /** Null: cannot be read in another way than from contents. */
  readonly costs: InlineCosts | null;
  readonly refreshMs: number | null;
  /** False: an update is open, so nothing is refreshed. */
  readonly mayRefresh: boolean;
  /** The change turned out not to add up with the contents, though the shape of the view would allow it. */
  readonly isRefused: boolean;
  /** EVERVIEW_REFRESH is set. */
  readonly isForced: boolean;
};

/** The way taken first, then the others, each with its reason. */
export function explainObject(planned: PlannedObject): ExplainedWay[] {
  const chosen: ExplainedWay = {
    way: planned.chosen,
    isChosen: true,
    reason: reasonFor(planned),
    predictedMs: costOf(planned, planned.chosen),
  };
  const others = waysOf(planned).filter((way) => way !== planned.chosen);
  return [
    chosen,
    ...others.map((way) => ({
      way,
      isChosen: false,
      reason: reasonAgainst(planned, way),
      predictedMs: costOf(planned, way),
    })),
  ];
}

function waysOf({ object }: PlannedObject): readonly Exclude<ReadWay, 'history' | 'refuse'>[] {
  return object.kind === 'model'
    ? ['contents', 'refresh']
    : ['contents', 'refresh', 'compensate', 'recompute'];
}

function isFresh({ object }: PlannedObject): boolean {
  return object.standing !== null && object.standing.sinceMs === null;
}

function isWithinBound({ object }: PlannedObject): boolean {
  return object.standing !== null && withinPolicy(object.standing, object.policy);
}

function reasonFor(planned: PlannedObject): Reason {
  switch (planned.chosen) {
    case 'contents':
      if (isFresh(planned)) return 'fresh';
      return isWithinBound(planned) ? 'served-within-bound' : 'served-stale';
    case 'refresh':
      return 'refreshed-first';
    case 'compensate':
      return 'compensated';
    case 'recompute':
      return 'recomputed';
    case 'refuse':
      return 'refused';
  }
}

function costOf({ costs, refreshMs }: PlannedObject, way: PlannedObject['chosen']): number | null {
  switch (way) {
    case 'contents':
      return 0;
    case 'refresh':
      return refreshMs;
    case 'compensate':
      return costs?.compensateMs ?? null;
    case 'recompute':
      return costs?.recomputeMs ?? null;
    case 'refuse':
      return null;
  }
}

function reasonAgainst(planned: PlannedObject, way: ReturnType<typeof waysOf>[number]): Reason {
  if (way === 'contents') return againstContents(planned);
  if (isFresh(planned)) return way === 'recompute' ? 'dearer' : 'no-change';
  if (way === 'compensate' && isNotCompensable(planned)) return 'not-compensable';
  if (planned.chosen === 'contents' && isWithinBound(planned)) return 'served-within-bound';
  if (way !== 'refresh') return isInline(planned.chosen) ? againstInline(planned, way) : 'other-policy';
  if (!planned.mayRefresh) return 'update-open';
  if (planned.object.refreshIsFutile) return 'no-change';
  const isManual = planned.object.policy.refresh === 'manual' && isWithinBound(planned);
  return isManual ? 'manual-refresh' : 'other-policy';
}

function againstContents(planned: PlannedObject): Reason {
  if (planned.object.standing === null) return 'first-build';
  return isWithinBound(planned) ? 'other-version' : 'beyond-bound';
}

function isNotCompensable({ costs, isRefused }: PlannedObject): boolean {
  return isRefused || costs === null || costs.compensateMs === null;
}

function isInline(way: ReadWay): way is InlineRead {
  return way === 'compensate' || way === 'recompute';
}

function againstInline(planned: PlannedObject, way: InlineRead): Reason {
  const [rejected, taken] = [costOf(planned, way), costOf(planned, planned.chosen)];
  const isCheaper = rejected !== null && taken !== null && rejected < taken;
  return isCheaper && planned.isForced ? 'forced-by-environment' : 'dearer';
}
