import { z } from 'zod';
import { changedRowsOf, isRetracting, priorTerms, type RefreshSize, sourceRowsOf } from './cost-terms.ts';
import {
  type FallbackPrior,
  type FallbackRate,
  fallbackProbability,
  learnFallback,
  noFallbacks,
} from './fallback-rate.ts';
import {
  type LearnedCost,
  learnCost,
  type PredictedCost,
  predictCost,
  unlearnedCost,
} from './learned-cost.ts';
import type { Rung } from './view-plan.ts';

/** What one view has taught. Plain data, kept beside the view's cursor. */
export type CostModel = {
  readonly form: 2;
  readonly rungs: Readonly<Record<Rung, LearnedRung>>;
  /** Of the algebraic rung: the only one that can find itself unable. */
  readonly fallbacks: FallbackRate;
  readonly lastRung: Rung | null;
};

export type LearnedRung = LearnedCost & {
  /** Refreshes, and what they cost, since this rung was last taken. */
  readonly refreshesSince: number;
  readonly spentSinceMs: number;
};

const unlearnedRung: LearnedRung = Object.freeze({ ...unlearnedCost, refreshesSince: 0, spentSinceMs: 0 });

export const newCostModel: CostModel = Object.freeze({
  form: 2,
  rungs: Object.freeze({ algebraic: unlearnedRung, domain: unlearnedRung, full: unlearnedRung }),
  fallbacks: noFallbacks,
  lastRung: null,
});

/** Predicted cost; for the algebraic rung with what giving it up is expected to add. */
export function predict(model: CostModel, rung: Rung, size: RefreshSize): PredictedCost {
  const known = model.rungs[rung];
  const own = predictCost(known, priorTerms(rung, size), known.refreshesSince);
  if (rung !== 'algebraic') return own;
  const probability = fallbackProbability(model.fallbacks, fallbackPrior(size), leavingRows(size));
  if (probability === 0) return own;
  return { ...own, ms: own.ms + probability * predict(model, 'full', size).ms };
}

export function predictMs(model: CostModel, rung: Rung, size: RefreshSize): number {
  return predict(model, rung, size).ms;
}

/** What ran. `rung`: what was attempted; `fellBack`: it was given up; `actualMs`: what all of it cost. */
export type ExecutedRefresh = {
  readonly rung: Rung;
  readonly fellBack: boolean;
  readonly actualMs: number;
};

/** Learns from what ran. An advance that was given up is no observation of any rung's cost, only of the fallback. */
export function learn(model: CostModel, size: RefreshSize, executed: ExecutedRefresh): CostModel {
  const { rung, fellBack, actualMs } = executed;
  const fallbacks =
    rung === 'algebraic' && isRetracting(size)
      ? learnFallback(model.fallbacks, fallbackPrior(size), leavingRows(size), fellBack)
      : model.fallbacks;
  const learned = (each: Rung): LearnedRung => {
    const known = model.rungs[each];
    if (each !== rung) {
      const spentSinceMs = known.spentSinceMs + actualMs;
      return { ...known, refreshesSince: known.refreshesSince + 1, spentSinceMs };
    }
    const cost = fellBack ? known : learnCost(known, priorTerms(each, size), known.refreshesSince, actualMs);
    return { ...cost, refreshesSince: 0, spentSinceMs: 0 };
  };
  return {
    form: 2,
    rungs: { algebraic: learned('algebraic'), domain: learned('domain'), full: learned('full') },
    fallbacks,
    lastRung: rung,
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

/** A row that leaves was its group's least, or greatest, once in as many rows as a group has. */
function fallbackPrior(size: RefreshSize): FallbackPrior {
  if (!size.hasExtremes) return noFallbacks;
  return { given: 1, rows: sourceRowsOf(size) / Math.max(1, size.contentRows) };
}

function leavingRows(size: RefreshSize): number {
  if (!isRetracting(size)) return 0;
  const deleted = size.sources.reduce((total, source) => total + source.deleted, 0);
  return deleted > 0 ? deleted : changedRowsOf(size);
}

const number = z.number();
const rungSchema = z.object({
  factors: z.tuple([number, number, number]),
  covariance: z.tuple([number, number, number, number, number, number]),
  samples: number,
  refreshesSince: number,
  spentSinceMs: number,
});
const modelSchema = z.object({
  form: z.literal(2),
  rungs: z.object({ algebraic: rungSchema, domain: rungSchema, full: rungSchema }),
  fallbacks: z.object({ given: number, rows: number }),
  lastRung: z.enum(['algebraic', 'domain', 'full']).nullable(),
});

/** The model a view's cursor keeps; one of an older form is forgotten, and learning starts anew. */
export function readCostModel(stored: string | null): CostModel {
  if (stored === null) return newCostModel;
  const read = modelSchema.safeParse(JSON.parse(stored));
  return read.success ? read.data : newCostModel;
}
