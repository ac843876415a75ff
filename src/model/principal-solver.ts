import { EverviewError } from '../core/errors.ts';
import { linearScorer } from './linear-parameters.ts';
import { principalComponents } from './principal-components.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { parametersForm } from './scorer.ts';
import type { SumsSolver } from './sums-family.ts';
import { rowCount } from './sums-state.ts';

/** `pc1`, `pc2`, …: the scores of a row on the directions of largest variance. */
export const principalSolver: SumsSolver = {
  method: 'pca',
  needs: () => null,
  solve: (plan, sums, { components, standardize }) => {
    const found = principalComponents(plan, sums, { components, standardize });
    const [first] = found;
    if (first === undefined) {
      throw new EverviewError('not-enough-rows', `no feature of model "${plan.model}" varies`, {
        hint: 'principal components need two training rows that differ',
      });
    }
    return {
      form: parametersForm,
      scorer: linearScorer(
        plan,
        // columns stay the same whatever the rows: where no direction is left, the score is 0
        Array.from({ length: components }, (_, index) => found[index]?.score ?? zero(first.score)),
        Array.from({ length: components }, (_, index) => `pc${index + 1}`),
      ),
      rows: rowCount(sums),
      labelMean: null,
      details: {
        explained_variance: found.map(({ variance }) => variance),
        explained_variance_ratio: found.map(({ share }) => share),
        standardize,
      },
    };
  },
};

function zero(score: RidgeParameters): RidgeParameters {
  return {
    ...score,
    offset: 0,
    intercept: 0,
    features: score.features.map((feature) => ({
      ...feature,
      weight: 0,
      standardizedWeight: 0,
      missingWeight: 0,
    })),
    categories: score.categories.map((category) => ({
      ...category,
      levels: category.levels.map((level) => ({ ...level, weight: 0 })),
    })),
  };
}
