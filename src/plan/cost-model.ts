/** The two ways to refresh that cost anything. */
export type Rung = 'incremental' | 'full';

/** What is known before a refresh, from counters the writer keeps; nothing here asks the store. */
export type RefreshSize = {
  readonly shape: 'rows' | 'group' | 'full-only';
  /** One per relation read: its rows now, and the signed rows of its log since the view's version. */
  readonly sources: readonly { readonly rows: number; readonly inserted: number; readonly deleted: number }[];
  /** Rows of the view after its last refresh. */
  readonly contentRows: number;
  /** Whether the view's own change is written for dependents. */
  readonly keepLog: boolean;
};

/**
 * What one view has taught: per rung the ratio of observed to prior cost, and how often an advance had to be given
 * up. Plain data, to be kept beside the view's cursor.
 */
export type CostModel = {
  readonly incremental: LearnedRatio;
  readonly full: LearnedRatio;
  /** Share of advances that ended as a rebuild, lately. */
  readonly fallbackShare: number;
  readonly lastRung: Rung | null;
  /** Refreshes since the other rung was last taken. */
  readonly sameRungInARow: number;
};

export type LearnedRatio = { readonly ratio: number; readonly samples: number };

export const newCostModel: CostModel = Object.freeze({
  incremental: Object.freeze({ ratio: 1, samples: 0 }),
  full: Object.freeze({ ratio: 1, samples: 0 }),
  fallbackShare: 0,
  lastRung: null,
  sameRungInARow: 0,
});

/**
 * Weight of the newest observation. The first counts as much as the prior and no more, for it is often a cold one;
 * one after long of the other rung counts more than usual.
 */
const firstRate = 0.5;
const learningRate = 0.3;
const relearningRate = 0.7;
const longAgo = 32;

/** A single outlier (a cold cache, a busy machine) moves a ratio no further than this, either way. */
const ratioLimit = 50;

/** Prior costs in ms, measured on one core of a laptop-class machine: DuckDB 1.5, rows of 3 to 6 columns. */
const prior = {
  /** Statements, each about a millisecond: parse, plan, start. */
  fullBase: 2,
  incrementalBase: { rows: 3, group: 4, 'full-only': 0 },
  logBase: 2,
  scanRow: 1.0e-5,
  writeRow: 4.0e-5,
  /** Hashing a row of the contents for the bag difference, or to find the rows to delete. */
  compareRow: 6.0e-5,
  matchRow: 1.0e-5,
  /** A changed row through join, netting and merge. */
  changedRow: 1.0e-3,
} as const;

/** Predicted cost in ms before anything was learned. */
export function priorMs(rung: Rung, size: RefreshSize): number {
  const sourceRows = sum(size.sources.map((source) => source.rows));
  const log = size.keepLog ? prior.logBase : 0;
  if (rung === 'full') {
    const difference = size.keepLog ? prior.compareRow * 2 : prior.writeRow;
    return prior.fullBase + log + sourceRows * prior.scanRow + size.contentRows * difference;
  }
  const changed = size.sources.filter((source) => source.inserted + source.deleted > 0);
  const changedRows = sum(changed.map((source) => source.inserted + source.deleted));
  const joined = size.sources.length > 1 ? sourceRows * prior.scanRow * changed.length : 0;
  const isDeleting = changed.length > 1 || changed.some((source) => source.deleted > 0);
  const matched = size.shape === 'group' || isDeleting ? size.contentRows * prior.matchRow : 0;
  return prior.incrementalBase[size.shape] + log + joined + matched + changedRows * prior.changedRow;
}

/** Predicted cost in ms; for an advance with what its fallbacks are expected to add. */
export function predictMs(model: CostModel, rung: Rung, size: RefreshSize): number {
  const full = priorMs('full', size) * model.full.ratio;
  if (rung === 'full') return full;
  return priorMs('incremental', size) * model.incremental.ratio + model.fallbackShare * full;
}

/**
 * Learns from what ran. An advance that fell back is no observation of either rung's cost, only of the fallback.
 *
 * @param executed `rung`: what was attempted; `actualMs`: what it cost
 */
export function learn(
  model: CostModel,
  size: RefreshSize,
  executed: { readonly rung: Rung; readonly fellBack: boolean; readonly actualMs: number },
): CostModel {
  const isSame = executed.rung === model.lastRung;
  const counted = {
    ...model,
    lastRung: executed.rung,
    sameRungInARow: isSame ? model.sameRungInARow + 1 : 1,
  };
  const advanced =
    executed.rung === 'incremental'
      ? { ...counted, fallbackShare: mix(model.fallbackShare, executed.fellBack ? 1 : 0, learningRate) }
      : counted;
  if (executed.fellBack) return advanced;
  const observed = executed.actualMs / priorMs(executed.rung, size);
  const rate = !isSame && model.sameRungInARow >= longAgo ? relearningRate : learningRate;
  return { ...advanced, [executed.rung]: learnRatio(model[executed.rung], observed, rate) };
}

/** In the logarithm, so that twice too dear and twice too cheap weigh the same. */
function learnRatio(known: LearnedRatio, observed: number, usualRate: number): LearnedRatio {
  const bounded = Math.min(ratioLimit, Math.max(1 / ratioLimit, observed));
  const rate = known.samples === 0 ? firstRate : usualRate;
  return { ratio: Math.exp(mix(Math.log(known.ratio), Math.log(bounded), rate)), samples: known.samples + 1 };
}

function mix(old: number, observed: number, rate: number): number {
  return old + rate * (observed - old);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
