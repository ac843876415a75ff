import { EverviewError } from '../core/errors.ts';
import { type ClassScores, unweighted, withScore } from './class-scores.ts';
import { type ClassSums, classedSums, levelPlaces, levelRows, squaresOf, sumOf } from './class-sums.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { presentRows, rowCount, type SumsState } from './sums-state.ts';

/**
 * Naive Bayes of features that are 0 or 1, as scikit-learn's BernoulliNB (alpha is its alpha), each level of a
 * category being one: with p_jc = (N_jc + α) / (n_jc + 2α),
 *
 *   score_c = ln π_c + Σ_j [x_j·ln p_jc + (1 − x_j)·ln(1 − p_jc)]
 *
 * where n_jc counts the rows of class c in which feature j is there. A missing value says nothing.
 * @throws EverviewError `not-enough-rows` when there is no row; `invalid-definition` for a feature that is not 0 or 1.
 */
export function bernoulliNaiveBayes(
  plan: FeaturePlan,
  given: readonly ClassSums[],
  { alpha }: { readonly alpha: number },
): ClassScores {
  const { classes, total, priors } = classedSums(plan, given);
  assertBinary(plan, total);
  const features = unweighted(plan, total);
  return {
    classes: classes.map(({ label, sums }, index) => {
      const prior = priors[index] ?? 0;
      const measured = plan.measured.map((_, feature) =>
        logsOf(sumOf(sums, feature)[0], presentRows(sums, feature), alpha),
      );
      const levels = levelPlaces(sums).flatMap((places) =>
        places.map((place) => logsOf(levelRows(sums, place), rowCount(sums), alpha)),
      );
      const weights = measured.map(({ yes, no }) => yes - no);
      const atCenter = measured.map(
        ({ no }, j) => no + (features.features[j]?.center ?? 0) * (weights[j] ?? 0),
      );
      const score = withScore(features, {
        offset: [...atCenter, ...levels.map(({ no }) => no)].reduce(
          (sum, value) => sum + value,
          Math.log(prior),
        ),
        weights,
        missingWeights: atCenter.map((value) => -value),
        levelWeights: levels.map(({ yes, no }) => yes - no),
      });
      return { label, prior, score, form: null };
    }),
  };
}

function logsOf(count: number, rows: number, alpha: number): { yes: number; no: number } {
  const whole = rows + 2 * alpha;
  return { yes: Math.log((count + alpha) / whole), no: Math.log((rows - count + alpha) / whole) };
}

/** Σx² = Σx holds for 0 and 1, and for hardly anything else. */
function assertBinary(plan: FeaturePlan, total: SumsState): void {
  plan.measured.forEach(({ name, kind }, feature) => {
    const [sum, squares] = [sumOf(total, feature)[0], squaresOf(total, feature)[0]];
    if (kind === 'boolean' || Math.abs(squares - sum) <= 1e-9 * Math.abs(sum)) return;
    throw new EverviewError(
      'invalid-definition',
      `model "${plan.model}" takes "${name}" for 0 or 1, which it is not`,
      {
        hint: `make it a BOOLEAN, such as ${name} > 0, or use method = 'gaussian_nb'`,
      },
    );
  });
}
