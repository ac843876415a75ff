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

/**
 * Z·Zᵀ to about 2^−106: z = x − pivot with what the subtraction rounds away (Knuth's two-sum), cut three times into
 * slices of 20 bits, z = first + second + third + fourth. Products of two of the first three slices sum exactly; what
 * involves the fourth, or two small ones, is less than 2^−53 of the whole and rounds in doubles.
 */
const fineGramGraph: Graph = {
  name: 'fine-gram',
  inputs: [
    ...inputs,
    { name: 'shift', shape: ['entries', 1] },
    { name: 'shift2', shape: ['entries', 1] },
    { name: 'shift3', shape: ['entries', 1] },
  ],
  nodes: [
    subtractPivot,
    { operator: 'Sub', inputs: ['z', 'x'], outputs: ['moved'] },
    { operator: 'Sub', inputs: ['z', 'moved'], outputs: ['back'] },
    { operator: 'Sub', inputs: ['x', 'back'], outputs: ['lostOfX'] },
    { operator: 'Add', inputs: ['pivot', 'moved'], outputs: ['lostOfPivot'] },
    { operator: 'Sub', inputs: ['lostOfX', 'lostOfPivot'], outputs: ['lost'] },
    ...slice('z', 'shift', 'first', 'afterFirst'),
    ...slice('afterFirst', 'shift2', 'second', 'afterSecond'),
    ...slice('afterSecond', 'shift3', 'third', 'afterThird'),
    { operator: 'Add', inputs: ['afterThird', 'lost'], outputs: ['fourth'] },
    { operator: 'Add', inputs: ['third', 'fourth'], outputs: ['small'] },
    { operator: 'Add', inputs: ['second', 'second'], outputs: ['twiceSecond'] },
    { operator: 'Add', inputs: ['twiceSecond', 'small'], outputs: ['large'] },
    product('first', 'first', 'gram'),
    product('first', 'second', 'cross'),
    product('second', 'second', 'seconds'),
    product('first', 'third', 'cross3'),
    product('first', 'fourth', 'cross4'),
    product('large', 'small', 'smalls'),
  ],
  outputs: ['gram', 'cross', 'seconds', 'cross3', 'cross4', 'smalls'].map((name) => ({
    name,
    shape: ['entries', 'entries'],
  })),
};

function slice(from: string, shift: string, into: string, rest: string): GraphNode[] {
  return [
    { operator: 'Add', inputs: [from, shift], outputs: [`${into}Shifted`] },
    { operator: 'Sub', inputs: [`${into}Shifted`, shift], outputs: [into] },
    { operator: 'Sub', inputs: [from, into], outputs: [rest] },
  ];
}

function product(a: string, b: string, into: string): GraphNode {
  return { operator: 'Gemm', inputs: [a, b], outputs: [into], attributes: { transB: 1 } };
}

/** `gram` and the `rests` add up to Z·Zᵀ, row-major; plain products have no rests. */
export type Gram = { readonly gram: Float64Array; readonly rests: readonly Float64Array[] };

/**
 * How far the products are from exact, relative to Σz²: about 2^−53, 2^−72, 2^−106. The first two take z as the
 * subtraction rounds it, the same each time a row comes or goes.
 */
export type Precision = 'plain' | 'split' | 'fine';

const none = new Float64Array(0);

export function gramOf(runtime: OnnxRuntime, precision: Precision, x: Matrix, pivot: Matrix): Promise<Gram> {
  switch (precision) {
    case 'plain':
      return plainGram(runtime, x, pivot);
    case 'split':
      return splitGram(runtime, x, pivot);
    case 'fine':
      return fineGram(runtime, x, pivot);
  }
}

async function plainGram(runtime: OnnxRuntime, x: Matrix, pivot: Matrix): Promise<Gram> {
  const { gram = none } = await runtime.run(gramGraph, { x, pivot });
  return { gram, rests: [] };
}

async function splitGram(runtime: OnnxRuntime, x: Matrix, pivot: Matrix): Promise<Gram> {
  const { gram = none, cross = none } = await runtime.run(splitGramGraph, {
    x,
    pivot,
    shift: shifts(x, pivot, 1),
  });
  const across = transposed(cross, x.shape[0] ?? 0);
  const rest = across.map((value, index) => (value + (cross[index] ?? 0)) / 2);
  return { gram, rests: [rest] };
}

async function fineGram(runtime: OnnxRuntime, x: Matrix, pivot: Matrix): Promise<Gram> {
  const { gram = none, ...parts } = await runtime.run(fineGramGraph, {
    x,
    pivot,
    shift: shifts(x, pivot, 1),
    shift2: shifts(x, pivot, 2),
    shift3: shifts(x, pivot, 3),
  });
  const { cross = none, seconds = none, cross3 = none, cross4 = none, smalls = none } = parts;
  const size = x.shape[0] ?? 0;
  const both = (part: Float64Array) => [part, transposed(part, size)];
  const halves = both(smalls.map((value) => value / 2));
  return { gram, rests: [...both(cross), seconds, ...both(cross3), ...both(cross4), ...halves] };
}

function transposed(square: Float64Array, size: number): Float64Array {
  const result = new Float64Array(square.length);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++)
      result[column * size + row] = square[row * size + column] ?? 0;
  }
  return result;
}

/** Digits kept in a slice: two factors of 20 bits and sums of 2^12 of them fit the 53 bits of a double. */
const sliceBits = 20;

/** What is added and taken away to cut the slice number `place`. */
function shifts({ data, shape }: Matrix, pivot: Matrix, place: number): Matrix {
  const [height = 0, width = 0] = shape;
  const shift = new Float64Array(height);
  for (let row = 0; row < height; row++) {
    const center = pivot.data[row] ?? 0;
    let largest = 0;
    for (let index = row * width; index < (row + 1) * width; index++) {
      const magnitude = Math.abs((data[index] ?? 0) - center);
      if (magnitude > largest) largest = magnitude;
    }
    if (largest > 0) shift[row] = 1.5 * 2 ** (Math.ceil(Math.log2(largest)) + 1 + 52 - place * sliceBits);
  }
  return { data: shift, shape: [height, 1] };
}
