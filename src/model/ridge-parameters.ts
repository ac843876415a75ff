/** The contents of a ridge model, as plain JSON. Predictions are in units of the label. */
export type RidgeParameters = {
  readonly kind: 'ridge';
  /**
   * The prediction where every measured feature is at its centre, none is missing and no category has a known level:
   * prediction = offset + Σ weight·(x − centre) + Σ missingWeight + Σ level weights.
   */
  readonly offset: number;
  /** The prediction at x = 0, with nothing missing and no known level. */
  readonly intercept: number;
  readonly features: readonly RidgeFeature[];
  readonly categories: readonly RidgeCategory[];
  /** Training rows. */
  readonly rows: number;
  readonly labelMean: number;
  /** Σ(y − prediction)² over the training rows. */
  readonly residualSquares: number;
  readonly l2: number;
  readonly standardize: boolean;
  readonly missing: 'impute' | 'drop';
};

export type RidgeFeature = {
  readonly name: string;
  readonly kind: 'numeric' | 'boolean';
  /** Mean of the values that are not missing; also what a missing one is replaced by. */
  readonly center: number;
  /** Population standard deviation after that replacement. */
  readonly deviation: number;
  /** Change of the prediction per unit of the feature. */
  readonly weight: number;
  /** The weight the penalty sees: per standard deviation for a standardized numeric feature, else as `weight`. */
  readonly standardizedWeight: number;
  /** Added when the feature is missing; 0 when none was missing in training. */
  readonly missingWeight: number;
  /** Training rows in which the feature was missing. */
  readonly missingRows: number;
};

export type RidgeCategory = {
  readonly name: string;
  /** Type of the column in the training set; decides how a value prints. */
  readonly type: string;
  readonly levels: readonly {
    readonly level: string | null;
    readonly weight: number;
    readonly rows: number;
  }[];
};
