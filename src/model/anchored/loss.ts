/**
 * What a model of this family pays for a row, as a convex function φ of the row's linear predictors s (one, or K − 1
 * for K classes), and what bounds its curvature: one file per loss.
 */
export interface Loss {
  readonly name: string;
  /** Linear predictors per row. */
  readonly scores: number;
  /** Scores of the served model per linear predictor, row-major; null: the predictor is the score. */
  readonly contrasts: Contrasts | null;
  /** The same loss with a curvature from above that is never 0, for finding a start; null: its own serves. */
  readonly majorizer: Loss | null;
  /** How φ″ may change with s. */
  readonly curvature: CurvatureLaw;
  /** Whether the label is in the loss's domain. */
  accepts(label: number): boolean;
  /** The predictors of a model without features to start from, given the mean of the labels. */
  start(meanLabel: number): number[];
  /**
   * Fills slopes and curvatures, multiplied by the rows' weights, and returns Σ weight · φ. A row of weight 0 leaves
   * zeros whatever its label.
   */
  evaluate(rows: LossRows): number;
}

/**
 * `self-concordant`: |φ‴| ≤ φ″ along the predictor (for several: |D³φ[h, h, δ]| ≤ range(contrasts·δ) · D²φ[h, h]),
 * the generalized self-concordance of Bach 2010 (doi:10.1214/09-EJS521) and Sun & Tran-Dinh 2019
 * (doi:10.1007/s10107-018-1282-4) with ν = 2. `kinked`: φ″ is 1 where |s − y| ≤ delta and 0 elsewhere.
 */
export type CurvatureLaw =
  | { readonly kind: 'self-concordant' }
  | { readonly kind: 'kinked'; readonly delta: number };

/** Served scores η = matrix · s: `classes` × `scores`, row-major. */
export type Contrasts = { readonly classes: number; readonly matrix: Float64Array };

/** A block of rows, predictor after predictor; curvatures are pairs (a, b) with a ≤ b in the order of `pairIndex`. */
export type LossRows = {
  readonly rows: number;
  readonly scores: Float64Array;
  readonly labels: Float64Array;
  readonly weights: Float64Array;
  readonly slopes: Float64Array;
  readonly curvatures: Float64Array;
};

export function pairCount(scores: number): number {
  return (scores * (scores + 1)) / 2;
}

/** Place of the pair (a, b), a ≤ b, among all pairs of `scores` predictors. */
export function pairIndex(scores: number, a: number, b: number): number {
  return a * scores - (a * (a - 1)) / 2 + (b - a);
}
