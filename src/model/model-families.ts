import type { Method } from '../declare/methods.ts';
import type { ModelFamily } from './family.ts';
import { LinearFamily } from './linear-family.ts';
import { ModelFitter } from './model-fitter.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';

/** Every family there is, by the method that names it. */
export class ModelFamilies {
  readonly #families: Readonly<Record<Method, ModelFamily>>;

  constructor(runtime: OnnxRuntime) {
    const sums = new ModelFitter(runtime);
    this.#families = {
      ridge: new LinearFamily('ridge', sums),
      linear: new LinearFamily('linear', sums),
    };
  }

  of(method: Method): ModelFamily {
    return this.#families[method];
  }

  all(): readonly ModelFamily[] {
    return Object.values(this.#families);
  }
}
