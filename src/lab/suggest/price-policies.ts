import { meanSeries, type SeedSeries } from '../bootstrap/resample.ts';
import { timeGrid } from '../bootstrap/time-grid.ts';
import type { RunResult } from '../cell-result.ts';
import type { Policy } from '../policy.ts';
import { cellsByPolicy, pairedBySeed } from '../summary/cells-by-policy.ts';
import { type CostBasis, stepSeconds } from '../summary/step-seconds.ts';

/** Of a second of processor time, and of one unit of loss. */
export type Prices = RunResult['prices'];

/** What a policy came to over the whole history; means over seeds. */
export type PricedPolicy = {
  readonly policy: Policy;
  /** At the prices that were stated. */
  readonly cost: number;
  /** Of processor time, for refreshes. */
  readonly seconds: number;
  /** Summed loss. */
  readonly loss: number;
};

/** With the cost of each stretch of time, by seed. */
export type CostHistory = { readonly priced: PricedPolicy; readonly costs: SeedSeries };

/** All policies of a run, over the seeds that they have in common. */
export function pricePolicies(run: RunResult, prices: Prices, basis: CostBasis): readonly CostHistory[] {
  const policies = pairedBySeed(cellsByPolicy(run));
  const grid = timeGrid(policies.flatMap(({ cells }) => cells));
  return policies.map(({ policy, cells }) => {
    const seconds = cells.map((cell) => grid.sums(cell, stepSeconds(cell, run.refreshCost, basis)));
    const losses = cells.map((cell) => grid.sums(cell, cell.lossSum));
    const costs = seconds.map((spent, seed) =>
      spent.map((value, bin) => prices.cpuSecond * value + prices.loss * (losses[seed]?.[bin] ?? 0)),
    );
    return {
      priced: { policy, cost: totalOf(costs), seconds: totalOf(seconds), loss: totalOf(losses) },
      costs,
    };
  });
}

/** Sum over time of the mean over seeds. */
export function totalOf(seeds: SeedSeries): number {
  return meanSeries(seeds).reduce((sum, value) => sum + value, 0);
}
