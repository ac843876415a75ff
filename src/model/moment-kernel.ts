import type { Graph, GraphNode } from './onnx-graph.ts';
import type { Matrix, OnnxRuntime } from './onnx-runtime.ts';

const inputs = [
  { name: 'x', shape: ['entries', 'rows'] },
  { name: 'pivot', shape: ['entries', 1] },
] as const;
const subtractPivot: GraphNode = { operator: 'Sub', inputs: ['x', 'pivot'], outputs: ['z'] };

/** Z·Zᵀ of Z = X − pivot in plain double products. */
const gramGraph: Graph = {
  name: 'gram',
  inputs,
  nodes: [
    subtractPivot,
    { operator: 'Gemm', inputs: ['z', 'z'], outputs: ['gram'], attributes: { transB: 1 } },
  ],
  outputs: [{ name: 'gram', shape: ['entries', 'entries'] }],
};

/**
 * Z·Zᵀ without rounding in its leading part, after Ozaki et al. 2012 (doi:10.1007/s11075-011-9478-1): adding and
 * taking away `shift` (1.5 · 2^52 units, one per row of Z) leaves in `high` so few digits that products of two of
 * them sum exactly. With low = Z − high, the rest high·lowᵀ + low·highᵀ + low·lowᵀ is half of
 * cross = (Z + high)·lowᵀ and its transpose together; it is smaller by 2^−20, and so is its rounding.
 */
const splitGramGraph: Graph = {
  name: 'split-gram',
  inputs: [...inputs, { name: 'shift', shape: ['entries', 1] }],
  nodes: [
    subtractPivot,
    { operator: 'Add', inputs: ['z', 'shift'], outputs: ['shifted'] },
    { operator: 'Sub', inputs: ['shifted', 'shift'], outputs: ['high'] },
    { operator: 'Sub', inputs: ['z', 'high'], outputs: ['low'] },
    { operator: 'Add', inputs: ['z', 'high'], outputs: ['twice'] },
    { operator: 'Gemm', inputs: ['high', 'high'], outputs: ['gram'], attributes: { transB: 1 } },
    { operator: 'Gemm', inputs: ['twice', 'low'], outputs: ['cross'], attributes: { transB: 1 } },
  ],
  outputs: [
    { name: 'gram', shape: ['entries', 'entries'] },
    { name: 'cross', shape: ['entries', 'entries'] },
  ],
};

/** `gram + rest` is Z·Zᵀ, row-major; `rest` is null where the products were plain. */
export type Gram = { readonly gram: Float64Array; readonly rest: Float64Array | null };

const none = new Float64Array(0);

export async function plainGram(runtime: OnnxRuntime, x: Matrix, pivot: Matrix): Promise<Gram> {
  const { gram = none } = await runtime.run(gramGraph, { x, pivot });
  return { gram, rest: null };
}

export async function splitGram(runtime: OnnxRuntime, x: Matrix, pivot: Matrix): Promise<Gram> {
  const { gram = none, cross = none } = await runtime.run(splitGramGraph, {
    x,
    pivot,
    shift: shifts(x, pivot),
  });
  const size = x.shape[0] ?? 0;
  const rest = cross.map(
    (value, index) => (value + (cross[(index % size) * size + Math.floor(index / size)] ?? 0)) / 2,
  );
  return { gram, rest };
}

/** Digits kept in `high`: two factors of 20 bits and sums of 2^12 of them fit the 53 bits of a double. */
const highBits = 20;

function shifts({ data, shape }: Matrix, pivot: Matrix): Matrix {
  const [height = 0, width = 0] = shape;
  const shift = new Float64Array(height);
  for (let row = 0; row < height; row++) {
    const center = pivot.data[row] ?? 0;
    let largest = 0;
    for (let index = row * width; index < (row + 1) * width; index++) {
      const magnitude = Math.abs((data[index] ?? 0) - center);
      if (magnitude > largest) largest = magnitude;
    }
    if (largest > 0) shift[row] = 1.5 * 2 ** (Math.ceil(Math.log2(largest)) + 1 + 52 - highBits);
  }
  return { data: shift, shape: [height, 1] };
}
