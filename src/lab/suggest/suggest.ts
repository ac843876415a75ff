import { seededRandom } from '../../index.ts';
import { stationaryBlockLength } from '../bootstrap/block-length.ts';
import { type Interval, intervalOf } from '../bootstrap/quantile.ts';
import { meanSeries, resampleTotals } from '../bootstrap/resample.ts';
import type { RunResult } from '../cell-result.ts';
import type { Policy } from '../policy.ts';
import type { CostBasis } from '../summary/step-seconds.ts';
import { type CostHistory, type PricedPolicy, type Prices, pricePolicies } from './price-policies.ts';

export type SuggestOptions = {
  /** Those of the run by default. */
  readonly prices?: Prices;
  /** Which seconds the price is of: those that were `measured` by default, or `billed`, which are the same in every run. */
  readonly basis?: CostBasis;
  /** The statements that declare a policy (none where the model is declared so already); null: SQL cannot say it. */
  readonly statementsOf: (policy: Policy) => readonly string[] | null;
  /** Of the intervals. 0.95 by default. */
  readonly confidence?: number;
  readonly resamples?: number;
  readonly seed?: number;
};

/** How much more another policy costs than the one suggested, over the whole history, and between what it may be. */
export type CostDifference = PricedPolicy & { readonly more: number; readonly interval: Interval };

export type Suggestion = {
  readonly prices: Prices;
  readonly basis: CostBasis;
  readonly confidence: number;
  /** Null where the run has no policy that SQL can declare, or no step. */
  readonly suggested:
    | (PricedPolicy & {
        readonly statements: readonly string[];
        /** That no other policy that SQL can declare is cheaper, over seeds and over histories such as this. */
        readonly probability: number;
        /** In how many of the parts of equal length of the history none was cheaper. */
        readonly parts: { readonly cheapest: number; readonly of: number };
      })
    | null;
  /** The next cheapest that SQL can declare. */
  readonly runnerUp: CostDifference | null;
  /** The cheapest of those that SQL cannot declare, where it is cheaper; `probability` that it is. */
  readonly undeclared: (CostDifference & { readonly probability: number }) | null;
  readonly evidence: {
    readonly seeds: number;
    readonly steps: number;
    /** Mean length of a block of the bootstrap. */
    readonly blockSteps: number;
    readonly resamples: number;
  };
};

const partsOfHistory = 5;

type Drawn = CostHistory & { readonly totals: Float64Array };
type Declared = Drawn & { readonly statements: readonly string[] };

/**
 * The cheapest policy at the prices stated, of those that SQL can declare: one of the Pareto front of seconds and loss.
 * How sure that is comes from a stationary bootstrap, paired over policies: see `resampleTotals`; the mean length of a
 * block is the longest that `stationaryBlockLength` finds for the difference of another policy from it.
 */
export function suggest(run: RunResult, options: SuggestOptions): Suggestion {
  const { prices = run.prices, basis = 'measured', statementsOf, confidence = 0.95 } = options;
  const { resamples = 2000, seed = 1 } = options;
  const all = [...pricePolicies(run, prices, basis)].sort(byCost);
  const leader = all.find(({ priced }) => statementsOf(priced.policy) !== null);
  const seeds = leader?.costs.length ?? 0;
  const steps = leader?.costs[0]?.length ?? 0;
  const blockSteps = leader === undefined ? 1 : longestBlock(leader, all);
  const evidence = { seeds, steps, blockSteps, resamples };
  const told = { prices, basis, confidence, evidence };
  if (steps === 0) return { ...told, suggested: null, runnerUp: null, undeclared: null };
  const totals = resampleTotals(
    all.map(({ costs }) => costs),
    { random: seededRandom(seed), resamples, blockLength: blockSteps },
  );
  const declared: Declared[] = [];
  const others: Drawn[] = [];
  for (const [place, history] of all.entries()) {
    const drawn = { ...history, totals: totals[place] ?? new Float64Array(0) };
    const statements = statementsOf(history.priced.policy);
    if (statements === null) others.push(drawn);
    else declared.push({ ...drawn, statements });
  }
  const [first, second] = declared;
  if (first === undefined) return { ...told, suggested: null, runnerUp: null, undeclared: null };
  const [other] = others;
  const isCheaper = other !== undefined && isLess(other.priced.cost, first.priced.cost);
  return {
    ...told,
    suggested: {
      ...first.priced,
      statements: first.statements,
      probability: 1 - shareBelow(first.totals, declared),
      parts: cheapestParts(first, declared),
    },
    runnerUp: second === undefined ? null : differenceOf(second, first, confidence),
    undeclared: isCheaper
      ? { ...differenceOf(other, first, confidence), probability: shareBelow(first.totals, [other]) }
      : null,
  };
}

/** Of two that cost the same the one that takes less time, so that what is suggested is on the front. */
function byCost({ priced: one }: CostHistory, { priced: other }: CostHistory): number {
  return one.cost - other.cost || one.seconds - other.seconds || one.loss - other.loss;
}

/** By more than rounding. */
function isLess(one: number, other: number): boolean {
  return one < other - 1e-9 * Math.abs(other);
}

function longestBlock(leader: CostHistory, all: readonly CostHistory[]): number {
  const ofLeader = meanSeries(leader.costs);
  return all.reduce((longest, { costs }) => {
    const difference = meanSeries(costs).map((value, bin) => value - (ofLeader[bin] ?? 0));
    return Math.max(longest, stationaryBlockLength(difference));
  }, 1);
}

/** In how great a part of the draws one of the others cost less. */
function shareBelow(totals: Float64Array, others: readonly Drawn[]): number {
  let below = 0;
  for (const [draw, total] of totals.entries()) {
    if (others.some((other) => isLess(other.totals[draw] ?? total, total))) below++;
  }
  return below / Math.max(1, totals.length);
}

function differenceOf(other: Drawn, first: Drawn, confidence: number): CostDifference {
  const drawn = other.totals.map((total, draw) => total - (first.totals[draw] ?? 0));
  return {
    ...other.priced,
    more: other.priced.cost - first.priced.cost,
    interval: intervalOf(drawn, confidence),
  };
}

function cheapestParts(
  first: CostHistory,
  declared: readonly CostHistory[],
): { cheapest: number; of: number } {
  const own = meanSeries(first.costs);
  const others = declared.map(({ costs }) => meanSeries(costs));
  const of = Math.min(partsOfHistory, own.length);
  let cheapest = 0;
  for (let part = 0; part < of; part++) {
    const [from, to] = [part, part + 1].map((end) => Math.round((end * own.length) / of));
    const sum = (series: Float64Array): number =>
      series.slice(from, to).reduce((total, value) => total + value, 0);
    if (!others.some((series) => isLess(sum(series), sum(own)))) cheapest++;
  }
  return { cheapest, of };
}
