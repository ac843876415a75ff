import type { Method } from '../declare/methods.ts';
import { AnchoredFamily } from './anchored-family.ts';
import { ClassFamily } from './class-family.ts';
import { ClassFitter } from './class-fitter.ts';
import {
  bernoulliBayesSolver,
  gaussianBayesSolver,
  linearDiscriminantSolver,
  multinomialBayesSolver,
  quadraticDiscriminantSolver,
} from './class-solvers.ts';
import { ClusterFamily } from './cluster-family.ts';
import type { ModelFamily } from './family.ts';
import { groupMeansSolver } from './group-means-solver.ts';
import { elasticNetSolver, linearSolver, ridgeSolver } from './linear-solvers.ts';
import { ModelFitter } from './model-fitter.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { principalSolver } from './principal-solver.ts';
import { SumsFamily } from './sums-family.ts';

/** Every family there is, by the method that names it. */
export class ModelFamilies {
  readonly #families: Readonly<Record<Method, ModelFamily>>;

  constructor(runtime: OnnxRuntime) {
    const sums = new ModelFitter(runtime);
    const classes = new ClassFitter(sums);
    this.#families = {
      ridge: new SumsFamily(ridgeSolver, sums),
      linear: new SumsFamily(linearSolver, sums),
      elastic_net: new SumsFamily(elasticNetSolver, sums),
      pca: new SumsFamily(principalSolver, sums),
      gaussian_nb: new ClassFamily(gaussianBayesSolver, classes),
      multinomial_nb: new ClassFamily(multinomialBayesSolver, classes),
      bernoulli_nb: new ClassFamily(bernoulliBayesSolver, classes),
      lda: new ClassFamily(linearDiscriminantSolver, classes),
      qda: new ClassFamily(quadraticDiscriminantSolver, classes),
      logistic: new AnchoredFamily('logistic', () => ({ kind: 'logistic' }), runtime),
      poisson: new AnchoredFamily('poisson', () => ({ kind: 'poisson' }), runtime),
      gamma: new AnchoredFamily('gamma', () => ({ kind: 'gamma' }), runtime),
      huber: new AnchoredFamily('huber', ({ delta }) => ({ kind: 'huber', delta }), runtime),
      kmeans: new ClusterFamily(),
      group_means: new SumsFamily(groupMeansSolver('group_means'), sums),
      seasonal_means: new SumsFamily(groupMeansSolver('seasonal_means'), sums),
    };
  }

  of(method: Method): ModelFamily {
    return this.#families[method];
  }

  all(): readonly ModelFamily[] {
    return Object.values(this.#families);
  }
}
