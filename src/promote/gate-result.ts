import type { Reason } from '../core/reasons.ts';
import type { Verdict } from './paired-test.ts';

/** How one condition fared. Scores are null where they are undefined, and then no condition on them holds. */
export type GateResult = {
  /** As written, or what the gate asks by itself. */
  readonly condition: string;
  /** A metric, or `negative_flips`. */
  readonly metric: string;
  /** Which rows of the hold-out: `origin = JFK`, the worst of its column; null: all. */
  readonly slice: string | null;
  /** Which window before the hold-out, 1 the newest, the worst of them; null: the hold-out. */
  readonly earlierWindow: number | null;
  /** Rows that count there. */
  readonly rows: number;
  readonly candidate: number | null;
  /** Null: there is no current model, or it has no such score. */
  readonly current: number | null;
  /** What the candidate's score was held against; null for a relative condition with nothing to compare. */
  readonly threshold: number | null;
  /** Of a paired test: the interval of the mean loss beyond the margin, below 0 where it is proven no worse. */
  readonly lower: number | null;
  readonly upper: number | null;
  readonly verdict: Verdict;
  readonly passed: boolean;
  readonly reason: Reason;
};

export type GateVerdict = {
  /** `inconclusive`: the hold-out cannot tell; the current model stays, as with `hold`, and more rows will. */
  readonly verdict: Verdict;
  readonly passed: boolean;
  readonly reason: Reason;
  readonly results: readonly GateResult[];
};

/** How bad a result is against others of the same condition: failures first, then the more the further beyond. */
export type Judged = { readonly result: GateResult; readonly excess: number };

export function worstOf(judged: readonly Judged[]): GateResult | null {
  const [first, ...others] = judged;
  if (first === undefined) return null;
  const rank = ({ result }: Judged) => (result.passed ? 0 : 1);
  return others.reduce((worst, one) => {
    const byVerdict = rank(one) - rank(worst);
    return byVerdict > 0 || (byVerdict === 0 && one.excess > worst.excess) ? one : worst;
  }, first).result;
}
