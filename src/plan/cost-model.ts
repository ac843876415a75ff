import {
  changedRowsOf,
  isRetracting,
  placeOf,
  priorTerms,
  type RefreshSize,
  sourceRowsOf,
} from './cost-terms.ts';
import {
  type FallbackPrior,
  type FallbackRate,
  fallbackProbability,
  learnFallback,
  noFallbacks,
} from './fallback-rate.ts';
import {
  type CostTerms,
  costMsOf,
  type LearnedCost,
  learnCost,
  leastMs,
  type PredictedCost,
  predictCost,
  unlearnedCost,
  weightOf,
} from './learned-cost.ts';
import { localCost, type RecentCost, withRecent } from './recent-costs.ts';
import type { Rung } from './view-plan.ts';

/** Two kinds of changes, which seldom have the same cheapest rung. */
export type ChangeKind = 'adding' | 'netting';

/** What one view has taught. Plain data, kept beside the view's cursor. */
export type CostModel = {
  readonly paths: Readonly<Record<RefreshPath, LearnedPath>>;
  /** Of the algebraic rung: the only one that can find itself unable. */
  readonly fallbacks: FallbackRate;
  /** The rung taken last where rows only come in, and where some leave. */
  readonly lastRungs: Readonly<Record<ChangeKind, Rung | null>>;
  /** What refreshes cost, and what probes were expected to cost above the best. */
  readonly spentMs: number;
  readonly probedMs: number;
};

/**
 * Ways of doing it that differ so much that one says little of the other: rows that only come in are put into the
 * contents as they are, where others have to be netted and looked for.
 */
export type RefreshPath = ChangeKind | 'domain' | 'full';

export type LearnedPath = LearnedCost & {
  /** Newest first. */
  readonly recent: readonly RecentCost[];
  /** Refreshes, and what they cost, since this path was last taken. */
  readonly refreshesSince: number;
  readonly spentSinceMs: number;
};

const unlearnedPath: LearnedPath = Object.freeze({
  ...unlearnedCost,
  recent: Object.freeze([]),
  refreshesSince: 0,
  spentSinceMs: 0,
});

export const newCostModel: CostModel = Object.freeze({
  paths: Object.freeze({
    adding: unlearnedPath,
    netting: unlearnedPath,
    domain: unlearnedPath,
    full: unlearnedPath,
  }),
  fallbacks: noFallbacks,
  lastRungs: Object.freeze({ adding: null, netting: null }),
  spentMs: 0,
  probedMs: 0,
});

/** What is known of a rung, for refreshes such as this. */
export function knownOf(model: CostModel, rung: Rung, size: RefreshSize): LearnedPath {
  return model.paths[pathOf(rung, size)];
}

function pathOf(rung: Rung, size: RefreshSize): RefreshPath {
  return rung === 'algebraic' ? kindOf(size) : rung;
}

export function kindOf(size: RefreshSize): ChangeKind {
  return isRetracting(size) ? 'netting' : 'adding';
}

/** A predicted cost. */
export type Prediction = PredictedCost & {
  /** How many refreshes by this rung were lately such as this. */
  readonly near: number;
  /** How many of them the prediction rests on, which is fewer where they differ among themselves. */
  readonly alike: number;
};

/** Predicted cost; for the algebraic rung with what giving it up is expected to add. */
export function predict(model: CostModel, rung: Rung, size: RefreshSize): Prediction {
  const own = predictOwn(model, rung, size);
  if (rung !== 'algebraic') return own;
  const probability = fallbackProbability(model.fallbacks, fallbackPrior(size), leavingRows(size));
  if (probability === 0) return own;
  return { ...own, ms: own.ms + probability * predict(model, 'full', size).ms };
}

/** Variance of the logarithm of what refreshes cost that are alike, about what the terms say: they are no law. */
const misfit = 0.1;
/** So many alike halve the variance. */
const halvingAlike = 0.5;
/** Where those that are alike differ so much among themselves, they count half. */
const halvingScatter = 0.3;

function predictOwn(model: CostModel, rung: Rung, size: RefreshSize): Prediction {
  const known = knownOf(model, rung, size);
  const byTerms = predictCost(known, termsOf(model, rung, size), known.refreshesSince);
  const near = localCost(known.recent, placeOf(rung, size), (terms) => costMsOf(known, terms));
  const alike = near.weight / (1 + (near.scatter / halvingScatter) ** 2);
  const variance = (byTerms.spread ** 2 + misfit + near.scatter ** 2) / (1 + alike / halvingAlike);
  return { ms: byTerms.ms * near.factor, spread: Math.sqrt(variance), alike, near: near.weight };
}

