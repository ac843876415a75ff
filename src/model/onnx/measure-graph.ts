import { EverviewError } from '../../core/errors.ts';
import type { FeatureSource } from '../feature-source.ts';
import { type SplineBasis, truncatedPowers } from '../source/spline-source.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { ModelInputs, Moment } from './model-inputs.ts';
import { MomentGraph } from './moment-graph.ts';

/** Values of measured features: double, one per row, NaN where missing. */
export class MeasureGraph {
  readonly #graph: GraphBuilder;
  readonly #inputs: ModelInputs;
  readonly #moments: MomentGraph;

  constructor(graph: GraphBuilder, inputs: ModelInputs) {
    this.#graph = graph;
    this.#inputs = inputs;
    this.#moments = new MomentGraph(graph);
  }

  /** @throws EverviewError `unsupported` for words in buckets. */
  value(source: FeatureSource): Value {
    switch (source.kind) {
      case 'column':
        return this.#inputs.number(source.column);
      case 'part': {
        const moment = this.#inputs.moment(source.column);
        const part = this.#moments.part(source.part, moment.value);
        return this.#present(moment, this.#graph.cast(part, 'double'));
      }
      case 'cycle': {
        const moment = this.#inputs.moment(source.column);
        return this.#present(moment, this.#moments.cycle(source.wave, source.period, moment.value));
      }
      case 'elapsed': {
        const moment = this.#inputs.moment(source.column);
        return this.#present(moment, this.#moments.elapsed(moment.value));
      }
      case 'spline':
        return this.#spline(source.basis, this.#inputs.number(source.column));
      case 'product': {
        const [first = '', ...more] = source.columns.map((column) => this.#inputs.number(column));
        return more.reduce((product, one) => this.#graph.node('Mul', [product, one]), first);
      }
      case 'bucket':
        throw hashed(source.column);
      case 'pair':
      case 'season':
        throw new EverviewError('internal', `a ${source.kind} is no number`);
    }
  }

  #present({ missing }: Moment, value: Value): Value {
    return this.#graph.node('Where', [missing, this.#graph.double(Number.NaN), value]);
  }

  /** As `splineValue`; Max may or may not keep a NaN, so that is seen to apart. */
  #spline(basis: SplineBasis, x: Value): Value {
    const graph = this.#graph;
    const terms = truncatedPowers(basis).map(({ factor, knot, power }) => {
      const far = graph.node('Max', [graph.node('Sub', [x, graph.double(knot)]), graph.double(0)]);
      const raised = power === 1 ? far : graph.node('Mul', [graph.node('Mul', [far, far]), far]);
      return factor === 1 ? raised : graph.node('Mul', [raised, graph.double(factor)]);
    });
    const isMissing = graph.node('IsNaN', [x]);
    return graph.node('Where', [isMissing, graph.double(Number.NaN), graph.sum(terms)]);
  }
}

/** Counts as inputs instead would leave the hashing, a part of the transform, to whoever calls the file. */
function hashed(column: string): EverviewError {
  return new EverviewError(
    'unsupported',
    `hash(${column}, …) cannot be exported: ONNX has no operator for the MD5 of a word`,
    {
      hint: 'declare the model without hash(…); counts of words that matter can be columns of the training set',
    },
  );
}
