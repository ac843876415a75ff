import type { Policy } from './policy.ts';

/** Weighted by answers. */
export type Quantiles = { readonly median: number; readonly p90: number; readonly max: number };

/** One line of the table: a policy over all its seeds. Sums over steps are means over seeds. */
export type PolicySummary = {
  readonly policy: Policy;
  readonly seeds: number;
  readonly rows: number;
  /** A row. */
  readonly meanLoss: number;
  readonly refreshes: { readonly incremental: number; readonly full: number; readonly none: number };
  readonly promotions: number;
  /** Processor time as it was measured; not the same in every run. */
  readonly cpuSeconds: number;
  readonly refreshCpuSeconds: number;
  /** What the refreshes are billed (`refreshSeconds`); the same in every run. */
  readonly billedSeconds: number;
  readonly rowsScanned: number;
  readonly staleness: {
    readonly versions: Quantiles;
    readonly rows: Quantiles;
    readonly ms: Quantiles;
    /** Null where it is not known. */
    readonly effect: Quantiles | null;
  };
  /** Share of answers beyond what the policy declares. */
  readonly outsideBound: number;
  /** Share of answers that the model before gave, for the window held no row to learn from. */
  readonly withoutModel: number;
  /** Null where nothing is right or wrong. */
  readonly negativeFlipsPerPromotion: number | null;
  readonly dataToModelMs: Quantiles | null;
  /**
   * At the prices of the experiment: refreshes as billed, and what was lost in between, by the loss itself, and by what
   * staleness is taken to cost.
   */
  readonly cost: { readonly loss: number; readonly staleness: number };
  /**
   * The same of the best schedule in hindsight over the same window and maintenance, among those that refresh at the
   * moment of a step at which this policy does: before its answers, or after them. Null where it was not computed.
   */
  readonly hindsight: { readonly loss: number | null; readonly staleness: number };
  /** No other policy has less loss for a bill as small, or as little for a smaller one. */
  readonly isOnFront: boolean;
};
