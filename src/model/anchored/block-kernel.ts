import type { Graph } from '../onnx-graph.ts';
import type { OnnxRuntime } from '../onnx-runtime.ts';
import type { DesignRows } from './design-block.ts';
import { pairIndex } from './loss.ts';

const design = { name: 'z', shape: ['columns', 'rows'] } as const;

/** The predictors' dense part, W·Z. */
const scoreGraph: Graph = {
  name: 'scores',
  inputs: [{ name: 'w', shape: ['scores', 'columns'] }, design],
  nodes: [{ operator: 'Gemm', inputs: ['w', 'z'], outputs: ['s'] }],
  outputs: [{ name: 's', shape: ['scores', 'rows'] }],
};

/** Gradient sums, slopes·Zᵀ. */
const slopeGraph: Graph = {
  name: 'slope-sums',
  inputs: [{ name: 'slopes', shape: ['scores', 'rows'] }, design],
  nodes: [{ operator: 'Gemm', inputs: ['slopes', 'z'], outputs: ['g'], attributes: { transB: 1 } }],
  outputs: [{ name: 'g', shape: ['scores', 'columns'] }],
};

/** Hessian sums of one pair of predictors, (Z∘curvature)·Zᵀ. */
const curvatureGraph: Graph = {
  name: 'curvature-sums',
  inputs: [{ name: 'curvature', shape: [1, 'rows'] }, design],
  nodes: [
    { operator: 'Mul', inputs: ['z', 'curvature'], outputs: ['weighted'] },
    { operator: 'Gemm', inputs: ['weighted', 'z'], outputs: ['h'], attributes: { transB: 1 } },
  ],
  outputs: [{ name: 'h', shape: ['columns', 'columns'] }],
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
  const { g = none } = await runtime.run(slopeGraph, { slopes: { data: slopes, shape: [scores, rows] }, z });
  const hessians: Float64Array[] = [];
  for (let a = 0; a < scores; a++) {
    for (let b = a; b < scores; b++) {
      const pair = pairIndex(scores, a, b);
      const data = curvatures.subarray(pair * rows, (pair + 1) * rows);
      const { h = none } = await runtime.run(curvatureGraph, { curvature: { data, shape: [1, rows] }, z });
      hessians[pair] = h;
    }
  }
  return { gradient: g, hessians };
}
