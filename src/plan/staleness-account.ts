import type { Reason } from '../core/reasons.ts';
import type { RefreshPolicy } from '../declare/definition.ts';
import type { StalenessPrice } from '../declare/option-kind.ts';

/** How far something is behind, in the units that a price may be of. */
export type WaitingChange = {
  readonly ms: number;
  /** Of base-table change. */
  readonly rows: number;
  /** How much change waits beside what the contents were made of; 1: as much again. */
  readonly share: number;
};

/** What stale answers have cost since the last refresh, in ms of refreshing. */
export type StalenessAccount = {
  readonly costMs: number;
  /** Rows of answers that were stale. */
  readonly answers: number;
};

export const emptyAccount: StalenessAccount = Object.freeze({ costMs: 0, answers: 0 });

/** What so many rows of answers cost that were so far behind, in ms of refreshing. */
export function stalenessCostMs(
  { seconds, per }: StalenessPrice,
  waiting: WaitingChange,
  answers: number,
): number {
  const each = { second: waiting.ms / 1_000, row: waiting.rows, share: waiting.share };
  return 1_000 * seconds * each[per] * answers;
}

/**
 * Whether to refresh now what is stale within its bounds: once what staleness has cost since the last refresh comes to
 * what a refresh costs (ski rental; with costs that grow with what waits, the acknowledgement problem of Dooly, Goldman &
 * Scott 1998, 2001).
 *
 * How good it is, with R the cost of a refresh: between two of its refreshes any schedule either refreshes, for R, or pays
 * for staleness at least what this one pays, S. So cost ≤ (S + R)/min(S, R) times the best in hindsight, where S = R + o
 * and o is by how much the last answer jumped over: at most 2 + o/R, and one refresh more for what waits in the end. An
 * answer's cost is known only once it was given, and any rule that must decide before can be made to jump (or to refresh
 * for answers that never come), so o cannot be had away. Where changes and answers come evenly the rule is the best there
 * is: with κ·j the cost of the j-th answer, R/T + κ(T + 1)/2 is least at the first T with κT(T + 1)/2 ≥ R, which is where
 * it refreshes. Where R varies, 1 + most R/least R stands in the place of 2.
 *
 * The randomized rule with expected ratio e/(e − 1) ≈ 1.58 (Karlin et al. 1994; for acknowledgements Karlin, Kenyon & Randall
 * 2001) is not used: that is against an adversary who knows the rule and not the coin. On even streams, which histories
 * resemble more, drawing the limit z·R, z of density e^z/(e − 1), refreshes too soon as a rule, and costs
 * (1 + E z)/(2 E √z) ≈ 1.08 times as much; and two runs of one history would differ.
 */
export function isRefreshEarned({ costMs }: StalenessAccount, refreshMs: number): boolean {
  return costMs > 0 && costMs >= refreshMs;
}

/** Whether the policy leaves open when it is refreshed, and says what waiting costs. */
export function isPriced(
  policy: RefreshPolicy,
): policy is RefreshPolicy & { readonly stalenessPrice: StalenessPrice } {
  const { refresh, stalenessPrice } = policy;
  const isFree = refresh === 'auto' || refresh === 'incremental' || refresh === 'full';
  return isFree && stalenessPrice !== null;
}

/** Why something has not been refreshed, or is to be now. */
export type WaitingReason = Extract<
  Reason,
  | 'no-change'
  | 'refresh-held'
  | 'waits-for-reader'
  | 'manual-refresh'
  | 'read'
  | 'first-build'
  | 'deadline'
  | 'staleness-cost'
  | 'cost-below-refresh'
  | 'no-price'
>;
