import { describeLinearFit } from './describe-linear-fit.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { linearDesign } from './linear-design.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { pairedSums, type SumsState } from './sums-state.ts';

/**
 * Σ_r (constant_r + Σ_j row_r[j]·d_j)² over the design d of a row: x − centre of every measured feature (0 where
 * missing), then 1 or 0 for every one that is missing, then 1 or 0 for every level of every category.
 */
export type ClassForm = {
  readonly constants: readonly number[];
  readonly rows: readonly (readonly number[])[];
};

/**
 * A classifier: the logarithm of each class's share of what is likely, but for a term common to all classes, is
 * score − ½·form. The softmax of these are the probabilities.
 */
export type ClassScores = {
  readonly classes: readonly {
    readonly label: string;
    /** Its share of the training rows. */
    readonly prior: number;
    readonly score: RidgeParameters;
    /** Null where scores are linear. */
    readonly form: ClassForm | null;
  }[];
};

/** One class's score: per measured feature, and per level of all categories in the state's layout. */
export type LinearScore = {
  /** With every feature at its centre, and no known level. */
  readonly offset: number;
  /** Per unit of the feature. */
  readonly weights: readonly number[];
  /** Added where it is missing. */
  readonly missingWeights: readonly number[];
  readonly levelWeights: readonly number[];
};

/** The features as the sums over all classes have them, with nothing in their weights. */
export function unweighted(plan: FeaturePlan, total: SumsState): RidgeParameters {
  const { centred, deviations, units } = linearDesign(plan, total, true);
  return describeLinearFit(plan, total, { l2: 0, standardize: true }, centred, {
    deviations,
    units,
    weights: pairedSums(units.length),
    squares: 0,
    response: { mean: [0, 0], scale: 1 },
  });
}

export function withScore(features: RidgeParameters, score: LinearScore): RidgeParameters {
  let place = 0;
  return {
    ...features,
    offset: score.offset,
    intercept: features.features.reduce(
      (rest, { center }, index) => rest - center * (score.weights[index] ?? 0),
      score.offset,
    ),
    features: features.features.map((feature, index) => ({
      ...feature,
      weight: score.weights[index] ?? 0,
      standardizedWeight: (score.weights[index] ?? 0) * (feature.kind === 'numeric' ? feature.deviation : 1),
      missingWeight: score.missingWeights[index] ?? 0,
    })),
    categories: features.categories.map((category) => ({
      ...category,
      levels: category.levels.map((level) => ({ ...level, weight: score.levelWeights[place++] ?? 0 })),
    })),
  };
}
