/** What one way to refresh is predicted to cost before anything was learned, in ms, by what the cost grows with. */
export type CostTerms = {
  /** Statements: the same whatever the sizes. */
  readonly fixed: number;
  /** Grows with what is read and kept, and no further with what changed. */
  readonly standing: number;
  /** Grows with what changed (full: with what is written). */
  readonly moving: number;
};

/** Symmetric 3 × 3: xx, xy, xz, yy, yz, zz. */
type Covariance = readonly [number, number, number, number, number, number];

type Triple = readonly [number, number, number];

/**
 * Factors on the three terms, learned one observation at a time, with how sure they are: an extended Kalman filter
 * over their logarithms, so that twice too dear and twice too cheap weigh the same. Plain data.
 */
export type LearnedCost = {
  /** Logarithms of the factors. */
  readonly factors: Triple;
  readonly covariance: Covariance;
  readonly samples: number;
};

export const unlearnedCost: LearnedCost = Object.freeze({
  factors: Object.freeze([0, 0, 0] as const),
  covariance: Object.freeze([1, 0, 0, 1, 0, 1] as const),
  samples: 0,
});

/** Variances of the logarithm of one observed cost. The first of a way is often a cold one. */
const usualNoise = 0.04;
const firstNoise = 1;
/** Of one dearer than predicted: refreshes are disturbed often, and never cost less than they have to. */
const disturbedNoise = 0.16;

/** Share of what is known that is forgotten with every refresh, whichever way it went. */
const forgetting = 0.005;

/** The same where an observation is no outlier any more, or the world has changed: nobody can tell which. */
const surprised = 0.2;

/** A residual counts up to this many standard deviations. */
const bound = 2;

/** A predicted cost, and the standard deviation of its logarithm. */
export type PredictedCost = { readonly ms: number; readonly spread: number };

/** @param refreshesSince refreshes of the view since the last observation: knowledge grows old */
export function predictCost(known: LearnedCost, terms: CostTerms, refreshesSince: number): PredictedCost {
  const { ms, shares } = weigh(known, terms);
  const covariance = faded(known.covariance, 1 - (1 - forgetting) ** refreshesSince);
  return { ms, spread: Math.sqrt(variance(covariance, shares)) };
}

/** The predicted cost alone. */
export function costMsOf(known: LearnedCost, terms: CostTerms): number {
  return weigh(known, terms).ms;
}

/** How much an observation counts beside a usual one; the first alone does not outweigh the terms. */
export function weightOf({ samples }: LearnedCost): number {
  return samples === 0 ? 0.45 : 1;
}

/** Takes in that refreshing at these terms cost `actualMs`. */
export function learnCost(
  known: LearnedCost,
  terms: CostTerms,
  refreshesSince: number,
  actualMs: number,
): LearnedCost {
  const { ms, shares } = weigh(known, terms);
  const residual = Math.log(Math.max(actualMs, leastMs) / ms);
  const noise = known.samples === 0 ? firstNoise : residual > 0 ? disturbedNoise : usualNoise;
  const aged = faded(known.covariance, 1 - (1 - forgetting) ** (refreshesSince + 1));
  const limit = bound * Math.sqrt(variance(aged, shares) + noise);
  const isSurprise = Math.abs(residual) > limit;
  const direction = times(aged, shares);
  const total = dot(direction, shares) + noise;
  const step = Math.max(-limit, Math.min(limit, residual)) / total;
  const [x, y, z] = direction;
  const [xx, xy, xz, yy, yz, zz] = aged;
  const learned: Covariance = [
    xx - (x * x) / total,
    xy - (x * y) / total,
    xz - (x * z) / total,
    yy - (y * y) / total,
    yz - (y * z) / total,
    zz - (z * z) / total,
  ];
  const [fixed, standing, moving] = known.factors;
  return {
    factors: [bounded(fixed + x * step), bounded(standing + y * step), bounded(moving + z * step)],
    covariance: isSurprise ? faded(learned, surprised) : learned,
    samples: known.samples + 1,
  };
}

/** No refresh costs less. */
export const leastMs = 1e-3;
/** Factors stay within e^±8. */
const mostLog = 8;

function bounded(factor: number): number {
  return Math.max(-mostLog, Math.min(mostLog, factor));
}

/** The predicted cost and each term's share of it, which is the gradient of its logarithm. */
function weigh({ factors }: LearnedCost, terms: CostTerms): { ms: number; shares: Triple } {
  const fixed = terms.fixed * Math.exp(factors[0]);
  const standing = terms.standing * Math.exp(factors[1]);
  const moving = terms.moving * Math.exp(factors[2]);
  const ms = Math.max(fixed + standing + moving, leastMs);
  return { ms, shares: [fixed / ms, standing / ms, moving / ms] };
}

/** Part of the way back to knowing nothing, in every direction; the factors themselves stay. */
function faded([xx, xy, xz, yy, yz, zz]: Covariance, share: number): Covariance {
  const kept = 1 - share;
  return [xx * kept + share, xy * kept, xz * kept, yy * kept + share, yz * kept, zz * kept + share];
}

function times([xx, xy, xz, yy, yz, zz]: Covariance, [x, y, z]: Triple): Triple {
  return [xx * x + xy * y + xz * z, xy * x + yy * y + yz * z, xz * x + yz * y + zz * z];
}

function variance(covariance: Covariance, shares: Triple): number {
  return Math.max(0, dot(times(covariance, shares), shares));
}

function dot(a: Triple, b: Triple): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
