import type { FeatureSource } from './feature-source.ts';

/**
 * What answers, whatever the family: the fitted transform of the features, one or more scores that are linear
 * (or, with `quadratic`, quadratic) in the transformed features, and the head that makes the output columns of them.
 * Plain JSON, a part of the model version. Three interpreters must agree: SQL (predict-sql.ts), one row at a time
 * (predict-row.ts) and ONNX (export-onnx.ts).
 *
 *   score_k = offset_k + Σ_features [missing ? missingWeights_k : weights_k·(x − center)] + Σ_categories weights_k(level)
 *             − ½·quadratic_k(design)
 */
export type Scorer = {
  /** `impute`: a missing feature stands at its centre. `drop`: a row with one gets no prediction. */
  readonly missing: 'impute' | 'drop';
  readonly features: readonly ScoredFeature[];
  readonly categories: readonly ScoredCategory[];
  /** The scores with every feature at its centre, none missing and no category at a known level. */
  readonly offsets: readonly number[];
  /** One form per score; null: the scores are linear. */
  readonly quadratic: readonly QuadraticForm[] | null;
  readonly head: Head;
  /** How far a score can be from the exact model's; null for families without a certificate. */
  readonly bound: ScoreBound | null;
};

export type ScoredFeature = {
  readonly name: string;
  readonly source: FeatureSource;
  readonly kind: 'numeric' | 'boolean';
  /** Mean of the values that are not missing; also what a missing one is replaced by. */
  readonly center: number;
  /** Population standard deviation after that replacement. */
  readonly deviation: number;
  /** Per score: its change per unit of the feature. */
  readonly weights: readonly number[];
  /** Per score: the weight the penalty sees, per standard deviation where features are standardized. */
  readonly standardizedWeights: readonly number[];
  /** Per score: added when the feature is missing; 0 when none was missing in training. */
  readonly missingWeights: readonly number[];
  /** Training rows in which the feature was missing. */
  readonly missingRows: number;
};

export type ScoredCategory = {
  readonly name: string;
  readonly source: FeatureSource;
  /** Type of the value in the training set; decides how it prints. */
  readonly type: string;
  readonly levels: readonly ScoredLevel[];
  /** Per score: added for a level that is none of `levels`. */
  readonly unseen: readonly number[];
};

export type ScoredLevel = {
  /** Null: the value is missing. */
  readonly level: string | null;
  readonly weights: readonly number[];
  readonly rows: number;
};

/**
 * Σ_r (constant_r + Σ_j row_r[j]·d_j)² over the design d of a row: first x − center of every feature (0 where
 * missing), then 1 or 0 for every feature that is missing, then 1 or 0 for every level of every category.
 */
export type QuadraticForm = {
  readonly constants: readonly number[];
  /** Each as long as the design, or shorter: what is left out is 0. */
  readonly rows: readonly (readonly number[])[];
};

/** |score_k − score*_k| ≤ radius·√form(design) for every k, proved by `certificate`. */
export type ScoreBound = {
  readonly radius: number;
  readonly form: QuadraticForm;
  readonly certificate: string;
};

/** A value of a class label: its text, and the label's type. */
export type ClassLabel = string;

/** How scores become the columns an answer shows. */
export type Head =
  /** Score k is the column `columns[k]`, DOUBLE. */
  | { readonly kind: 'identity'; readonly columns: readonly string[] }
  /** `prediction` = exp(score). */
  | { readonly kind: 'exponential' }
  /** One score, the log odds of the second class: `prediction`, `probability` (of the second class). */
  | { readonly kind: 'logistic'; readonly type: string; readonly classes: readonly [ClassLabel, ClassLabel] }
  /** A score per class, log probabilities but for a common term: `prediction`, `probability_<class>`. */
  | { readonly kind: 'softmax'; readonly type: string; readonly classes: readonly ClassLabel[] }
  /** A score per cluster, the greatest wins: `prediction`, its number from 1 on, BIGINT. */
  | { readonly kind: 'nearest' };

/** What a model version is made of besides when and from what. */
export type ModelParameters = {
  readonly form: typeof parametersForm;
  readonly scorer: Scorer;
  /** Training rows. */
  readonly rows: number;
  /** Mean of a number label over the training rows; null for other labels. */
  readonly labelMean: number | null;
  /** What else the fit tells, by the family's own names: `l2`, `residual_squares`, … */
  readonly details: Readonly<Record<string, number | string | boolean | readonly number[] | null>>;
};

/** Parameters of another form are of another release, and do not answer. */
export const parametersForm = 2;

/** Columns of the design that a `QuadraticForm` is over. */
export function designSize({ features, categories }: Pick<Scorer, 'features' | 'categories'>): number {
  return 2 * features.length + categories.reduce((total, { levels }) => total + levels.length, 0);
}
