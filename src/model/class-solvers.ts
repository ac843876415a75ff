import { bernoulliNaiveBayes } from './bernoulli-naive-bayes.ts';
import type { ClassSolver } from './class-family.ts';
import { gaussianNaiveBayes } from './gaussian-naive-bayes.ts';
import { linearDiscriminant } from './linear-discriminant.ts';
import { multinomialNaiveBayes } from './multinomial-naive-bayes.ts';
import { quadraticDiscriminant } from './quadratic-discriminant.ts';

/** As scikit-learn has them. */
const varianceSmoothing = 1e-9;
const countSmoothing = 1;

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
    multinomialNaiveBayes(plan, classes, { alpha: (smoothing ?? countSmoothing) / factor }),
};

export const bernoulliBayesSolver: ClassSolver = {
  method: 'bernoulli_nb',
  solve: (plan, classes, { smoothing }, factor) =>
    bernoulliNaiveBayes(plan, classes, { alpha: (smoothing ?? countSmoothing) / factor }),
};

export const linearDiscriminantSolver: ClassSolver = {
  method: 'lda',
  solve: (plan, classes) => linearDiscriminant(plan, classes),
};

export const quadraticDiscriminantSolver: ClassSolver = {
  method: 'qda',
  solve: (plan, classes, { regularization }) => quadraticDiscriminant(plan, classes, { regularization }),
};
