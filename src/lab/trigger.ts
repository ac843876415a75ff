/** Columns of the rows of one batch; numbers as doubles (null: NaN), everything else as text. */
export type FeatureColumn =
  | { readonly name: string; readonly kind: 'number'; readonly values: Float64Array }
  | { readonly name: string; readonly kind: 'category'; readonly values: readonly (string | null)[] };

/** What one step of a replay shows to whoever decides about a refresh. Nothing in it is known only later. */
export type Observation = {
  /** Simulated, milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Features of the rows that arrived in this step. */
  readonly features: readonly FeatureColumn[];
  /** Loss of each prediction whose label came in this step, in event-time order, as it was answered then. */
  readonly losses: Float64Array;
  /** Of the same rows: refreshes that were promoted up to the model that answered; 0: the model of the warm-up. */
  readonly answeredBy: Int32Array;
  /**
   * Of the same rows: the loss of the model before the one that answered (that of `answeredBy − 1`); NaN where there
   * was none. Null: all NaN.
   */
  readonly supersededLosses: Float64Array | null;
  /** Labels known by now that the answering model has not learned. */
  readonly pendingLabels: number;
  /** Labels that the answering model was fitted on. */
  readonly trainingRows: number;
  /** Predictions answered in this step. */
  readonly answers: number;
  /** What staleness of this step's answers cost, at the prices of the experiment. */
  readonly stalenessCost: number;
  /** What a refresh now would cost, at the prices of the experiment. */
  readonly refreshCost: number;
};

export type TriggerDecision =
  | { readonly refresh: false }
  | { readonly refresh: true; readonly because: string };

/**
 * Decides after each step whether the model is refreshed now. It is given everything in order and keeps what it needs;
 * the same observations give the same decisions.
 */
export interface RefreshTrigger {
  observe(seen: Observation): TriggerDecision;
  /**
   * A refresh was done, by this trigger's will, right after the observation seen last.
   * @param promoted whether its model will answer; only then does `answeredBy` count it
   */
  refreshed(promoted: boolean): void;
}
