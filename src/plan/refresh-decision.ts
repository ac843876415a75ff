import { EverviewError } from '../core/errors.ts';
import type { Reason } from '../core/reasons.ts';
import { type CostModel, predictMs, type RefreshSize, type Rung } from './cost-model.ts';
import type { ViewPlan } from './view-plan.ts';

export type RefreshDecision = {
  readonly kind: 'none' | Rung;
  readonly reason: Extract<
    Reason,
    | 'first-build'
    | 'no-change'
    | 'cheaper-incremental'
    | 'cheaper-full'
    | 'asked-incremental'
    | 'asked-full'
    | 'forced-by-environment'
    | 'only-full'
    | 'probe'
  >;
  /** Null: there is no such way to refresh this view now. */
  readonly predictedMs: { readonly incremental: number | null; readonly full: number };
};

/** What stands over the costs, from the strongest. */
export type RefreshRequest = {
  readonly hasContents: boolean;
  /** EVERVIEW_REFRESH. */
  readonly forced: Rung | null;
  /** REFRESH name [INCREMENTAL | FULL]; `auto` for a bare REFRESH and for refreshes nobody asked for. */
  readonly asked: 'auto' | Rung;
  /** The `refresh` option, where it fixes the way: `incremental` is strict. */
  readonly declared: 'auto' | Rung;
};

/** The way taken last is kept unless the other is predicted cheaper than this share of it. */
const hysteresis = 0.8;

/** The way not taken is tried again whenever that costs, as predicted, at most this share of what was spent since. */
const probeShare = 1 / 64;

/**
 * Which way to refresh, and why. Pure: the same inputs give the same decision.
 *
 * @throws EverviewError `not-incremental` when INCREMENTAL was asked for and there is no rule
 */
export function decideRefresh(
  name: string,
  plan: ViewPlan,
  size: RefreshSize,
  model: CostModel,
  request: RefreshRequest,
): RefreshDecision {
  const canAdvance = plan.kind !== 'full-only' && request.hasContents;
  const predictedMs = {
    incremental: canAdvance ? predictMs(model, 'incremental', size) : null,
    full: predictMs(model, 'full', size),
  };
  if (request.asked === 'incremental') assertIncremental(name, plan);
  if (!request.hasContents) return { kind: 'full', reason: 'first-build', predictedMs };
  const hasChange = size.sources.some((source) => source.inserted + source.deleted > 0);
  if (!hasChange && request.asked !== 'full') return { kind: 'none', reason: 'no-change', predictedMs };
  if (predictedMs.incremental === null) return { kind: 'full', reason: 'only-full', predictedMs };
  const fixed = fixedWay(request);
  if (fixed !== null) return { ...fixed, predictedMs };
  return { ...cheapest(model, predictedMs.incremental, predictedMs.full), predictedMs };
}

/**
 * `refresh = incremental` and REFRESH … INCREMENTAL are strict.
 *
 * @throws EverviewError `not-incremental`
 */
export function assertIncremental(name: string, plan: ViewPlan): void {
  if (plan.kind !== 'full-only') return;
  throw new EverviewError('not-incremental', `"${name}" can only be refreshed in full: ${plan.detail}`, {
    hint: 'declare it with refresh = auto, or rewrite the query',
    data: { view: name, detail: plan.detail },
  });
}

function fixedWay(request: RefreshRequest): Pick<RefreshDecision, 'kind' | 'reason'> | null {
  if (request.forced !== null) return { kind: request.forced, reason: 'forced-by-environment' };
  const way = request.asked === 'auto' ? request.declared : request.asked;
  if (way === 'auto') return null;
  return { kind: way, reason: way === 'full' ? 'asked-full' : 'asked-incremental' };
}

function cheapest(
  model: CostModel,
  incremental: number,
  full: number,
): Pick<RefreshDecision, 'kind' | 'reason'> {
  const best: Rung = preferred(model, incremental, full);
  const [bestMs, otherMs] = best === 'full' ? [full, incremental] : [incremental, full];
  const isDue = best === model.lastRung && otherMs <= probeShare * model.sameRungInARow * bestMs;
  if (isDue) {
    return { kind: best === 'full' ? 'incremental' : 'full', reason: 'probe' };
  }
  return { kind: best, reason: best === 'full' ? 'cheaper-full' : 'cheaper-incremental' };
}

function preferred(model: CostModel, incremental: number, full: number): Rung {
  if (model.lastRung === 'incremental') return full < hysteresis * incremental ? 'full' : 'incremental';
  if (model.lastRung === 'full') return incremental < hysteresis * full ? 'incremental' : 'full';
  return incremental <= full ? 'incremental' : 'full';
}
