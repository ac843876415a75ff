import { EverviewError } from '../core/errors.ts';
import type { Reason } from '../core/reasons.ts';
import { type ChangeKind, type CostModel, kindOf, knownOf, type Prediction, predict } from './cost-model.ts';
import type { RefreshSize } from './cost-terms.ts';
import { expectedMs, expectedSavingMs } from './expected-cost.ts';
import { type Rung, rungsOf, type ViewPlan } from './view-plan.ts';

export type RefreshDecision = {
  /** Null: nothing is to be done. */
  readonly rung: Rung | null;
  readonly reason: Extract<
    Reason,
    | 'first-build'
    | 'no-change'
    | 'clock-moved'
    | 'model-promoted'
    | 'cheaper-incremental'
    | 'cheaper-full'
    | 'asked-incremental'
    | 'asked-full'
    | 'forced-by-environment'
    | 'only-full'
    | 'probe'
    | 'change-failed'
  >;
  /** Null: there is no such way to refresh this view now. */
  readonly predictedMs: {
    readonly algebraic: number | null;
    readonly domain: number | null;
    readonly full: number;
  };
};

/** A way to refresh as it can be asked for; `incremental` is the cheapest of those that are. */
export type AskedRefresh = 'auto' | 'incremental' | Rung;

/** What stands over the costs, from the strongest. */
export type RefreshRequest = {
  readonly hasContents: boolean;
  /** EVERVIEW_REFRESH: holds where the view has the rung, or else another incremental one. */
  readonly forced: Exclude<AskedRefresh, 'auto'> | null;
  /** REFRESH name [INCREMENTAL | FULL]; `auto` for a bare REFRESH and for refreshes nobody asked for. */
  readonly asked: AskedRefresh;
  /** The `refresh` option, where it fixes the way: `incremental` is strict. */
  readonly declared: 'auto' | 'incremental' | 'full';
};

/** A rung with its predicted cost, and what was spent since it was last taken. */
type Candidate = Prediction & { readonly rung: Rung; readonly spentSinceMs: number };

/**
 * The rung taken last for such a change is kept unless another is predicted cheaper by so much, more where predictions
 * are unsure.
 */
const hysteresis = { least: 0.03, most: 0.2, perSpread: 0.25 } as const;

/** A rung not taken is tried again whenever that costs, as predicted, at most this share of what was spent since. */
const probeShare = 1 / 64;

/**
 * A rung is tried where that is expected to pay and fewer refreshes than this were like the one at hand, of which the
 * first counts half and old ones less: three or four alike are enough, and it never comes beyond 3.2. Those probes may cost so many refreshes at first, and then such a share of all.
 */
const exploring = { alike: 2, refreshes: 6, share: 1 / 20 } as const;

/**
 * Which way to refresh, and why. Pure: the same inputs give the same decision.
 *
 * @throws EverviewError `not-incremental` when a way was asked for that this view does not have
 */
export function decideRefresh(
  name: string,
  plan: ViewPlan,
  size: RefreshSize,
  model: CostModel,
  request: RefreshRequest,
): RefreshDecision {
  const rungs = rungsOf(plan);
  assertHas(name, plan, request.asked);
  const candidates = rungs
    .filter((rung) => rung === 'full' || request.hasContents)
    .map((rung): Candidate => {
      const { spentSinceMs } = knownOf(model, rung, size);
      return { rung, spentSinceMs, ...predict(model, rung, size) };
    });
  const msOf = (rung: Rung) => candidates.find((candidate) => candidate.rung === rung)?.ms ?? null;
  const full = predict(model, 'full', size).ms;
  const predictedMs = { algebraic: msOf('algebraic'), domain: msOf('domain'), full };
  const decided = (rung: Rung | null, reason: RefreshDecision['reason']) => ({ rung, reason, predictedMs });
  if (!request.hasContents) return decided('full', 'first-build');
  const hasChange = size.sources.some((source) => source.inserted + source.deleted > 0);
  if (!hasChange && !size.clockMoved && request.asked !== 'full') return decided(null, 'no-change');
  if (candidates.length === 1) return decided('full', 'only-full');
  const isForced = request.forced !== null;
  const way = request.forced ?? (request.asked === 'auto' ? request.declared : request.asked);
  if (way === 'auto') {
    const { rung, isProbe } = cheapest(model, kindOf(size), candidates);
    if (isProbe) return decided(rung, 'probe');
    if (!hasChange) return decided(rung, 'clock-moved');
    if (size.modelMoved === true) return decided(rung, 'model-promoted');
    return decided(rung, rung === 'full' ? 'cheaper-full' : 'cheaper-incremental');
  }
  const rung = fixedRung(model, kindOf(size), candidates, way);
  if (isForced) return decided(rung, 'forced-by-environment');
  return decided(rung, rung === 'full' ? 'asked-full' : 'asked-incremental');
}

