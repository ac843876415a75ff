import {
  castTarget,
  type Graph,
  type GraphAttribute,
  type GraphConstant,
  type GraphNode,
  type GraphTensor,
  type TensorType,
} from '../onnx-graph.ts';

/** Name of a value inside a graph. */
export type Value = string;

/** The dimension that every input and output has. */
const rows = 'rows';

/** Puts a graph together value by value. Names of inputs and outputs are the caller's; those between are made here. */
export class GraphBuilder {
  readonly #inputs = new Map<string, GraphTensor>();
  readonly #constants: GraphConstant[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #outputs: GraphTensor[] = [];
  #made = 0;

  /** One value per row. */
  input(name: string, type: TensorType, meaning: string): Value {
    this.#inputs.set(name, { name, type, shape: [rows], meaning });
    return name;
  }

  /** Makes `value`, one per row, an output of this name. */
  output(name: string, type: TensorType, value: Value): void {
    this.#nodes.push({ operator: 'Identity', inputs: [value], outputs: [name] });
    this.#outputs.push({ name, type, shape: [rows] });
  }

  /** Row-major; without a shape a vector. */
  doubles(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.#constant({ shape, values: Float64Array.from(values) });
  }

  double(value: number): Value {
    return this.doubles([value], []);
  }

  integers(values: readonly bigint[], shape: readonly number[] = [values.length]): Value {
    return this.#constant({ shape, values: BigInt64Array.from(values) });
  }

  integer(value: number | bigint): Value {
    return this.integers([BigInt(value)], []);
  }

  texts(values: readonly string[]): Value {
    return this.#constant({ shape: [values.length], values });
  }

  node(
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, GraphAttribute>> = {},
    domain?: 'ml',
  ): Value {
    const output = this.#name();
    const of = domain === undefined ? {} : { domain };
    this.#nodes.push({ operator, inputs, outputs: [output], attributes, ...of });
    return output;
  }

  cast(value: Value, type: TensorType): Value {
    return this.node('Cast', [value], { to: castTarget(type) });
  }

  /** The sum of at least one value. */
  sum(values: readonly Value[]): Value {
    const [first = '', ...more] = values;
    return more.reduce((total, one) => this.node('Add', [total, one]), first);
  }

  /** [rows] → [rows, 1]. */
  column(value: Value): Value {
    return this.node('Unsqueeze', [value, this.integers([1n])]);
  }

  /** Column `index` of [rows, n], as [rows]. */
  pick(matrix: Value, index: number): Value {
    return this.node('Gather', [matrix, this.integer(index)], { axis: 1 });
  }

  /** Matrices side by side. */
  beside(matrices: readonly Value[]): Value {
    return matrices.length === 1 && matrices[0] !== undefined
      ? matrices[0]
      : this.node('Concat', matrices, { axis: 1 });
  }

  graph(name: string): Graph {
    return {
      name,
      inputs: [...this.#inputs.values()],
      constants: this.#constants,
      nodes: this.#nodes,
      outputs: this.#outputs,
    };
  }

  #constant(constant: Omit<GraphConstant, 'name'>): Value {
    const name = this.#name();
    this.#constants.push({ name, ...constant });
    return name;
  }

  #name(): Value {
    this.#made += 1;
    return `__ev_${this.#made}`;
  }
}
