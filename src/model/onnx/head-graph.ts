import { boundColumn, certainColumn, predictionColumn, probabilityNames } from '../head.ts';
import type { TensorType } from '../onnx-graph.ts';
import type { Head } from '../scorer.ts';
import { missingText } from './exported-values.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Scores } from './score-graph.ts';

type Output = { readonly name: string; readonly type: TensorType; readonly value: Value };

/** Makes the outputs of a head: the same function as `headSql`. */
export function headGraph(graph: GraphBuilder, head: Head, scores: Scores): void {
  const maker = new HeadGraph(graph, scores);
  for (const { name, type, value } of maker.outputs(head)) graph.output(name, type, value);
}

class HeadGraph {
  readonly #graph: GraphBuilder;
  /** [rows, scores] */
  readonly #scores: Value;
  readonly #first: Value;
  readonly #bound: Value | null;
  /** bool, one per row: every score is. */
  readonly #finite: Value;

  constructor(graph: GraphBuilder, { scores, bound }: Scores) {
    this.#graph = graph;
    this.#scores = scores;
    this.#first = graph.pick(scores, 0);
    this.#bound = bound;
    // s − s is NaN for an infinity
    const isNumber = graph.node('Equal', [graph.node('Sub', [scores, scores]), graph.double(0)]);
    this.#finite = graph.cast(this.#reduce('ReduceMin', graph.cast(isNumber, 'double')), 'bool');
  }

  outputs(head: Head): Output[] {
    const graph = this.#graph;
    switch (head.kind) {
      case 'identity':
        return [
          ...head.columns.map((column, k) => this.#double(column, graph.pick(this.#scores, k))),
          ...this.#boundOutputs((bound) => bound, null),
        ];
      case 'exponential':
        return this.#exponential();
      case 'logistic':
        return this.#logistic(head.classes);
      case 'softmax':
        return this.#softmax(head.classes);
      case 'nearest': {
        const place = graph.node('Add', [this.#greatest(), graph.integer(1)]);
        const value = graph.node('Where', [this.#finite, place, graph.integer(0)]);
        return [{ name: predictionColumn, type: 'int64', value }];
      }
    }
  }

  #exponential(): Output[] {
    const graph = this.#graph;
    const isSmall = graph.node('Less', [this.#first, graph.double(709)]);
    const mean = this.#or(graph.node('Exp', [this.#first]), isSmall);
    return [
      this.#double(predictionColumn, mean),
      ...this.#boundOutputs((bound) => {
        const near = graph.node('Mul', [
          mean,
          graph.node('Sub', [graph.node('Exp', [bound]), graph.double(1)]),
        ]);
        const highest = graph.node('Exp', [graph.node('Add', [this.#first, bound])]);
        const isNear = graph.node('Less', [bound, graph.double(1)]);
        return graph.node('Where', [isNear, near, graph.node('Sub', [highest, mean])]);
      }, null),
    ];
  }

  #logistic(classes: readonly string[]): Output[] {
    const graph = this.#graph;
    const middle = graph.node('Sigmoid', [this.#first]);
    const isPositive = graph.cast(graph.node('Greater', [this.#first, graph.double(0)]), 'int64');
    const difference = (bound: Value) => {
      const above = graph.node('Sigmoid', [graph.node('Add', [this.#first, bound])]);
      const below = graph.node('Sigmoid', [graph.node('Sub', [this.#first, bound])]);
      return graph.node('Max', [graph.node('Sub', [above, middle]), graph.node('Sub', [middle, below])]);
    };
    return [
      this.#label(classes, isPositive),
      this.#double('probability', middle),
      ...this.#boundOutputs(difference, (bound) =>
        graph.node('Greater', [graph.node('Abs', [this.#first]), bound]),
      ),
    ];
  }

  #softmax(classes: readonly string[]): Output[] {
    const graph = this.#graph;
    const odds = graph.node('Softmax', [this.#scores], { axis: 1 });
    const names = probabilityNames(classes);
    return [
      this.#label(classes, this.#greatest()),
      ...names.map((name, k) => this.#double(name, graph.pick(odds, names.length === 1 ? 1 : k))),
      ...this.#boundOutputs(
        (bound) => this.#softmaxBound(odds, bound),
        (bound) => this.#isAlone(bound),
      ),
    ];
  }

  /** As `softmaxBound` of one row. */
  #softmaxBound(odds: Value, bound: Value): Value {
    const graph = this.#graph;
    const twice = graph.column(graph.node('Mul', [bound, graph.double(2)]));
    const moved = (exponent: Value) => {
      const grown = graph.node('Mul', [odds, graph.node('Exp', [exponent])]);
      const others = graph.node('Sub', [graph.double(1), odds]);
      return graph.node('Div', [grown, graph.node('Add', [others, grown])]);
    };
    const above = graph.node('Sub', [moved(twice), odds]);
    const below = graph.node('Sub', [odds, moved(graph.node('Neg', [twice]))]);
    const isEndless = graph.node('IsNaN', [graph.node('Add', [above, below])]);
    const most = graph.node('Max', [above, below]);
    return this.#reduce('ReduceMax', graph.node('Where', [isEndless, graph.double(1), most]));
  }

  /** Whether no other score is within twice the bound of the greatest. */
  #isAlone(bound: Value): Value {
    const graph = this.#graph;
    const top = this.#reduce('ReduceMax', this.#scores);
    const least = graph.node('Sub', [top, graph.node('Mul', [bound, graph.double(2)])]);
    const near = graph.node('GreaterOrEqual', [this.#scores, graph.column(least)]);
    const places = graph.node('ReduceSum', [graph.cast(near, 'double'), graph.integers([1n])], {
      keepdims: 0,
    });
    return graph.node('Equal', [places, graph.double(1)]);
  }

  #boundOutputs(ofBound: (bound: Value) => Value, isCertain: ((bound: Value) => Value) | null): Output[] {
    if (this.#bound === null) return [];
    const bound = this.#double(boundColumn, ofBound(this.#bound));
    if (isCertain === null) return [bound];
    const certain = this.#graph.node('And', [this.#finite, isCertain(this.#bound)]);
    return [bound, { name: certainColumn, type: 'bool', value: certain }];
  }

  /** The place of the first score that none exceeds: int64. */
  #greatest(): Value {
    return this.#graph.node('ArgMax', [this.#scores], { axis: 1, keepdims: 0 });
  }

  #label(classes: readonly string[], place: Value): Output {
    const graph = this.#graph;
    const known = graph.node('Where', [this.#finite, place, graph.integer(classes.length)]);
    const value = graph.node('Gather', [graph.texts([...classes, missingText]), known], { axis: 0 });
    return { name: predictionColumn, type: 'string', value };
  }

  #double(name: string, value: Value): Output {
    return { name, type: 'double', value: this.#or(value, this.#finite) };
  }

  #or(value: Value, condition: Value): Value {
    return this.#graph.node('Where', [condition, value, this.#graph.double(Number.NaN)]);
  }

  /** [rows, n] → [rows] */
  #reduce(operator: 'ReduceMin' | 'ReduceMax', matrix: Value): Value {
    return this.#graph.node(operator, [matrix], { axes: [1], keepdims: 0 });
  }
}
