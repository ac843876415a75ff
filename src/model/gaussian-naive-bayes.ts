import { type ClassForm, type ClassScores, type LinearScore, unweighted, withScore } from './class-scores.ts';
import {
  type ClassedSums,
  type ClassSums,
  classedSums,
  levelPlaces,
  levelWeight,
  sumOf,
} from './class-sums.ts';
import { divide, subtract } from './double-double.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { centredSquares, presentRows, presentWeight, type SumsState, totalWeight } from './sums-state.ts';

export type GaussianBayesOptions = {
  /** Added to every variance, as a share of the largest variance of a feature over all rows. */
  readonly smoothing: number;
  /** Added to the count of every level (Laplace). */
  readonly alpha: number;
};

/**
 * Naive Bayes with a normal distribution per class and measured feature, as scikit-learn's GaussianNB (smoothing is
 * its var_smoothing, 1e-9 there), and a smoothed share per class and level of a category, as its CategoricalNB:
 *
 *   score_c = ln π_c − ½·Σ_j [ln(2π·σ²_jc) + (x_j − μ_jc)²/σ²_jc] + Σ ln((n_lc + α) / (n_c + α·L))
 *
 * with population variances, none below 10⁻¹² of the feature's over all rows. A missing value and a level never seen say nothing.
 * @throws EverviewError `not-enough-rows` when there is no row.
 */
export function gaussianNaiveBayes(
  plan: FeaturePlan,
  given: readonly ClassSums[],
  options: GaussianBayesOptions,
): ClassScores {
  const classed = classedSums(plan, given);
  const features = unweighted(plan, classed.total);
  const smoothing = options.smoothing * largestVariance(plan, classed);
  return {
    classes: classed.classes.map(({ label, sums }, index) => {
      const prior = classed.priors[index] ?? 0;
      const normals = plan.measured.map((_, feature) =>
        normalOf(sums, feature, smoothing, leastSpread * varianceOf(classed.total, feature)),
      );
      const logs = normals.map(({ variance }) => -Math.log(2 * Math.PI * variance) / 2);
      const score: LinearScore = {
        offset: logs.reduce((sum, value) => sum + value, Math.log(prior)),
        weights: plan.measured.map(() => 0),
        missingWeights: logs.map((value) => -value),
        levelWeights: levelLogs(sums, options.alpha),
      };
      const centers = features.features.map(({ center }) => center);
      return { label, prior, score: withScore(features, score), form: formOf(normals, centers) };
    }),
  };
}

type Normal = { readonly mean: number; readonly variance: number };

/** As a share of the feature's variance over all classes; below it, what a class has of its own may be rounding. */
const leastSpread = 1e-12;

/** Of the values that are there; of none, one that hardly tells. */
function normalOf(sums: SumsState, feature: number, smoothing: number, least: number): Normal {
  const present = presentWeight(sums, feature);
  if (presentRows(sums, feature) === 0) return { mean: 0, variance: Number.MAX_VALUE ** 0.5 };
  const variance = Math.max(least, varianceOf(sums, feature) + smoothing);
  // a constant column of a constant table: any variance gives all classes the same
  return { mean: divide(sumOf(sums, feature), [present, 0])[0], variance: variance > 0 ? variance : 1 };
}

function varianceOf(sums: SumsState, feature: number): number {
  const squares = Math.max(0, centredSquares(sums, feature)) * (sums.frame.scale[feature] ?? 1) ** 2;
  return squares === 0 ? 0 : squares / presentWeight(sums, feature);
}

function largestVariance(plan: FeaturePlan, { total }: ClassedSums): number {
  return plan.measured.reduce((most, _, feature) => Math.max(most, varianceOf(total, feature)), 0);
}

/** Per level, ln of its smoothed share of the class's rows. */
function levelLogs(sums: SumsState, alpha: number): number[] {
  return levelPlaces(sums).flatMap((places) =>
    places.map((place) =>
      Math.log((levelWeight(sums, place) + alpha) / (totalWeight(sums) + alpha * places.length)),
    ),
  );
}

/** Σ(x − μ)²/σ² with x − centre and "is missing" as coordinates: a missing value takes its whole term away. */
function formOf(normals: readonly Normal[], centers: readonly number[]): ClassForm {
  const constants = normals.map(
    ({ mean, variance }, j) => subtract([centers[j] ?? 0, 0], [mean, 0])[0] / Math.sqrt(variance),
  );
  return {
    constants,
    rows: normals.map(({ variance }, j) => {
      const row = new Array<number>(2 * normals.length).fill(0);
      row[j] = 1 / Math.sqrt(variance);
      row[normals.length + j] = -(constants[j] ?? 0);
      return row;
    }),
  };
}