/** What one rung says of another goes so far. */
const mostCarried = 8;

/**
 * The rows of touched keys go through the query as all rows do in a recompute: what those have been found to cost more
 * than usual, a window's sort or a median, these cost more. The first build has taught it already.
 */
function termsOf(model: CostModel, rung: Rung, size: RefreshSize): CostTerms {
  const terms = priorTerms(rung, size);
  if (rung !== 'domain') return terms;
  const whole = { ...priorTerms('full', size), fixed: 0 };
  const usualMs = whole.standing + whole.moving;
  if (usualMs === 0) return terms;
  const factor = costMsOf(model.paths.full, whole) / usualMs;
  return { ...terms, moving: terms.moving * Math.min(mostCarried, Math.max(1 / mostCarried, factor)) };
}

export function predictMs(model: CostModel, rung: Rung, size: RefreshSize): number {
  return predict(model, rung, size).ms;
}

/** What ran. `rung`: what was attempted; `fellBack`: it was given up; `actualMs`: what all of it cost. */
export type ExecutedRefresh = {
  readonly rung: Rung;
  readonly fellBack: boolean;
  readonly actualMs: number;
  /** Of a probe: what it was predicted to cost above the best. */
  readonly extraMs?: number;
};

/** Learns from what ran. An advance that was given up is no observation of any rung's cost, only of the fallback. */
export function learn(model: CostModel, size: RefreshSize, executed: ExecutedRefresh): CostModel {
  const { rung, fellBack, actualMs } = executed;
  const fallbacks =
    rung === 'algebraic' && isRetracting(size)
      ? learnFallback(model.fallbacks, fallbackPrior(size), leavingRows(size), fellBack)
      : model.fallbacks;
  const taken = pathOf(rung, size);
  const learned = (path: RefreshPath): LearnedPath => {
    const known = model.paths[path];
    if (path !== taken) {
      const spentSinceMs = known.spentSinceMs + actualMs;
      return { ...known, refreshesSince: known.refreshesSince + 1, spentSinceMs };
    }
    const observed = fellBack ? known : withObservation(model, rung, size, actualMs);
    return { ...observed, refreshesSince: 0, spentSinceMs: 0 };
  };
  return {
    paths: {
      adding: learned('adding'),
      netting: learned('netting'),
      domain: learned('domain'),
      full: learned('full'),
    },
    fallbacks,
    lastRungs: { ...model.lastRungs, [kindOf(size)]: rung },
    spentMs: model.spentMs + actualMs,
    probedMs: model.probedMs + (executed.extraMs ?? 0),
  };
}

function withObservation(model: CostModel, rung: Rung, size: RefreshSize, ms: number): LearnedPath {
  const known = knownOf(model, rung, size);
  const terms = termsOf(model, rung, size);
  const newest = { place: placeOf(rung, size), terms, ms: Math.max(ms, leastMs), weight: weightOf(known) };
  return {
    ...known,
    ...learnCost(known, terms, known.refreshesSince, ms),
    recent: withRecent(known.recent, newest),
  };
}

/**
 * What an executed refresh cost beyond the cheapest other way, as predicted now that it is known; never below 0.
 *
 * @param model after learning from it
 */
export function regretMs(
  model: CostModel,
  rungs: readonly Rung[],
  size: RefreshSize,
  executed: ExecutedRefresh,
): number {
  const others = rungs.filter((rung) => rung !== executed.rung);
  const best = Math.min(executed.actualMs, ...others.map((rung) => predictMs(model, rung, size)));
  return executed.actualMs - best;
}

/** Groups without keys cannot be computed anew by group. */
function fallbackPrior(size: RefreshSize): FallbackPrior {
  if (!size.hasExtremes || size.contentRows !== 1) return noFallbacks;
  return { given: 1, rows: sourceRowsOf(size) };
}

function leavingRows(size: RefreshSize): number {
  if (!isRetracting(size)) return 0;
  const deleted = size.sources.reduce((total, source) => total + source.deleted, 0);
  return deleted > 0 ? deleted : changedRowsOf(size);
}
