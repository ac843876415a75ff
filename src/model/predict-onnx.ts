import type { Row } from '../core/value.ts';
import type { Graph } from './onnx-graph.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { levelText, measuredValue } from './predict-row.ts';
import type { RidgeParameters } from './ridge-parameters.ts';

/** offset + (X − centre)·w; weights are inputs, so one session serves every model. */
const linearGraph: Graph = {
  name: 'linear',
  inputs: [
    { name: 'x', shape: ['rows', 'columns'] },
    { name: 'center', shape: ['columns'] },
    { name: 'weight', shape: ['columns', 1] },
    { name: 'offset', shape: [1] },
  ],
  nodes: [
    { operator: 'Sub', inputs: ['x', 'center'], outputs: ['centred'] },
    { operator: 'MatMul', inputs: ['centred', 'weight'], outputs: ['product'] },
    { operator: 'Add', inputs: ['product', 'offset'], outputs: ['prediction'] },
  ],
  outputs: [{ name: 'prediction', shape: ['rows', 1] }],
};

/** A column of the design: its value in a row (null: no prediction for the row), its centre and weight. */
type DesignTerm = { readonly center: number; readonly weight: number; of(row: Row): number | null };

/** The same function as `predictionSql`, as an ONNX graph over the design matrix of the rows. */
export async function predictWithOnnx(
  runtime: OnnxRuntime,
  parameters: RidgeParameters,
  rows: readonly Row[],
): Promise<(number | null)[]> {
  const terms = designTerms(parameters);
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
  const { prediction = new Float64Array(0) } = await runtime.run(linearGraph, {
    x: { data: x, shape: [rows.length, width] },
    center: { data: Float64Array.from(terms, (term) => term.center), shape: [width] },
    weight: { data: Float64Array.from(terms, (term) => term.weight), shape: [width, 1] },
    offset: { data: Float64Array.of(parameters.offset), shape: [1] },
  });
  return Array.from(prediction, (value, i) =>
    unpredictable.has(i) || !Number.isFinite(value) ? null : value,
  );
}

function designTerms({ features, categories, missing }: RidgeParameters): DesignTerm[] {
  const measured = features.flatMap((feature): DesignTerm[] => [
    {
      center: feature.center,
      weight: feature.weight,
      of: (row) => measuredValue(feature, row) ?? (missing === 'drop' ? null : feature.center),
    },
    { center: 0, weight: feature.missingWeight, of: (row) => (measuredValue(feature, row) === null ? 1 : 0) },
  ]);
  const oneHot = categories.flatMap(({ name, type, levels }) =>
    levels.map(
      ({ level, weight }): DesignTerm => ({
        center: 0,
        weight,
        of: (row) => {
          const text = levelText(row[name], type);
          if (text === null && missing === 'drop') return null;
          return text === level ? 1 : 0;
        },
      }),
    ),
  );
  return [...measured, ...oneHot];
}
