import { EverviewError } from '../core/errors.ts';
import { type ClassScores, unweighted, withScore } from './class-scores.ts';
import { type ClassSums, classedSums, levelPlaces, levelWeight, sumOf } from './class-sums.ts';
import type { FeaturePlan } from './feature-plan.ts';
import type { SumsState } from './sums-state.ts';

/**
 * Naive Bayes of counts, as scikit-learn's MultinomialNB (alpha is its alpha): with N_jc the sum of feature j over the
 * rows of class c, each level of a category being a feature of 0 and 1,
 *
 *   score_c = ln π_c + Σ_j x_j·ln((N_jc + α) / Σ_k (N_kc + α))
 *
 * A missing value counts as 0.
 * @throws EverviewError `not-enough-rows` when there is no row; `invalid-definition` for a feature that is negative on
 * the whole.
 */
export function multinomialNaiveBayes(
  plan: FeaturePlan,
  given: readonly ClassSums[],
  { alpha }: { readonly alpha: number },
): ClassScores {
  const { classes, total, priors } = classedSums(plan, given);
  const features = unweighted(plan, total);
  const wholes = plan.measured.map((_, feature) => sumOf(total, feature)[0]);
  return {
    classes: classes.map(({ label, sums }, index) => {
      const prior = priors[index] ?? 0;
      const counts = plan.measured.map((_, feature) => countOf(plan, sums, feature, wholes[feature] ?? 0));
      const levels = levelPlaces(sums).flatMap((places) => places.map((place) => levelWeight(sums, place)));
      const whole = [...counts, ...levels].reduce((sum, count) => sum + count + alpha, 0);
      const log = (count: number) => Math.log((count + alpha) / whole);
      const weights = counts.map(log);
      const atCenter = features.features.map(({ center }, feature) => center * (weights[feature] ?? 0));
      const score = withScore(features, {
        offset: atCenter.reduce((sum, value) => sum + value, Math.log(prior)),
        weights,
        missingWeights: atCenter.map((value) => -value),
        levelWeights: levels.map(log),
      });
      return { label, prior, score, form: null };
    }),
  };
}

/** What is left of a class without the feature, as a share of all that was counted, where rows have weights. */
const rounding = 1e-9;

function countOf(plan: FeaturePlan, sums: SumsState, feature: number, whole: number): number {
  const count = sumOf(sums, feature)[0];
  if (count < -rounding * Math.max(0, whole)) throw negativeCount(plan, feature);
  return Math.max(0, count);
}

function negativeCount(plan: FeaturePlan, feature: number): EverviewError {
  const name = plan.measured[feature]?.name ?? '';
  return new EverviewError(
    'invalid-definition',
    `model "${plan.model}" cannot count "${name}", which is negative`,
    {
      hint: "multinomial naive Bayes takes counts; method = 'gaussian_nb' takes any number",
    },
  );
}
