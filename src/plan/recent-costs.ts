import type { CostTerms } from './learned-cost.ts';

/**
 * Where a refresh stands among others, in natural logarithms of sizes: refreshes more than about 1 apart say little of
 * each other.
 */
export type CostPlace = readonly [changed: number, sources: number, kind: number];

/** One executed refresh: where it stood, the terms it was predicted from, what it cost, and how much that counts. */
export type RecentCost = {
  readonly place: CostPlace;
  readonly terms: CostTerms;
  readonly ms: number;
  readonly weight: number;
};

/** What refreshes like this one have lately cost, as a factor on the prediction from terms. */
export type LocalCost = {
  readonly factor: number;
  /** How many such refreshes that rests on, near and recent ones counting most. */
  readonly weight: number;
  /** Mean distance of their logarithms from the middle one. */
  readonly scatter: number;
};

/** Distance at which an observation counts e^(−½). */
const width = 0.6;
/** So many times that, it counts nothing. */
const farOff = 4;
/** Every newer one of those near makes the older ones count so much less: sizes that come in turn do not wear each other out. */
const memory = 0.85;
/** The prediction from terms counts as so many observations. */
const doubt = 0.6;

/** Costs are not linear in anything for long: plans change, and with them what a row costs. */
export function localCost(
  recent: readonly RecentCost[],
  place: CostPlace,
  predict: (terms: CostTerms) => number,
): LocalCost {
  const residuals = recent
    .map((each) => ({ ...each, away: distance(each.place, place) / width }))
    .filter(({ away }) => away <= farOff)
    .map(({ weight, away, ms, terms }, age) => ({
      value: Math.log(ms / predict(terms)),
      weight: weight * memory ** age * Math.exp(-0.5 * away ** 2),
    }));
  const weight = residuals.reduce((total, residual) => total + residual.weight, 0);
  const middle = lowerMiddle([...residuals, { value: 0, weight: doubt }]);
  const apart = residuals.reduce((total, each) => total + each.weight * Math.abs(each.value - middle), 0);
  return { factor: Math.exp(middle), weight, scatter: weight === 0 ? 0 : apart / weight };
}

const mostNear = 4;
const mostOfAll = 20;

/** With one more in front. Of each neighbourhood a few are kept, so that a size that comes rarely is not forgotten. */
export function withRecent(recent: readonly RecentCost[], cost: RecentCost): readonly RecentCost[] {
  const newest = rounded(cost);
  const near = recent.filter((each) => distance(each.place, newest.place) < width);
  const dropped = near.length >= mostNear ? near.at(-1) : undefined;
  return [newest, ...recent.filter((each) => each !== dropped)].slice(0, mostOfAll);
}

/** To what is worth storing. */
function rounded({ place: [changed, sources, kind], terms, ms, weight }: RecentCost): RecentCost {
  return {
    place: [short(changed), short(sources), kind],
    terms: { fixed: short(terms.fixed), standing: short(terms.standing), moving: short(terms.moving) },
    ms: short(ms),
    weight,
  };
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}

function distance(a: CostPlace, b: CostPlace): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/**
 * The weighted quantile below the median that one dear outlier does not move: refreshes are disturbed often, and never
 * cost less than they have to.
 */
function lowerMiddle(values: readonly { readonly value: number; readonly weight: number }[]): number {
  const sorted = values.toSorted((a, b) => a.value - b.value);
  const reached = sorted.reduce((total, { weight }) => total + weight, 0) * quantile;
  let below = 0;
  for (const { value, weight } of sorted) {
    below += weight;
    if (below >= reached) return value;
  }
  return 0;
}

const quantile = 0.3;