/** Predicted for the cheapest incremental rung; null where there is none. */
export function cheapestIncrementalMs({ algebraic, domain }: RefreshDecision['predictedMs']): number | null {
  if (algebraic === null || domain === null) return algebraic ?? domain;
  return Math.min(algebraic, domain);
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

function assertHas(name: string, plan: ViewPlan, asked: AskedRefresh): void {
  if (asked === 'auto' || asked === 'full') return;
  assertIncremental(name, plan);
  const rungs = rungsOf(plan);
  if (asked === 'incremental' || rungs.includes(asked)) return;
  throw new EverviewError('not-incremental', `"${name}" has no ${asked} refresh`, {
    hint: `it has ${rungs.join(' and ')}`,
    data: { view: name, rungs },
  });
}

function fixedRung(
  model: CostModel,
  kind: ChangeKind,
  candidates: readonly Candidate[],
  way: Exclude<AskedRefresh, 'auto'>,
): Rung {
  const named = candidates.find(({ rung }) => rung === way);
  if (named !== undefined) return named.rung;
  return cheapest(
    model,
    kind,
    candidates.filter(({ rung }) => rung !== 'full'),
  ).rung;
}

function cheapest(
  model: CostModel,
  kind: ChangeKind,
  candidates: readonly Candidate[],
): { rung: Rung; isProbe: boolean } {
  const best = preferred(model.lastRungs[kind], candidates);
  const others = candidates.filter((candidate) => candidate !== best);
  const probed = others.find(isDue) ?? worthTrying(model, others, best);
  return { rung: (probed ?? best).rung, isProbe: probed !== undefined };
}

/** The cheapest, or the one taken last where that is not clearly dearer. */
function preferred(lastRung: Rung | null, candidates: readonly Candidate[]): Candidate {
  const [least] = candidates.toSorted((a, b) => a.ms - b.ms);
  if (least === undefined) throw new EverviewError('internal', 'there is no way to refresh');
  const last = candidates.find(({ rung }) => rung === lastRung);
  if (last === undefined) return least;
  const spread = Math.hypot(last.spread, least.spread);
  const margin = Math.min(hysteresis.most, Math.max(hysteresis.least, hysteresis.perSpread * spread));
  return least.ms < (1 - margin) * last.ms ? least : last;
}

function isDue({ ms, spentSinceMs }: Candidate): boolean {
  return ms <= probeShare * spentSinceMs;
}

/** Of the rungs hardly known the one that is most worth a try, where any is, and the probes so far allow it. */
function worthTrying(model: CostModel, others: readonly Candidate[], best: Candidate): Candidate | undefined {
  const allowedMs = exploring.refreshes * best.ms + exploring.share * model.spentMs - model.probedMs;
  return others
    .filter(({ alike, ms }) => alike < exploring.alike && ms - best.ms <= allowedMs)
    .map((candidate) => ({ candidate, worth: worthOfTrying(candidate, best) }))
    .filter(({ worth }) => worth > 0)
    .toSorted((a, b) => b.worth - a.worth)[0]?.candidate;
}

/**
 * What it would save whenever it proved the cheapest, in as many refreshes to come as there lately were like this one,
 * less what the try costs above the best; in ms.
 */
function worthOfTrying(candidate: Candidate, best: Candidate): number {
  return best.near * expectedSavingMs(candidate, best.ms) - (expectedMs(candidate) - best.ms);
}
