import type { Row } from '../core/value.ts';
import { sourceValue } from './feature-source.ts';
import type { Graph } from './onnx-graph.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { levelText, measuredValue } from './predict-row.ts';
import type { Scorer } from './scorer.ts';

/** offset + (X − centre)·W; weights are inputs, so one session serves every model. */
const linearGraph: Graph = {
  name: 'linear',
  inputs: [
    { name: 'x', shape: ['rows', 'columns'] },
    { name: 'center', shape: ['columns'] },
    { name: 'weight', shape: ['columns', 'scores'] },
    { name: 'offset', shape: ['scores'] },
  ],
  nodes: [
    { operator: 'Sub', inputs: ['x', 'center'], outputs: ['centred'] },
    { operator: 'MatMul', inputs: ['centred', 'weight'], outputs: ['product'] },
    { operator: 'Add', inputs: ['product', 'offset'], outputs: ['score'] },
  ],
  outputs: [{ name: 'score', shape: ['rows', 'scores'] }],
};

/** A column of the design: its value in a row (null: no prediction for the row), its centre and weights. */
type DesignTerm = {
  readonly center: number;
  readonly weights: readonly number[];
  of(row: Row): number | null;
};

/** Linear scores as an ONNX graph over the design matrix of the rows; null where a row gets none. */
export async function scoreWithOnnx(
  runtime: OnnxRuntime,
  scorer: Scorer,
  rows: readonly Row[],
): Promise<(readonly number[] | null)[]> {
  const terms = designTerms(scorer);
  const x = new Float64Array(rows.length * terms.length);
  const unpredictable = new Set<number>();
  rows.forEach((row, i) => {
    terms.forEach((term, j) => {
      const value = term.of(row);
      if (value === null) unpredictable.add(i);
      x[i * terms.length + j] = value ?? 0;
    });
  });
  const width = terms.length;
  const count = scorer.offsets.length;
  const { score = new Float64Array(0) } = await runtime.run(linearGraph, {
    x: { data: x, shape: [rows.length, width] },
    center: { data: Float64Array.from(terms, (term) => term.center), shape: [width] },
    weight: { data: Float64Array.from(terms.flatMap((term) => term.weights)), shape: [width, count] },
    offset: { data: Float64Array.from(scorer.offsets), shape: [count] },
  });
  return rows.map((_, i) => {
    const scores = [...score.subarray(i * count, (i + 1) * count)];
    return unpredictable.has(i) || !scores.every(Number.isFinite) ? null : scores;
  });
}

function designTerms({ features, categories, missing }: Scorer): DesignTerm[] {
  const measured = features.flatMap(({ source, center, weights, missingWeights }): DesignTerm[] => [
    { center, weights, of: (row) => measuredValue(source, row) ?? (missing === 'drop' ? null : center) },
    { center: 0, weights: missingWeights, of: (row) => (measuredValue(source, row) === null ? 1 : 0) },
  ]);
  const oneHot = categories.flatMap(({ source, type, levels }) =>
    levels.map(
      ({ level, weights }): DesignTerm => ({
        center: 0,
        weights,
        of: (row) => {
          const text = levelText(sourceValue(source, row), type);
          if (text === null && missing === 'drop') return null;
          return text === level ? 1 : 0;
        },
      }),
    ),
  );
  return [...measured, ...oneHot];
}
