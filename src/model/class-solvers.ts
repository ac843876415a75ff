import { bernoulliNaiveBayes } from './bernoulli-naive-bayes.ts';
import type { ClassSolver } from './class-family.ts';
import { gaussianNaiveBayes } from './gaussian-naive-bayes.ts';
import { linearDiscriminant } from './linear-discriminant.ts';
import { multinomialNaiveBayes } from './multinomial-naive-bayes.ts';
import { quadraticDiscriminant } from './quadratic-discriminant.ts';

/** As scikit-learn has them. */
const varianceSmoothing = 1e-9;
const countSmoothing = 1;

/** A level that a class has not shown must not make it impossible: scikit-learn's least alpha. */
const leastCount = 1e-10;

function addedToCounts(smoothing: number | null, factor: number): number {
  return Math.max(leastCount, smoothing ?? countSmoothing) / factor;
}

export const gaussianBayesSolver: ClassSolver = {
  method: 'gaussian_nb',
  solve: (plan, classes, { smoothing }, factor) =>
    gaussianNaiveBayes(plan, classes, {
      smoothing: smoothing ?? varianceSmoothing,
      alpha: countSmoothing / factor,
    }),
};

export const multinomialBayesSolver: ClassSolver = {
  method: 'multinomial_nb',
  solve: (plan, classes, { smoothing }, factor) =>
    multinomialNaiveBayes(plan, classes, { alpha: addedToCounts(smoothing, factor) }),
};

export const bernoulliBayesSolver: ClassSolver = {
  method: 'bernoulli_nb',
  solve: (plan, classes, { smoothing }, factor) =>
    bernoulliNaiveBayes(plan, classes, { alpha: addedToCounts(smoothing, factor) }),
};

export const linearDiscriminantSolver: ClassSolver = {
  method: 'lda',
  solve: (plan, classes) => linearDiscriminant(plan, classes),
};

export const quadraticDiscriminantSolver: ClassSolver = {
  method: 'qda',
  solve: (plan, classes, { regularization }) => quadraticDiscriminant(plan, classes, { regularization }),
};
