import type { Method } from '../declare/methods.ts';
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
    this.#families = {
      ridge: new SumsFamily(ridgeSolver, sums),
      linear: new SumsFamily(linearSolver, sums),
      elastic_net: new SumsFamily(elasticNetSolver, sums),
      pca: new SumsFamily(principalSolver, sums),
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
