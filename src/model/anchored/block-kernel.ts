import type { Graph, GraphNode } from '../onnx-graph.ts';
import type { OnnxRuntime } from '../onnx-runtime.ts';
import type { DesignRows } from './design-block.ts';
import { pairCount } from './loss.ts';

const design = { name: 'z', shape: ['columns', 'rows'] } as const;

/** The predictors' dense part, W·Z. */
const scoreGraph: Graph = {
  name: 'scores',
  inputs: [{ name: 'w', shape: ['scores', 'columns'] }, design],
  nodes: [{ operator: 'Gemm', inputs: ['w', 'z'], outputs: ['s'] }],
  outputs: [{ name: 's', shape: ['scores', 'rows'] }],
};

/** Gradient sums, slopes·Zᵀ. */
const slopeNode: GraphNode = {
  operator: 'Gemm',
  inputs: ['slopes', 'z'],
  outputs: ['g'],
  attributes: { transB: 1 },
};

/** Hessian sums of one pair of predictors, (Z∘curvature)·Zᵀ. */
const curvatureNodes: readonly GraphNode[] = [
  { operator: 'Mul', inputs: ['z', 'curvature'], outputs: ['weighted'] },
  { operator: 'Gemm', inputs: ['weighted', 'z'], outputs: ['h'], attributes: { transB: 1 } },
];

const curvature = { name: 'curvature', shape: [1, 'rows'] } as const;
const hessian = { name: 'h', shape: ['columns', 'columns'] } as const;

/** The gradient and the first pair's Hessian sums. */
const sumGraph: Graph = {
  name: 'sums',
  inputs: [{ name: 'slopes', shape: ['scores', 'rows'] }, curvature, design],
  nodes: [slopeNode, ...curvatureNodes],
  outputs: [{ name: 'g', shape: ['scores', 'columns'] }, hessian],
};

const curvatureGraph: Graph = {
  name: 'curvature-sums',
  inputs: [curvature, design],
  nodes: curvatureNodes,
  outputs: [hessian],
};

const none = new Float64Array(0);

/** Predictors of a block's rows at `weights` (scores × D, D = `size`), level weights included: scores × rows. */
export async function blockScores(
  runtime: OnnxRuntime,
  block: DesignRows,
  weights: Float64Array,
  size: number,
): Promise<Float64Array> {
  const scores = weights.length / size;
  const { columns, rows } = block;
  const w = new Float64Array(scores * columns.length);
  for (let score = 0; score < scores; score++) {
    columns.forEach((column, place) => {
      w[score * columns.length + place] = weights[score * size + column] ?? 0;
    });
  }
  const { s = none } = await runtime.run(scoreGraph, {
    w: { data: w, shape: [scores, columns.length] },
    z: { data: block.z, shape: [columns.length, rows] },
  });
  for (let score = 0; score < scores; score++) {
    const own = weights.subarray(score * size, (score + 1) * size);
    for (const codes of block.codes) {
      for (let i = 0; i < rows; i++) {
        s[score * rows + i] = (s[score * rows + i] ?? 0) + (own[codes[i] ?? 0] ?? 0);
      }
    }
  }
  return s;
}

/** Dense gradient (scores × columns) and, pair by pair, dense Hessian (columns × columns) sums of a block. */
export async function blockSums(
  runtime: OnnxRuntime,
  block: DesignRows,
  slopes: Float64Array,
  curvatures: Float64Array,
): Promise<{ gradient: Float64Array; hessians: Float64Array[] }> {
  const { rows, columns } = block;
  const scores = slopes.length / rows;
  const z = { data: block.z, shape: [columns.length, rows] };
  const curvatureOf = (pair: number) => ({
    data: curvatures.subarray(pair * rows, (pair + 1) * rows),
    shape: [1, rows],
  });
  const { g = none, h: first = none } = await runtime.run(sumGraph, {
    slopes: { data: slopes, shape: [scores, rows] },
    curvature: curvatureOf(0),
    z,
  });
  const hessians = [first];
  for (let pair = 1; pair < pairCount(scores); pair++) {
    const { h = none } = await runtime.run(curvatureGraph, { curvature: curvatureOf(pair), z });
    hessians.push(h);
  }
  return { gradient: g, hessians };
}
