import type { PolicySummary } from '../policy-summary.ts';

/** What a policy cost beyond the best schedule in hindsight, and how many times as much; 1 where both cost nothing. */
export type Regret = { readonly more: number; readonly times: number };

/** By both objectives; `loss` null where hindsight was not computed. */
export function regretOf({ cost, hindsight }: Pick<PolicySummary, 'cost' | 'hindsight'>): {
  readonly loss: Regret | null;
  readonly staleness: Regret;
} {
  return {
    loss: hindsight.loss === null ? null : regret(cost.loss, hindsight.loss),
    staleness: regret(cost.staleness, hindsight.staleness),
  };
}

function regret(cost: number, best: number): Regret {
  return { more: cost - best, times: best > 0 ? cost / best : cost > 0 ? Number.POSITIVE_INFINITY : 1 };
}
