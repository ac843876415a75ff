import { EverviewError } from '../core/errors.ts';
import { type Schema, sameName } from '../core/schema.ts';
import { predictionColumns } from './head.ts';
import { missingMoment, missingText, outputMeaning } from './onnx/exported-values.ts';
import { GraphBuilder } from './onnx/graph-builder.ts';
import { headGraph } from './onnx/head-graph.ts';
import { ModelInputs } from './onnx/model-inputs.ts';
import { scoreGraph } from './onnx/score-graph.ts';
import { encodeGraph, type Graph, type TensorType } from './onnx-graph.ts';
import type { Scorer } from './scorer.ts';

/** What a file says of where it comes from. */
export type ExportOrigin = {
  readonly model: string;
  readonly modelVersion: number;
  readonly dataVersion: number;
  readonly definitionHash: string;
  readonly method: string;
  readonly trainedAtMs: number;
};

export type ExportedValue = {
  readonly role: 'input' | 'output';
  readonly name: string;
  readonly type: TensorType;
  readonly meaning: string;
};

export type ExportedModel = { readonly bytes: Uint8Array; readonly values: readonly ExportedValue[] };

/**
 * A model version as one self-contained ONNX file, its transform included: the inputs are the columns of the training
 * set that it reads, one value per row, the outputs the columns that PREDICT adds. `inputForms` says how a missing
 * value is written. The operators are of ai.onnx 15 and, to look up texts, ai.onnx.ml 2.
 * @param schema of the training set
 * @throws EverviewError `unsupported` for what ONNX cannot say
 */
export function exportOnnx(scorer: Scorer, schema: Schema, origin: ExportOrigin): ExportedModel {
  const graph = exportedGraph(scorer, schema, origin.model);
  const values = valuesOf(graph);
  const bytes = encodeGraph(graph, {
    version: origin.modelVersion,
    meaning: `model "${origin.model}", version ${origin.modelVersion}, as fitted by Everview (${origin.method})`,
    properties: {
      model: origin.model,
      model_version: String(origin.modelVersion),
      data_version: String(origin.dataVersion),
      definition_hash: origin.definitionHash,
      method: origin.method,
      trained_at: new Date(origin.trainedAtMs).toISOString(),
      missing_number: 'NaN',
      missing_text: missingText,
      missing_moment: String(missingMoment),
    },
  });
  return { bytes, values };
}

function exportedGraph(scorer: Scorer, schema: Schema, name: string): Graph {
  const builder = new GraphBuilder();
  const inputs = new ModelInputs(builder, scorer, schema);
  headGraph(builder, scorer.head, scoreGraph(builder, inputs, scorer));
  const graph = builder.graph(name);
  const outputs = predictionColumns(scorer).map((column) => column.name);
  const taken = graph.inputs.find((input) => outputs.some((output) => sameName(input.name, output)));
  if (taken === undefined) {
    return {
      ...graph,
      outputs: graph.outputs.map((output) => ({
        ...output,
        meaning: outputMeaning(scorer.head, output.name),
      })),
    };
  }
  throw new EverviewError('unsupported', `the model reads a column "${taken.name}" and predicts one`, {
    hint: 'rename the column in the training set',
  });
}

function valuesOf({ inputs, outputs }: Graph): ExportedValue[] {
  const told =
    (role: ExportedValue['role']) =>
    ({ name, type = 'double', meaning = '' }: Graph['inputs'][number]): ExportedValue => ({
      role,
      name,
      type,
      meaning,
    });
  return [...inputs.map(told('input')), ...outputs.map(told('output'))];
}
